/** The reference arithmetics by name, and for each the next stronger one. */
import type { Arithmetic } from '../arithmetic/arithmetic.ts';
import { DecimalArithmetic } from '../arithmetic/decimal.ts';
import { DoubleDoubleArithmetic } from '../arithmetic/double-double.ts';
import { float64Specs } from '../arithmetic/softfloat.ts';
import { CpuArithmetic } from '../backends/cpu/cpu-arithmetic.ts';
import { doubleDoubleKernels } from '../backends/cpu/double-double-products.ts';
import { InputError } from '../formats/index.ts';

export type ReferenceName = 'float64' | 'double-double' | `decimal:${number}`;

const MAX_DIGITS = 1000;
/** What a stronger decimal arithmetic has more than the one it judges. */
const EXTRA_DIGITS = 20;

/** @throws InputError unless the text is float64, double-double or decimal:N with 20 ≤ N ≤ 1000. */
export function parseReference(text: string): ReferenceName {
  const digits = decimalDigits(text);
  const known =
    digits === undefined ? text === 'float64' || text === 'double-double' : digits >= 20 && digits <= MAX_DIGITS;
  if (!known) {
    throw new InputError(
      `reference: expected float64, double-double or decimal:N (20 ≤ N ≤ ${MAX_DIGITS}, such as decimal:50), got '${text}'`,
    );
  }
  return text as ReferenceName;
}

function decimalDigits(name: string): number | undefined {
  const match = /^decimal:(\d{1,4})$/.exec(name);
  return match === null ? undefined : Number(match[1]);
}

/** The interpreter of that name. Its values are its own: only hand them back to it. */
export function referenceArithmetic(name: ReferenceName): Arithmetic<unknown> {
  const digits = decimalDigits(name);
  if (digits !== undefined) return new DecimalArithmetic(digits);
  return name === 'float64'
    ? new CpuArithmetic('float64', float64Specs)
    : new DoubleDoubleArithmetic(doubleDoubleKernels());
}

/** The arithmetic a reference's own uncertainty is measured against. */
export function strongerReference(name: ReferenceName): ReferenceName {
  const digits = decimalDigits(name);
  if (digits !== undefined) return `decimal:${digits + EXTRA_DIGITS}`;
  return name === 'float64' ? 'double-double' : 'decimal:50';
}

/** Multiplications and additions that the arithmetic carries out in about a second (measured on one 2.5 GHz core). */
export function operationsPerSecond(name: ReferenceName): number {
  if (name === 'float64') return 1e9;
  return name === 'double-double' ? 3e7 : 6e5;
}
