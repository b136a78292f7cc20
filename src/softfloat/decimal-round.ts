/**
 * Rounding a float64 to N ≤ 15 significant decimal digits, nearest even, in float64 arithmetic. The definition is
 * `round` (formats/round.ts); assembly/decimal.ts of the CPU backend is the twin in lanes.
 *
 * |x| in the decade of 10^d is x = (n + f)·10^−j with j = N − 1 − d and an integer n of N digits. Both n and R(x) = n·10^−j
 * come of one correctly rounded operation each where 10^|j| is a float64 (|j| ≤ 22):
 * - y = fl(|x|·10^j). Halves of integers below 10^15 are float64 numbers, and rounding is monotone: unless y is such a half
 *   itself, the exact product lies on y's side of all of them, and the integer nearest to y is right. If y is a half, the
 *   sign of the product's exact error says which side; an error of 0 is a tie.
 * - fl(n/10^j) is the float64 nearest to the decimal number, as R is defined. For j < 0 quotient and product change places.
 *
 * For 22 < j ≤ 270 the powers are double-double numbers (error below 2^−106 of them): |x|·10^j and n·10^−j are then known
 * to 2^−104 of themselves, and what that does not decide is left to the definition, as is all beyond. Ties cannot be: 10^j
 * has an odd factor above 10^15.
 */
import { float64Fraction, powerOfTwo, stepFloat64 } from '../formats/float64.ts';
import { decimalExponent } from '../formats/round.ts';
import { productError } from './error-free.ts';

/** The largest j for which 10^j is a float64. */
const EXACT = 22;
/** Beyond it the halves of 10^j would come near the ends of float64's range. */
const LARGEST_POWER = 270;
/** Adding and subtracting it rounds numbers below 2^51 to integers, ties to even. */
const INTEGERS = 1.5 * 2 ** 52;

const VIEW = new Float64Array(1);
const WORDS = new Uint32Array(VIEW.buffer);
const HIGH = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

/** By the exponent field of a float64: the decade where its binade begins, and the smallest float64 of a next one in it. */
export interface Decades {
  readonly first: Int16Array;
  /** Infinity where there is none. */
  readonly next: Float64Array;
}

/** 10^j and 10^−j, j from 0 to 270, as double-double numbers. */
export interface PowersOfTen {
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly inverseHigh: Float64Array;
  readonly inverseLow: Float64Array;
}

let decades: Decades | undefined;
let powers: PowersOfTen | undefined;

/** A decade far outside for zeros, subnormals, infinities and NaN. */
const NOWHERE = 1000;

export function decadeTable(): Decades {
  if (decades !== undefined) return decades;
  const first = new Int16Array(2048).fill(NOWHERE);
  const next = new Float64Array(2048).fill(Number.POSITIVE_INFINITY);
  for (let field = 1; field < 2047; field++) {
    const start = powerOfTwo(field - 1023);
    first[field] = decimalExponent(start);
    const nearest = Number(`1e${first[field] + 1}`);
    const ten = decimalExponent(nearest) > first[field] ? nearest : stepFloat64(nearest, true);
    if (ten < 2 * start) next[field] = ten;
  }
  decades = { first, next };
  return decades;
}

export function powersOfTen(): PowersOfTen {
  if (powers !== undefined) return powers;
  const length = LARGEST_POWER + 1;
  const high = Float64Array.from({ length }, (_, j) => Number(`1e${j}`));
  const inverseHigh = Float64Array.from({ length }, (_, j) => Number(`1e-${j}`));
  const low = high.map((h, j) => Number(10n ** BigInt(j) - BigInt(h)));
  const inverseLow = inverseHigh.map((h, j) => {
    const { significand, exponent } = float64Fraction(h);
    const power = 10n ** BigInt(j);
    // (2^−exponent − significand·10^j) / (10^j·2^−exponent), in 64 bits more than the divisor has.
    const rest = (1n << BigInt(-exponent)) - significand * power;
    const bits = 64 + Math.ceil(j * Math.log2(10));
    return Number((rest << BigInt(bits)) / power) * powerOfTwo(-bits) * powerOfTwo(exponent);
  });
  powers = { high, low, inverseHigh, inverseLow };
  return powers;
}

/** R(x) to `digits` digits; NaN where float64 arithmetic does not decide it: zeros, subnormals, the far ends, and rarely. */
export function quickDecimalRounder(digits: number): (x: number) => number {
  const { first, next } = decadeTable();
  const { high } = powersOfTen();
  return (x) => {
    const size = Math.abs(x);
    VIEW[0] = size;
    const field = WORDS[HIGH] >>> 20;
    const j = digits - 1 - first[field] - (size >= next[field] ? 1 : 0);
    let r: number;
    if (j >= 0 && j <= EXACT) {
      const power = high[j];
      const y = size * power;
      let n = y + INTEGERS - INTEGERS;
      if (Math.abs(y - n) === 0.5) n = sided(y, n, productError(size, power, y));
      r = n / power;
    } else if (j < 0 && j >= -EXACT) {
      const power = high[-j];
      const y = size / power;
      let n = y + INTEGERS - INTEGERS;
      if (Math.abs(y - n) === 0.5) {
        // The remainder of a quotient is a float64.
        const back = y * power;
        n = sided(y, n, size - back - productError(y, power, back));
      }
      r = n * power;
    } else if (j > EXACT && j <= LARGEST_POWER) {
      r = farDown(size, j);
    } else {
      return Number.NaN;
    }
    return x < 0 ? -r : r;
  };
}

/** The integer for the half y, where the exact value is y + error; n is the even one. */
function sided(y: number, n: number, error: number): number {
  if (error === 0) return n;
  return error > 0 ? y + 0.5 : y - 0.5;
}

/** R(size), 22 < j ≤ 270. */
function farDown(size: number, j: number): number {
  const { high, low, inverseHigh, inverseLow } = powersOfTen();
  const p = size * high[j];
  const rest = productError(size, high[j], p) + size * low[j];
  const nearest = p + INTEGERS - INTEGERS;
  // p < 2^50: the fraction is known to 2^−54, and rounded to 2^−53.
  const fraction = p - nearest + rest;
  if (Math.abs(Math.abs(fraction) - 0.5) < 2 ** -50) return Number.NaN;
  const n = fraction > 0.5 ? nearest + 1 : fraction < -0.5 ? nearest - 1 : nearest;
  const q = n * inverseHigh[j];
  const error = productError(n, inverseHigh[j], q) + n * inverseLow[j];
  const margin = q * 2 ** -100;
  const r = q + (error + margin);
  return r === q + (error - margin) ? r : Number.NaN;
}
