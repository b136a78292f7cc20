/**
 * Error-free transformations: the rounding error of a float64 operation, itself a float64. Nearest-even throughout.
 * T. J. Dekker (1971), D. E. Knuth (TAOCP 2, 4.2.2), S. Boldo & G. Melquiond (2008) for rounding to odd.
 */
import { isEven, stepFloat64 } from '../formats/float64.ts';

/** 2^27 + 1: splits a float64 into two halves of at most 26 bits (Veltkamp). */
export const SPLITTER = 134217729;

/** Products of factors below this bound have an exact error, as long as they are above `SMALLEST_PRODUCT`. */
export const LARGEST_FACTOR = 2 ** 990;
/** The error of a product above 2^−960 is a multiple of 2^−1066: representable. */
export const SMALLEST_PRODUCT = 2 ** -960;

/** Products, quotients and roots of numbers in this range have exact residuals in float64. */
export function isModerate(x: number): boolean {
  const size = Math.abs(x);
  return size > 2 ** -450 && size < 2 ** 450;
}

/** (x + y) − s, exactly, where s = fl(x + y) and nothing overflows (Knuth's TwoSum, any order of magnitudes). */
export function sumError(x: number, y: number, s: number): number {
  const b = s - x;
  return x - (s - b) + (y - b);
}

/** (x + y) − s where |x| ≥ |y| or x = 0 (Dekker's FastTwoSum). */
export function quickSumError(x: number, y: number, s: number): number {
  return y - (s - x);
}

/** x·y − p, exactly, where p = fl(x·y), |x|, |y| < 2^990 and |p| > 2^−960 (Dekker's product without an fma). */
export function productError(x: number, y: number, p: number): number {
  const cx = SPLITTER * x;
  const xh = cx - (cx - x);
  const xl = x - xh;
  const cy = SPLITTER * y;
  const yh = cy - (cy - y);
  const yl = y - yh;
  return xl * yl - (p - xh * yh - xl * yh - xh * yl);
}

/**
 * The exact s + error rounded to odd in float64, |error| ≤ ½ ulp(s): s, or its neighbour with an odd significand. Rounding
 * that to a format of p ≤ 51 bits in any mode equals rounding s + error at once (Boldo & Melquiond; 53 ≥ p + 2).
 */
export function roundToOdd(s: number, error: number): number {
  if (error === 0 || !isEven(s)) return s;
  return stepFloat64(s, error > 0 === s > 0);
}
