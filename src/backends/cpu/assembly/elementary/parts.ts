/** What the evaluations share: a result is hi, returned, and lo, left in `low`; of pairs in `lowPair`. */

let rest: f64 = 0;

@inline
export function low(): f64 {
  return rest;
}
@inline
export function setLow(x: f64): void {
  rest = x;
}

let restPair: v128 = i64x2(0, 0);

@inline
export function lowPair(): v128 {
  return restPair;
}
@inline
export function setLowPair(x: v128): void {
  restPair = x;
}

/** The first of a pair as a result by itself. */
@inline
export function firstOf(pair: v128): f64 {
  rest = f64x2.extract_lane(restPair, 0);
  return f64x2.extract_lane(pair, 0);
}

/** hi = fl(h + l), |h| ≥ |l|, with the exact rest in `low`. */
@inline
export function normalized(h: f64, l: f64): f64 {
  const hi = h + l;
  rest = l - (hi - h);
  return hi;
}

@inline
export function normalizedPair(h: v128, l: v128): v128 {
  const hi = f64x2.add(h, l);
  restPair = f64x2.sub(l, f64x2.sub(hi, h));
  return hi;
}

/** The bits of a float64 that hold its first 26. */
@inline export const UPPER: u64 = 0xfffffffff8000000;

/** The first 26 bits of x: products of two such numbers are exact, and so is the rest x − upper(x). */
@inline
export function upper(x: f64): f64 {
  return reinterpret<f64>(reinterpret<u64>(x) & UPPER);
}

/** x·y − p for p = fl(x·y) of moderate size, exact to 2^−106 of p: the lower halves have 27 bits, so their product is rounded. */
@inline
export function productError(x: f64, y: f64, p: f64): f64 {
  const xh = upper(x), xl = x - xh, yh = upper(y), yl = y - yh;
  return xh * yh - p + xh * yl + xl * yh + xl * yl;
}
