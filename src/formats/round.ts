/**
 * The definition of rounding: every faster rounding in the project is held against this one.
 * Not here: operations, whose exact result need not be a float64 (src/softfloat).
 */
import { exponentOf, float64Fraction, isNegative, powerOfTwo } from './float64.ts';
import type { BinaryFormat, DecimalFormat, Format } from './format.ts';
import { InputError } from './input-error.ts';

export const roundingModes = Object.freeze([
  'nearest-even',
  'nearest-away',
  'toward-zero',
  'down',
  'up',
  'odd',
] as const);

/**
 * `nearest-even` and `nearest-away` differ in ties; `down` rounds to −∞ and `up` to +∞; `odd` takes the neighbour with
 * the odd significand wherever x is not in the format.
 */
export type RoundingMode = (typeof roundingModes)[number];

/**
 * R_f(x): the number of `format` that IEEE 754 rounds the exact x to in `mode`: gradual underflow, signed zeros,
 * overflow to ±Infinity or, where the mode points the other way, to the largest number. Where the format has no
 * infinity an overflow gives NaN, and where it has no NaN either the largest number, and NaN becomes +0.
 * @throws InputError where the format or the mode is none
 */
export function round(x: number, format: Format, mode: RoundingMode = 'nearest-even'): number {
  if (format?.kind === undefined) {
    throw new InputError(`round: expected a format such as formats.bf16 or parseFormat('e5m10'), got ${typeof format}`);
  }
  if (!roundingModes.includes(mode)) {
    throw new InputError(`round: expected a mode of ${roundingModes.join(', ')}, got '${mode}'`);
  }
  if (Number.isNaN(x)) return format.nan ? Number.NaN : 0;
  if (x === 0) return format.signedZero ? x : 0;
  if (!Number.isFinite(x)) return overflowed(format, x < 0);
  return format.kind === 'binary' ? roundBinary(x, format, mode) : roundDecimal(x, format, mode);
}

/** What the format has in place of ±∞. */
export function overflowed(format: Format, negative: boolean): number {
  const magnitude = format.infinities ? Number.POSITIVE_INFINITY : format.nan ? Number.NaN : format.largest;
  return negative ? -magnitude : magnitude;
}

/** True if a value above the largest number goes to infinity rather than to the largest number. */
export function overflowsToInfinity(mode: RoundingMode, negative: boolean): boolean {
  return (
    mode === 'nearest-even' || mode === 'nearest-away' || (mode === 'up' && !negative) || (mode === 'down' && negative)
  );
}

/** What a finite value above the largest number rounds to. */
function beyondLargest(format: Format, mode: RoundingMode, negative: boolean): number {
  if (overflowsToInfinity(mode, negative)) return overflowed(format, negative);
  return negative ? -format.largest : format.largest;
}

/** True if the magnitude n + fraction rounds to n + 1; `tie` compares the fraction, 0 < fraction < 1, with a half. */
export function roundsAway(mode: RoundingMode, negative: boolean, tie: -1 | 0 | 1, odd: boolean): boolean {
  switch (mode) {
    case 'nearest-even':
      return tie > 0 || (tie === 0 && odd);
    case 'nearest-away':
      return tie >= 0;
    case 'toward-zero':
      return false;
    case 'down':
      return negative;
    case 'up':
      return !negative;
    case 'odd':
      return !odd;
  }
}

function roundBinary(x: number, format: BinaryFormat, mode: RoundingMode): number {
  const negative = x < 0;
  const magnitude = Math.abs(x);
  // The numbers of the format near x are the multiples of 2^q. Scaling by a power of two is exact here.
  const q = Math.max(exponentOf(magnitude), format.emin) - format.precision + 1;
  const scaled = magnitude / powerOfTwo(q);
  let n = Math.floor(scaled);
  const fraction = scaled - n;
  if (fraction !== 0 && roundsAway(mode, negative, Math.sign(fraction - 0.5) as -1 | 0 | 1, n % 2 === 1)) n += 1;
  const rounded = n * powerOfTwo(q);
  if (rounded > format.largest) return beyondLargest(format, mode, negative);
  if (rounded < format.smallestSubnormal) return negative && format.signedZero ? -0 : 0;
  return negative ? -rounded : rounded;
}

/** N digits of the exact decimal expansion of x, and then the nearest float64. */
function roundDecimal(x: number, format: DecimalFormat, mode: RoundingMode): number {
  const negative = isNegative(x);
  const { significand, exponent } = float64Fraction(x);
  let numerator = exponent > 0 ? significand << BigInt(exponent) : significand;
  let denominator = exponent < 0 ? 1n << BigInt(-exponent) : 1n;
  // The multiple of 10^q below |x|, with q such that it has N digits.
  const q = decimalExponent(x) - format.digits + 1;
  if (q > 0) denominator *= 10n ** BigInt(q);
  else numerator *= 10n ** BigInt(-q);
  let n = numerator / denominator;
  const twice = 2n * (numerator % denominator);
  if (
    twice !== 0n &&
    roundsAway(mode, negative, twice > denominator ? 1 : twice === denominator ? 0 : -1, n % 2n === 1n)
  ) {
    n += 1n;
  }
  const rounded = Number(`${n}e${q}`);
  if (rounded > format.largest) return beyondLargest(format, mode, negative);
  return negative ? -rounded : rounded;
}

/** ⌊log10 |x|⌋ of a finite nonzero x. The 21 digits of toExponential are the exact expansion, rounded. */
export function decimalExponent(x: number): number {
  const exponent = Number(x.toExponential(20).split('e')[1]);
  // 21 digits can round 9.99…9 up to 10; a float64 that close to a power of ten above 2^53 is that power or below it.
  return Math.abs(x) < Number(`1e${exponent}`) ? exponent - 1 : exponent;
}
