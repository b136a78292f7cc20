/** x·y + z in float64 with one rounding; JavaScript has no fma. */
import { FLOAT64 } from './context.ts';
import { LARGEST_FACTOR, productError, roundToOdd, SMALLEST_PRODUCT, sumError } from './error-free.ts';
import { exactFma } from './exact-arithmetic.ts';

/**
 * fl(x·y + z), correctly rounded to nearest even. Method: the product and both sums without error; the two small terms
 * are added with rounding to odd, which makes the last addition right (S. Boldo & G. Melquiond, "Emulation of FMA and
 * correctly rounded sums: proved algorithms using rounding to odd", IEEE Trans. Computers 57, 2008). Where a
 * term could under- or overflow, by exact fractions.
 */
export function fusedMultiplyAdd(x: number, y: number, z: number): number {
  const p = x * y;
  // Also the signs of zeros are those of the sum.
  if (x === 0 || y === 0) return p + z;
  const size = Math.abs(p);
  const inRange =
    size > SMALLEST_PRODUCT * 2 ** 110 &&
    size < LARGEST_FACTOR &&
    Math.abs(x) < LARGEST_FACTOR &&
    Math.abs(y) < LARGEST_FACTOR &&
    Math.abs(z) < LARGEST_FACTOR &&
    (z === 0 || Math.abs(z) > SMALLEST_PRODUCT);
  if (!inRange) return exactFma(x, y, z, FLOAT64);
  const pl = productError(x, y, p);
  const t = z + pl;
  const tl = sumError(z, pl, t);
  const v = p + t;
  const vl = sumError(p, t, v);
  const rest = tl + vl;
  return v + roundToOdd(rest, sumError(tl, vl, rest));
}
