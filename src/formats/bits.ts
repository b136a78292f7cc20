/** Bit patterns: sign, exponent and fraction fields, most significant first. */
import { exponentOf, isNegative, powerOfTwo } from './float64.ts';
import type { BinaryFormat, Format } from './format.ts';
import { InputError } from './input-error.ts';
import { round } from './round.ts';

/** True if x is a number (or infinity, NaN, signed zero) of the format. */
export function holds(format: Format, x: number): boolean {
  return Object.is(round(x, format), x);
}

function binary(format: Format, where: string): BinaryFormat {
  if (format?.kind === 'binary') return format;
  if (format?.kind === undefined) {
    throw new InputError(
      `${where}: expected a format such as formats.bf16 or parseFormat('e5m10'), got ${typeof format}`,
    );
  }
  throw new InputError(`${where}: expected a binary format, got ${format.name}, which has no bit patterns`);
}

/**
 * The bits of x; a NaN gives the positive quiet NaN.
 * @throws InputError where the format does not hold x.
 */
export function encode(x: number, format: Format): bigint {
  const f = binary(format, 'encode');
  if (!holds(f, x)) throw new InputError(`encode: expected a number of ${f.name}, got ${x}; round it first`);
  const fractionBits = BigInt(f.fractionBits);
  const exponentOnes = (1n << BigInt(f.exponentBits)) - 1n;
  if (Number.isNaN(x)) {
    // Without infinities only the last code is NaN; otherwise the quiet bit is the top one of the fraction.
    return (exponentOnes << fractionBits) | (f.infinities ? 1n << (fractionBits - 1n) : (1n << fractionBits) - 1n);
  }
  const sign = isNegative(x) ? 1n << BigInt(f.width - 1) : 0n;
  if (!Number.isFinite(x)) return sign | (exponentOnes << fractionBits);
  if (x === 0) return sign;
  const e = Math.max(exponentOf(x), f.emin);
  const significand = BigInt((Math.abs(x) / powerOfTwo(e)) * powerOfTwo(f.fractionBits));
  const hidden = 1n << fractionBits;
  const field = significand < hidden ? 0n : BigInt(e - f.emin + 1);
  return sign | (field << fractionBits) | (significand & (hidden - 1n));
}

/**
 * The number with these bits, as an exact float64. Any NaN code gives NaN.
 * @throws InputError where `bits` is not below 2^width.
 */
export function decode(bits: bigint, format: Format): number {
  const f = binary(format, 'decode');
  if (typeof bits !== 'bigint' || bits < 0n || bits >> BigInt(f.width) !== 0n) {
    throw new InputError(`decode: expected a bigint of ${f.width} bits for ${f.name}, got ${bits}`);
  }
  const fraction = Number(bits & ((1n << BigInt(f.fractionBits)) - 1n));
  const field = Number((bits >> BigInt(f.fractionBits)) & ((1n << BigInt(f.exponentBits)) - 1n));
  const negative = bits >> BigInt(f.width - 1) === 1n;
  const ones = 2 ** f.exponentBits - 1;
  if (field === ones && f.infinities) {
    if (fraction !== 0) return Number.NaN;
    return negative ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  if (field === ones && f.nan && fraction === 2 ** f.fractionBits - 1) return Number.NaN;
  const significand = field === 0 ? (f.subnormals ? fraction : 0) : fraction + 2 ** f.fractionBits;
  const magnitude = significand * powerOfTwo(-f.fractionBits) * powerOfTwo(Math.max(field, 1) - 1 + f.emin);
  return negative ? (f.signedZero || magnitude !== 0 ? -magnitude : 0) : magnitude;
}
