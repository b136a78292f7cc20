/**
 * The special encodings of a format, and every choice about results that are no ordinary numbers:
 * - NaN is the positive quiet NaN, where an operand was signalling or the operation invalid with `invalid`. A format
 *   without NaN gives +0 and `invalid`.
 * - ±∞ in a format without infinities is NaN, and in a format without NaN too ±largest. Reached by overflow it raises
 *   `overflow` and `inexact`; x/0 raises `divisionByZero` alone, as everywhere; converting an infinity into such a
 *   format raises `overflow` and `inexact` in every mode, because its value is lost.
 * - Without infinities the format's NaN code is quiet: e4m3 has no signalling NaN. Nor has eXm1, whose fraction is the
 *   quiet bit.
 */
import { encode } from '../../formats/bits.ts';
import type { BinaryFormat, Format } from '../../formats/format.ts';
import { InputError } from '../../formats/input-error.ts';
import { overflowed, overflowsToInfinity } from '../../formats/round.ts';
import type { IeeeContext } from './context.ts';

export interface Codes {
  readonly format: BinaryFormat;
  /** The sign bit alone. */
  readonly sign: bigint;
  readonly largest: bigint;
  /** What stands for +∞ and −∞. */
  readonly infinity: bigint;
  readonly minusInfinity: bigint;
  /** What stands for NaN. */
  readonly nan: bigint;
  /** The quiet bit of a NaN, 0n where every NaN is quiet. */
  readonly quiet: bigint;
}

const known = new WeakMap<Format, Codes>();

/** @throws InputError for a decimal format. */
export function codesOf(format: Format): Codes {
  let codes = known.get(format);
  if (codes === undefined) {
    codes = derive(format);
    known.set(format, codes);
  }
  return codes;
}

function derive(format: Format): Codes {
  if (format.kind !== 'binary') {
    throw new InputError(
      `ieee: expected a binary format, got ${format.name}, which has no bit patterns; use softfloat`,
    );
  }
  return Object.freeze({
    format,
    sign: 1n << BigInt(format.width - 1),
    largest: encode(format.largest, format),
    infinity: encode(overflowed(format, false), format),
    minusInfinity: encode(overflowed(format, true), format),
    nan: encode(format.nan ? Number.NaN : 0, format),
    quiet: format.infinities && format.nan ? 1n << BigInt(format.fractionBits - 1) : 0n,
  });
}

/** Never returns: the bits are no encoding of the format. */
export function refuse(bits: bigint, { name, width }: BinaryFormat): never {
  throw new InputError(`ieee: expected ${width} bits for ${name}, got ${bits}`);
}

/** True for the NaNs with quiet bit 0. */
export function isSignalling(bits: bigint, { infinity, sign, quiet }: Codes): boolean {
  return quiet !== 0n && (bits & (sign - 1n)) > infinity && (bits & quiet) === 0n;
}

/** The result of an operation with a NaN operand. */
export function nanResult(codes: Codes, signalling: boolean, { flags }: IeeeContext): bigint {
  if (signalling || !codes.format.nan) flags.invalid = true;
  return codes.nan;
}

/** The result of an operation without a useful one. */
export function invalidResult(codes: Codes, { flags }: IeeeContext): bigint {
  flags.invalid = true;
  return codes.nan;
}

/** An exact infinity, of an operation with an infinite operand. */
export function infiniteResult(codes: Codes, negative: boolean, { flags }: IeeeContext): bigint {
  if (!codes.format.infinities) {
    flags.overflow = true;
    flags.inexact = true;
  }
  return negative ? codes.minusInfinity : codes.infinity;
}

/** An exact infinity of finite operands. */
export function poleResult(codes: Codes, negative: boolean, { flags }: IeeeContext): bigint {
  flags.divisionByZero = true;
  return negative ? codes.minusInfinity : codes.infinity;
}

/** The result where the rounded one is above the largest number. */
export function overflowResult(codes: Codes, negative: boolean, { mode, flags }: IeeeContext): bigint {
  flags.overflow = true;
  flags.inexact = true;
  if (overflowsToInfinity(mode, negative)) return negative ? codes.minusInfinity : codes.infinity;
  return negative ? codes.sign | codes.largest : codes.largest;
}

export function zeroResult({ format, sign }: Codes, negative: boolean): bigint {
  return negative && format.signedZero ? sign : 0n;
}
