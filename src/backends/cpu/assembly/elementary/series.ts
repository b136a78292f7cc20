/** erf, tanh, and sin and cos of quarter turns by Taylor's series about the multiples of 1/64, two at a time. */
import { expPair } from './exp';
import { ERF_TABLE, SERIES_BYTES, TANH_TABLE } from './layout';
import { lowPair, normalizedPair, setLowPair, UPPER } from './parts';

/**
 * Σ a_n (h + hl)^n, the coefficients of each lane at `first` and `second`, for |h| ≤ 2^−7 and |hl| ≤ 2^−53 of the argument, c + h.
 * Error, relative to the sum: the first two terms are exact to 2^−75. The others are float64 and wrong by at most 6u|a_2|h² +
 * 7u|a_3 h³| + …; a_2 is at most 1.24·c·a_1 (that of sin; most for the sum is c = 1/64, h = −1/128, where the sum is h·a_1 nearly):
 * below 7u·2^−12.6 = 2^−62.8. (At c = 0 a_2 = 0 and a_3 h² < 2^−14·a_1.) The series end below 2^−75; terms of hl below 2^−66 are left out,
 * and hl is known to 2^−68 of the argument.
 * Together below 2^−62. Measured: 2^−64.4.
 */
@inline
export function series(first: usize, second: usize, h: v128, hl: v128): v128 {
  const a = v128.load(first), b = v128.load(second), c = v128.load(first, 16), d = v128.load(second, 16);
  const a0 = v128.shuffle<i64>(a, b, 0, 2), a1 = v128.shuffle<i64>(c, d, 0, 2), a2 = pairAt(first, second, 32, 0);
  const hh = v128.and(h, i64x2.splat(UPPER));
  const p = f64x2.mul(a1, hh);
  // |a_0| ≥ |a_1 h|, or a_0 = 0: all functions here are concave.
  const s = f64x2.add(a0, p);
  const e = f64x2.sub(p, f64x2.sub(s, a0));
  const h2 = f64x2.mul(h, h);
  let tail = f64x2.add(twoTerms(first, second, 80, h), f64x2.mul(h2, pairAt(first, second, 96, 0)));
  tail = f64x2.add(twoTerms(first, second, 64, h), f64x2.mul(h2, tail));
  tail = f64x2.add(twoTerms(first, second, 48, h), f64x2.mul(h2, tail));
  tail = f64x2.add(twoTerms(first, second, 32, h), f64x2.mul(h2, tail));
  const slope = f64x2.add(a1, f64x2.mul(f64x2.add(a2, a2), h));
  let small = f64x2.add(f64x2.mul(a1, f64x2.sub(h, hh)), f64x2.mul(v128.shuffle<i64>(c, d, 1, 3), h));
  small = f64x2.add(v128.shuffle<i64>(a, b, 1, 3), small);
  small = f64x2.add(e, f64x2.add(small, f64x2.mul(slope, hl)));
  return normalizedPair(s, f64x2.add(f64x2.mul(h2, tail), small));
}

/** Coefficients of two centres: the first (0) or second of the two at `offset`. */
@inline
function pairAt(first: usize, second: usize, offset: usize, which: i32): v128 {
  const a = v128.load(first + offset), b = v128.load(second + offset);
  return which ? v128.shuffle<i64>(a, b, 1, 3) : v128.shuffle<i64>(a, b, 0, 2);
}

/** The first plus h times the second. */
@inline
function twoTerms(first: usize, second: usize, offset: usize, h: v128): v128 {
  return f64x2.add(pairAt(first, second, offset, 0), f64x2.mul(h, pairAt(first, second, offset, 1)));
}

/** A function that is odd, of both lanes, whose magnitudes the table covers. */
@inline
function about(table: usize, x: v128): v128 {
  const size = f64x2.abs(x), sign = v128.xor(x, size);
  const centre = f64x2.nearest(f64x2.mul(size, f64x2.splat(64)));
  const first = table + <usize>f64x2.extract_lane(centre, 0) * SERIES_BYTES;
  const second = table + <usize>f64x2.extract_lane(centre, 1) * SERIES_BYTES;
  // Exact: a multiple of the last bit of size, at most 1/128 ≤ size; or size itself.
  const h = f64x2.sub(size, f64x2.mul(centre, f64x2.splat(0.015625)));
  const hi = series(first, second, h, f64x2.splat(0));
  setLowPair(v128.xor(lowPair(), sign));
  return v128.xor(hi, sign);
}

/** erf x for 2^−200 ≤ |x| ≤ 6. */
@inline
export function erfPair(x: v128): v128 {
  return about(ERF_TABLE, x);
}

/** tanh x for 2^−28 ≤ |x| ≤ TANH_MOST. */
@inline
export function tanhPair(x: v128): v128 {
  return about(TANH_TABLE, x);
}

@inline export const TANH_MOST: f64 = 5;

/** tanh x for TANH_MOST ≤ |x| ≤ 20: 1 − d, d = 2/(e^(2|x|) + 1) < 2^−13 in float64, wrong by 3u of it: 2^−65. */
export function tanhBeyond(x: v128): v128 {
  const one = f64x2.splat(1), size = f64x2.abs(x), sign = v128.xor(x, size);
  const e = expPair(f64x2.add(size, size));
  const hi = normalizedPair(one, f64x2.div(f64x2.splat(-2), f64x2.add(e, one)));
  setLowPair(v128.xor(lowPair(), sign));
  return v128.xor(hi, sign);
}
