/** Distances in numbers of a format, over arrays: `ulpDistance` without big integers. */

import { exponentOf, powerOfTwo } from '../../formats/float64.ts';
import { type Format, ulpDistance } from '../../formats/index.ts';

/** The coarser of two formats: of fewer bits (a larger u), and where they have as many, of fewer exponents. */
export function coarser(a: Format, b: Format): Format {
  if (a.u !== b.u) return a.u > b.u ? a : b;
  return b.largest < a.largest ? b : a;
}

/**
 * |ordinal(a) − ordinal(b)| of two numbers of the format that are not NaN; an infinity is one behind the largest number. As a
 * float64: exact below 2^53, else rounded.
 *
 * Method: with e = max(exponent, emin) and ulp = 2^(e−p+1), a number x of a format with subnormals has the ordinal
 * (e − emin)·2^(p−1) + |x|/ulp, so that the distance is a difference of exponents and one of significands, each exact.
 */
export function ulpsApart(format: Format): (a: number, b: number) => number {
  if (format.kind === 'decimal' || !format.subnormals) return (a, b) => Number(ulpDistance(a, b, format));
  const { emin, emax, precision } = format;
  const half = powerOfTwo(precision - 1);
  const exponent = (x: number): number => {
    if (x === 0) return emin;
    return Math.abs(x) === Number.POSITIVE_INFINITY ? emax + 1 : Math.max(exponentOf(x), emin);
  };
  // Divided in two steps: the ulp of a float64 of a large exponent has no small reciprocal that is normal.
  const significand = (x: number, e: number): number => {
    if (Math.abs(x) === Number.POSITIVE_INFINITY) return half;
    const magnitude = Math.abs(x);
    return e >= 0 ? (magnitude / powerOfTwo(e)) * half : magnitude * half * powerOfTwo(-e);
  };
  return (a, b) => {
    const [ea, eb] = [exponent(a), exponent(b)];
    const [sa, sb] = [significand(a, ea), significand(b, eb)];
    if (a < 0 === b < 0 || a === 0 || b === 0) return Math.abs((ea - eb) * half + (sa - sb));
    return (ea - emin + (eb - emin)) * half + (sa + sb);
  };
}
