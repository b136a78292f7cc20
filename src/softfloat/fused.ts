/** x·y + z in float64 with one rounding; JavaScript has no fma. */
import { FLOAT64 } from './context.ts';
import { LARGEST_FACTOR, productError, roundToOdd, SMALLEST_PRODUCT, sumError } from './error-free.ts';
import { exactFma } from './exact-arithmetic.ts';

/** Left by `fusedSum`. */
export const REST = new Float64Array(1);

/**
 * v of x·y + z = v + rest, the rest left in REST[0], rounded to odd; NaN where a term could under- or overflow. Method:
 * the product and both sums without error (S. Boldo & G. Melquiond, "Emulation of FMA and correctly rounded sums: proved
 * algorithms using rounding to odd", IEEE Trans. Computers 57, 2008). v + REST[0] rounds as v + rest in every mode, and
 * lies on the same side of that result: if the rest is no float64, v did not cancel (vl would be 0), so the rest is
 * below 2 ulp(v), and its odd last bit far below half an ulp of the result.
 */
export function fusedSum(x: number, y: number, z: number): number {
  const p = x * y;
  const size = Math.abs(p);
  const inRange =
    size > SMALLEST_PRODUCT * 2 ** 110 &&
    size < LARGEST_FACTOR &&
    Math.abs(x) < LARGEST_FACTOR &&
    Math.abs(y) < LARGEST_FACTOR &&
    Math.abs(z) < LARGEST_FACTOR &&
    (z === 0 || Math.abs(z) > SMALLEST_PRODUCT);
  if (!inRange) return Number.NaN;
  const pl = productError(x, y, p);
  const t = z + pl;
  const tl = sumError(z, pl, t);
  const v = p + t;
  const vl = sumError(p, t, v);
  const rest = tl + vl;
  REST[0] = roundToOdd(rest, sumError(tl, vl, rest));
  return v;
}

/**
 * fl(x·y + z), correctly rounded to nearest even: the one rounding of `fusedSum`'s two terms; out of its range by exact
 * fractions.
 */
export function fusedMultiplyAdd(x: number, y: number, z: number): number {
  // Also the signs of zeros are those of the sum.
  if (x === 0 || y === 0) return x * y + z;
  const v = fusedSum(x, y, z);
  return Number.isNaN(v) ? exactFma(x, y, z, FLOAT64) : v + REST[0];
}
