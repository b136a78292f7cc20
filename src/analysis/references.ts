/** The reference arithmetics by name, and for each the next stronger one. */
import type { Arithmetic } from '../arithmetic/arithmetic.ts';
import { DecimalArithmetic } from '../arithmetic/decimal.ts';
import { DoubleDoubleArithmetic } from '../arithmetic/double-double.ts';
import { float64Specs } from '../arithmetic/softfloat.ts';
import { CpuArithmetic } from '../backends/cpu/cpu-arithmetic.ts';
import { doubleDoubleKernels } from '../backends/cpu/double-double-products.ts';
import { InputError } from '../formats/index.ts';

/** `double-float` is that of a GPU: two float32 numbers, at least 46 bits. */
export type ReferenceName = 'float64' | 'double-float' | 'double-double' | `decimal:${number}`;

/** Makes the reference arithmetic of a device. */
export type MakeReference = () => Arithmetic<unknown>;

const MAX_DIGITS = 1000;
/** What a stronger decimal arithmetic has more than the one it judges. */
const EXTRA_DIGITS = 20;

/** @throws InputError unless the text is float64, double-float, double-double or decimal:N with 20 ≤ N ≤ 1000. */
export function parseReference(text: string): ReferenceName {
  const digits = decimalDigits(text);
  const known =
    digits === undefined
      ? ['float64', 'double-float', 'double-double'].includes(text)
      : digits >= 20 && digits <= MAX_DIGITS;
  if (!known) {
    throw new InputError(
      `reference: expected float64, double-float, double-double or decimal:N (20 ≤ N ≤ ${MAX_DIGITS}, such as decimal:50), got '${text}'`,
    );
  }
  return text as ReferenceName;
}

function decimalDigits(name: string): number | undefined {
  const match = /^decimal:(\d{1,4})$/.exec(name);
  return match === null ? undefined : Number(match[1]);
}

/**
 * The interpreter of that name. Its values are its own: only hand them back to it.
 * @param onDevice makes `double-float`'s
 * @throws InputError where that is asked for and there is no such device
 */
export function referenceArithmetic(name: ReferenceName, onDevice?: MakeReference): Arithmetic<unknown> {
  if (name === 'double-float') {
    if (onDevice === undefined) {
      throw new InputError(
        'reference: expected --backend webgpu with double-float, which a GPU computes; or use float64',
      );
    }
    return onDevice();
  }
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
  if (name === 'double-float') return 'float64';
  return name === 'float64' ? 'double-double' : 'decimal:50';
}

/** Multiplications and additions that the arithmetic carries out in about a second (measured on one 2.5 GHz core). */
export function operationsPerSecond(name: ReferenceName): number {
  if (name === 'float64') return 1e9;
  return name === 'double-double' ? 3e7 : 6e5;
}
