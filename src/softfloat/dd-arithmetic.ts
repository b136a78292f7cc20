/**
 * Double-double numbers hi + lo, |lo| ≤ ½ ulp(hi): about 106 bits with the exponent range of float64.
 * Error bounds are relative, u = 2^−53, from M. Joldes, J.-M. Muller, V. Popescu, "Tight and rigorous error bounds for
 * basic building blocks of double-word arithmetic", ACM TOMS 44 (2017), algorithms 6, 10 and, nearly, 17. They hold
 * where results lie between 2^−900 and 2^1000. Below, lo loses bits to underflow; overflow gives {±∞, 0}, NaN {NaN, 0}.
 */
import { LARGEST_FACTOR, productError, quickSumError, sumError } from './error-free.ts';

/** The unevaluated sum hi + lo. */
export interface DD {
  readonly hi: number;
  readonly lo: number;
}

/** hi + lo of any two numbers as a DD, without error. */
export function twoSum(x: number, y: number): DD {
  const hi = x + y;
  if (hi - hi !== 0 || hi === 0) return { hi, lo: 0 };
  return { hi, lo: sumError(x, y, hi) };
}

/** The same where |x| ≥ |y| or x = 0. */
export function quickTwoSum(x: number, y: number): DD {
  const hi = x + y;
  if (hi - hi !== 0 || hi === 0) return { hi, lo: 0 };
  return { hi, lo: quickSumError(x, y, hi) };
}

/** x·y as a DD; without error where the product is above 2^−960 in magnitude and finite. */
export function twoProduct(x: number, y: number): DD {
  const hi = x * y;
  if (hi - hi !== 0 || hi === 0) return { hi, lo: 0 };
  if (Math.abs(x) < LARGEST_FACTOR && Math.abs(y) < LARGEST_FACTOR) return { hi, lo: productError(x, y, hi) };
  // One factor is above 2^990, so the other is below 2^34: 2^−100 moves all three into range.
  const [large, small] = Math.abs(x) > Math.abs(y) ? [x, y] : [y, x];
  return { hi, lo: productError(large * 2 ** -100, small, hi * 2 ** -100) * 2 ** 100 };
}

/** x + y, error below 3u² + 13u³ (AccurateDWPlusDW). */
export function ddAdd(x: DD, y: DD): DD {
  const s = twoSum(x.hi, y.hi);
  if (s.hi - s.hi !== 0) return s;
  const t = twoSum(x.lo, y.lo);
  const v = quickTwoSum(s.hi, s.lo + t.hi);
  return quickTwoSum(v.hi, t.lo + v.lo);
}

/** x − y, error as `ddAdd`. */
export function ddSub(x: DD, y: DD): DD {
  return ddAdd(x, { hi: -y.hi, lo: -y.lo });
}

/** x·y, error below 7u² (DWTimesDW without an fma). */
export function ddMul(x: DD, y: DD): DD {
  const p = twoProduct(x.hi, y.hi);
  if (p.hi - p.hi !== 0 || p.hi === 0) return p;
  return quickTwoSum(p.hi, p.lo + (x.hi * y.lo + x.lo * y.hi));
}

/** x/y, error below 16u²: the float64 quotient and one correction by the exact remainder. */
export function ddDiv(x: DD, y: DD): DD {
  const q = x.hi / y.hi;
  if (q - q !== 0 || q === 0 || !Number.isFinite(y.hi)) return { hi: q, lo: 0 };
  const p = twoProduct(q, y.hi);
  if (!Number.isFinite(p.hi)) return { hi: q, lo: 0 };
  const remainder = x.hi - p.hi - p.lo + (x.lo - q * y.lo);
  return quickTwoSum(q, remainder / y.hi);
}

/** x·y + z: product and sum in double-double, error that of `ddMul` in x·y and of `ddAdd`. */
export function ddFma(x: DD, y: DD, z: DD): DD {
  return ddAdd(ddMul(x, y), z);
}

/** √x, error below 4u²: one Newton correction by the exact remainder. */
export function ddSqrt(x: DD): DD {
  const root = Math.sqrt(x.hi);
  if (root - root !== 0 || root === 0) return { hi: root, lo: 0 };
  const p = twoProduct(root, root);
  if (!Number.isFinite(p.hi)) return { hi: root, lo: 0 };
  return quickTwoSum(root, (x.hi - p.hi - p.lo + x.lo) / (2 * root));
}

/**
 * 1/√x, error below 16u²: r = fl(1/fl(√hi)), off by 2.5u, and one step r·(e/2 + 3e²/8) with e = 1 − x·r², known within
 * 12u² (7 of `ddMul`, 5 of the last subtraction). 1/√±0 = ±∞, 1/√∞ = 0.
 */
export function ddRsqrt(x: DD): DD {
  if (!(x.hi > 0 && x.hi < Number.POSITIVE_INFINITY)) return { hi: 1 / Math.sqrt(x.hi), lo: 0 };
  // r² would leave the range.
  const up = x.hi < 2 ** -500 ? 2 ** 300 : x.hi > 2 ** 500 ? 2 ** -300 : 1;
  const scaled: DD = { hi: x.hi * up * up, lo: x.lo * up * up };
  const r = 1 / Math.sqrt(scaled.hi);
  const q = ddMul(scaled, twoProduct(r, r));
  const e = 1 - q.hi - q.lo;
  const { hi, lo } = quickTwoSum(r, r * (e * (0.5 + 0.375 * e)));
  return { hi: hi * up, lo: lo * up };
}

/** −1, 0 or 1 as x is below, equal to or above y. */
export function ddCompare(x: DD, y: DD): number {
  return Math.sign(x.hi === y.hi ? x.lo - y.lo : x.hi - y.hi);
}
