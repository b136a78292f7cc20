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
 * Stochastic rounding with its random word r of 32 bits: away from zero exactly if r < ⌊2^32·f⌋, where |x| lies the
 * fraction f of a gap above the neighbour nearer to zero. Above the largest number the gaps go on as if the format did,
 * and what is rounded up there overflows as in the nearest modes.
 */
export interface StochasticMode {
  readonly mode: 'stochastic';
  readonly word: number;
}

export type Rounding = RoundingMode | StochasticMode;

/** @throws InputError where it is none; stochastic rounding needs its word. */
export function checkRounding(where: string, mode: Rounding): void {
  const known =
    typeof mode === 'object'
      ? mode?.mode === 'stochastic' && Number.isInteger(mode.word) && mode.word >= 0 && mode.word < 2 ** 32
      : roundingModes.includes(mode);
  if (known) return;
  const got = typeof mode === 'object' ? JSON.stringify(mode) : `'${mode}'`;
  throw new InputError(
    `${where}: expected a mode of ${roundingModes.join(', ')} or { mode: 'stochastic', word } with a word of 32 bits, got ${got}`,
  );
}

/**
 * R_f(x): the number of `format` that IEEE 754 rounds the exact x to in `mode`: gradual underflow, signed zeros,
 * overflow to ±Infinity or, where the mode points the other way, to the largest number. Where the format has no
 * infinity an overflow gives NaN, and where it has no NaN either the largest number, and NaN becomes +0.
 * @throws InputError where the format or the mode is none
 */
export function round(x: number, format: Format, mode: Rounding = 'nearest-even'): number {
  if (format?.kind === undefined) {
    throw new InputError(`round: expected a format such as formats.bf16 or parseFormat('e5m10'), got ${typeof format}`);
  }
  checkRounding('round', mode);
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
export function overflowsToInfinity(mode: Rounding, negative: boolean): boolean {
  return (
    typeof mode === 'object' ||
    mode === 'nearest-even' ||
    mode === 'nearest-away' ||
    (mode === 'up' && !negative) ||
    (mode === 'down' && negative)
  );
}

/** What a finite value above the largest number rounds to. */
function beyondLargest(format: Format, mode: Rounding, negative: boolean): number {
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

/** The same of any rounding, for the fraction rest/unit of integers, 0 ≤ rest < unit. */
export function roundsFractionAway(
  mode: Rounding,
  negative: boolean,
  rest: bigint,
  unit: bigint,
  odd: boolean,
): boolean {
  if (rest === 0n) return false;
  if (typeof mode === 'object') return BigInt(mode.word) < (rest << 32n) / unit;
  const twice = 2n * rest;
  return roundsAway(mode, negative, twice > unit ? 1 : twice === unit ? 0 : -1, odd);
}

function roundBinary(x: number, format: BinaryFormat, mode: Rounding): number {
  const negative = x < 0;
  const magnitude = Math.abs(x);
  // The numbers of the format near x are the multiples of 2^q. Scaling by a power of two is exact here.
  const q = Math.max(exponentOf(magnitude), format.emin) - format.precision + 1;
  const scaled = magnitude / powerOfTwo(q);
  let n = Math.floor(scaled);
  const fraction = scaled - n;
  const away =
    typeof mode === 'object'
      ? mode.word < Math.floor(fraction * 2 ** 32)
      : fraction !== 0 && roundsAway(mode, negative, Math.sign(fraction - 0.5) as -1 | 0 | 1, n % 2 === 1);
  if (away) n += 1;
  const rounded = n * powerOfTwo(q);
  if (rounded > format.largest) return beyondLargest(format, mode, negative);
  if (rounded < format.smallestSubnormal) return negative && format.signedZero ? -0 : 0;
  return negative ? -rounded : rounded;
}

/** N digits of the exact decimal expansion of x, and then the nearest float64. */
function roundDecimal(x: number, format: DecimalFormat, mode: Rounding): number {
  const negative = isNegative(x);
  const { significand, exponent } = float64Fraction(x);
  let numerator = exponent > 0 ? significand << BigInt(exponent) : significand;
  let denominator = exponent < 0 ? 1n << BigInt(-exponent) : 1n;
  // The multiple of 10^q below |x|, with q such that it has N digits.
  const q = decimalExponent(x) - format.digits + 1;
  if (q > 0) denominator *= 10n ** BigInt(q);
  else numerator *= 10n ** BigInt(-q);
  let n = numerator / denominator;
  if (roundsFractionAway(mode, negative, numerator % denominator, denominator, n % 2n === 1n)) n += 1n;
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
