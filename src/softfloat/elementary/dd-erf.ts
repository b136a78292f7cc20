/** erf in double-double: Taylor's series about the multiples of 1/16 (taylor.ts). */
import { type DD, quickTwoSum } from '../dd-arithmetic.ts';
import { productError } from '../error-free.ts';
import { doubleDoubleFromFixed } from '../fixed-to-dd.ts';
import { twoOverRootPi } from './constants.ts';
import { erfTaylor } from './taylor.ts';

const W = 256;
/** Coefficients 0 … 9 are double-double, 10 … 19 float64. */
const PAIRS = 10;
const COUNT = 20;
const LAST_CENTRE = 144;

/** The coefficients of one centre: hi and lo of the first PAIRS in turn, then the rest. */
type Coefficients = Float64Array;

function packed(values: readonly bigint[], pairs: number): Coefficients {
  const table = new Float64Array(values.length + pairs);
  values.forEach((value, n) => {
    const { hi, lo } = doubleDoubleFromFixed(value, W);
    if (n < pairs) table.set([hi, lo], 2 * n);
    else table[n + pairs] = hi;
  });
  return table;
}

const centres: Coefficients[] = [];

/** erf x = x·Σ b_n x^(2n), b_n = 2/√π·(−1)^n/(n!(2n + 1)): the first five double-double, the rest float64. */
const NEAR_PAIRS = 5;
const NEAR_COUNT = 10;
const NEAR = packed(
  Array.from({ length: NEAR_COUNT }, (_, n) => {
    let factorial = 1n;
    for (let i = 2n; i <= n; i++) factorial *= i;
    const magnitude = twoOverRootPi(W) / (factorial * BigInt(2 * n + 1));
    return n % 2 === 0 ? magnitude : -magnitude;
  }),
  NEAR_PAIRS,
);

/** Where `erfPositive` leaves hi and lo. */
export const ERF = new Float64Array(2);

/**
 * erf of 0 ≤ xh + xl < 9, xh > 2^−300, into ERF. Relative error 2^−97 (the first float64 terms are below 2^−50 of the
 * sum; the series end below 2^−107 of it).
 */
export function erfPositive(xh: number, xl: number): void {
  if (xh < 1 / 32) {
    const square = xh * xh;
    horner(NEAR, NEAR_PAIRS, NEAR_COUNT, square, productError(xh, xh, square) + 2 * xh * xl);
    const sum = ERF[0];
    const product = xh * sum;
    const low = productError(xh, sum, product) + (xh * ERF[1] + xl * sum);
    ERF[0] = product + low;
    ERF[1] = product - ERF[0] + low;
    return;
  }
  const index = Math.floor(xh * 16 + 0.5);
  let coefficients = centres[index];
  if (coefficients === undefined) {
    coefficients = packed(erfTaylor(index, 16, COUNT, W), PAIRS);
    centres[index] = coefficients;
  }
  // Exact: both are multiples of the last bit of xh, and the difference is at most 1/32 ≤ xh.
  horner(coefficients, PAIRS, COUNT, xh - index / 16, xl);
}

/** Σ c_n (h + hl)^n into ERF: float64 for the last terms, then double-double. */
function horner(c: Coefficients, pairs: number, count: number, h: number, hl: number): void {
  let tail = c[pairs + count - 1];
  for (let n = pairs + count - 2; n >= 2 * pairs; n--) tail = c[n] + h * tail;
  let hi = tail;
  let lo = 0;
  for (let n = 2 * pairs - 2; n >= 0; n -= 2) {
    const p = h * hi;
    const pl = productError(h, hi, p) + (h * lo + hl * hi);
    const a = c[n];
    const s = a + p;
    const b = s - a;
    const e = a - (s - b) + (p - b) + (c[n + 1] + pl);
    hi = s + e;
    lo = s - hi + e;
  }
  ERF[0] = hi;
  ERF[1] = lo;
}

/** erf x, relative error 2^−95, also for small x (above 2^−900 in magnitude); ±1 from |x| = 9 on (1 − erf 9 < 2^−120). */
export function ddErf(x: DD): DD {
  const size = Math.abs(x.hi);
  if (!(size < LAST_CENTRE / 16)) return { hi: x.hi > 0 ? 1 : x.hi < 0 ? -1 : Number.NaN, lo: 0 };
  if (x.hi === 0) return x;
  const sign = x.hi < 0 ? -1 : 1;
  if (size > 2 ** -200) {
    erfPositive(size, sign * x.lo);
    return { hi: sign * ERF[0], lo: sign * ERF[1] };
  }
  // Here x² and lower products would underflow and only 2/√π·x counts.
  const up = size < 2 ** -600 ? 2 ** 600 : 1;
  const p = x.hi * up * NEAR[0];
  const low = productError(x.hi * up, NEAR[0], p) + (x.hi * up * NEAR[1] + x.lo * up * NEAR[0]);
  const sum = quickTwoSum(p, low);
  return { hi: sum.hi / up, lo: sum.lo / up };
}
