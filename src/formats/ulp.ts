/** Units in the last place, neighbours, and distances counted in representable numbers. */
import { decode, encode, holds } from './bits.ts';
import { exponentOf, powerOfTwo } from './float64.ts';
import type { Format } from './format.ts';
import { InputError } from './input-error.ts';
import { decimalExponent, round } from './round.ts';

/**
 * The gap between the numbers of the format at x (of |x|'s binade, or decade), the smallest subnormal near 0.
 * NaN for NaN and infinities; x need not be in the format.
 */
export function ulp(x: number, format: Format): number {
  if (!Number.isFinite(x)) return Number.NaN;
  if (format.kind === 'decimal') {
    if (x === 0) return format.smallestSubnormal;
    return Math.max(Number(`1e${decimalExponent(x) - format.digits + 1}`), format.smallestSubnormal);
  }
  const e = x === 0 ? format.emin : Math.max(exponentOf(x), format.emin);
  return powerOfTwo(e - format.precision + 1);
}

/** The smallest number of the format above x; +Infinity (or the largest number, where there is none) at the top. */
export function nextUp(x: number, format: Format): number {
  if (Number.isNaN(x) || x === Number.POSITIVE_INFINITY) return x;
  if (x < -format.largest) return -format.largest;
  if (x >= format.largest) return format.infinities ? Number.POSITIVE_INFINITY : format.largest;
  if (!holds(format, x)) return round(x, format, 'up');
  if (x === 0) return format.smallestSubnormal;
  const next = fromOrdinal(ordinal(x, format) + 1n, format);
  return next === 0 && format.signedZero ? -0 : next;
}

/** The largest number of the format below x. */
export function nextDown(x: number, format: Format): number {
  return -nextUp(-x, format);
}

/**
 * Position of x in the ascending order of the format's numbers: 0 for both zeros, −1 for the number below them.
 * @throws InputError for NaN and for numbers the format does not hold.
 */
export function ordinal(x: number, format: Format): bigint {
  if (Number.isNaN(x)) throw new InputError('ordinal: expected a number, got NaN');
  if (!holds(format, x)) throw new InputError(`ordinal: expected a number of ${format.name}, got ${x}; round it first`);
  if (format.kind === 'decimal') return decimalOrdinal(x, format.digits);
  const magnitude = encode(Math.abs(x), format);
  const first = format.subnormals ? 0n : (1n << BigInt(format.fractionBits)) - 1n;
  const position = magnitude === 0n ? 0n : magnitude - first;
  return x < 0 ? -position : position;
}

/** The number at this position of the format's order, the inverse of `ordinal`. */
export function fromOrdinal(position: bigint, format: Format): number {
  const magnitude = position < 0n ? -position : position;
  if (format.kind === 'decimal') {
    const x = decimalFromOrdinal(magnitude, format.digits);
    return position < 0n ? -x : x;
  }
  const first = !format.subnormals && magnitude > 0n ? (1n << BigInt(format.fractionBits)) - 1n : 0n;
  const x = decode(magnitude + first, format);
  return position < 0n ? -x : x;
}

const SMALLEST_DECADE = -324;

/** Adjacent N-digit numbers differ by 1; the decades start at that of the smallest float64. */
function decimalOrdinal(x: number, digits: number): bigint {
  if (x === 0) return 0n;
  const [significand, exponent] = Math.abs(x)
    .toExponential(digits - 1)
    .split('e');
  const first = 10n ** BigInt(digits - 1);
  const position =
    BigInt(significand.replace('.', '')) - first + 1n + 9n * first * BigInt(Number(exponent) - SMALLEST_DECADE);
  return x < 0 ? -position : position;
}

function decimalFromOrdinal(position: bigint, digits: number): number {
  if (position === 0n) return 0;
  const first = 10n ** BigInt(digits - 1);
  const significand = ((position - 1n) % (9n * first)) + first;
  const decade = Number((position - 1n) / (9n * first)) + SMALLEST_DECADE;
  return Number(`${significand}e${decade - digits + 1}`);
}

/**
 * How many numbers of the format lie from a to b: |ordinal(a) − ordinal(b)|; 0 between −0 and +0.
 * @throws InputError for NaN and for numbers the format does not hold.
 */
export function ulpDistance(a: number, b: number, format: Format): bigint {
  const distance = ordinal(a, format) - ordinal(b, format);
  return distance < 0n ? -distance : distance;
}
