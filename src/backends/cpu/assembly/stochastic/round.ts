/**
 * Stochastic rounding of two numbers at once, given as float64 hi and what is left over: away from zero exactly if
 * r < ⌊2^32·f⌋, f the fraction of a gap by which |x| lies above the neighbour nearer to zero.
 *
 * Let x = hi + rest/divisor exactly, hi the nearest float64, and z the float64 next to |x| toward zero (|hi|, or the one
 * before where rest/divisor points to zero). The gap g = 2^(e−p+1), e = max(exponent of z, emin), is that of |x| too. With
 * y = z/g, n = ⌊y⌋ and t = 2^32·(y − n), all exact in float64 (powers of two and a difference of neighbours in size),
 * ⌊2^32·f⌋ = ⌊t + 2^32·(|x| − z)/g⌋. The last bit of z is worth w = 2^32·ulp(z)/g ≤ 2^(p−21) there.
 *   p ≤ 21: w ≤ 1, t is a multiple of w and what follows is below w, so it is ⌊t⌋.
 *   p ≤ 24 (`fine`), w ≥ 2: t is an integer, and ⌊2^32·(|x| − z)/g⌋ is added. Where x is beyond hi that is ⌊v⌋ with
 *   v = 2^32·|rest/divisor|/g ≤ w/2, and w − ⌈v⌉ where it is before. For w ≤ 1 the first is 0 but for v = w/2 < 1, and
 *   the second is at most 0, so that max(0, ·) serves both.
 * r < ⌊t⌋ is r + 1 ≤ t, since r is an integer.
 */
import {
  WIDE_INF, WIDE_LARGEST, WIDE_LEAST, WIDE_NAN, WIDE_TINY, WIDE_ULP,
} from '../layout';

@inline const SIGN: i64 = 0x8000000000000000;
@inline const EXPONENT: i64 = 0x7ff0000000000000;
@inline const TWO_32: f64 = 4294967296.0;

/** r + 1 of the pair of words at `words`. */
@inline
export function limits(words: usize): v128 {
  return f64x2.add(f64x2.convert_low_i32x4_u(v128.load64_zero(words)), f64x2.splat(1.0));
}

/** R(x) of a float64. */
@inline
export function roundNumber(x: v128, limit: v128, format: usize): v128 {
  return round(0, 0, x, x, x, x, limit, format);
}

/** R(s + t) of float32 or exact products of such, or numbers of a format within float32. */
@inline
export function roundSum(s: v128, t: v128, limit: v128, format: usize, fine: i32): v128 {
  const x = f64x2.add(s, t);
  const part = f64x2.sub(x, s);
  const rest = f64x2.add(f64x2.sub(s, f64x2.sub(x, part)), f64x2.sub(t, part));
  return round(1, fine, x, rest, rest, f64x2.splat(1.0), limit, format);
}

/**
 * R(a/b) of float32. The remainder a − q·b is exact: q in two halves makes two exact products, a − qh·b is exact since
 * qh·b is within 2^−25 of a (Sterbenz), and the remainder itself is a float64 (Boldo).
 */
@inline
export function roundQuotient(a: v128, b: v128, limit: v128, format: usize, fine: i32): v128 {
  const q = f64x2.div(a, b);
  const c = f64x2.mul(q, f64x2.splat(134217729.0));
  const upper = f64x2.sub(c, f64x2.sub(c, q));
  const rest = f64x2.sub(f64x2.sub(a, f64x2.mul(upper, b)), f64x2.mul(f64x2.sub(q, upper), b));
  return round(1, fine, q, rest, v128.xor(rest, b), f64x2.abs(b), limit, format);
}

/** `direction` has the sign of rest/divisor, `divisor` is positive. */
@inline
function round(
  inexact: i32, fine: i32, hi: v128, rest: v128, direction: v128, divisor: v128, limit: v128, format: usize,
): v128 {
  const sign = v128.and(hi, i64x2.splat(SIGN)), zero = f64x2.splat(0);
  const infinite = f64x2.eq(f64x2.abs(hi), f64x2.splat(Infinity));
  let z = f64x2.abs(hi), before = zero, left = zero;
  if (inexact) {
    // Beside infinities and NaN the rest is NaN.
    left = v128.or(f64x2.lt(rest, zero), f64x2.gt(rest, zero));
    before = v128.and(i64x2.shr_s(v128.xor(direction, hi), 63), left);
    z = i64x2.add(z, before);
  }
  const e = f64x2.pmax(v128.and(z, i64x2.splat(EXPONENT)), v128.load(format, WIDE_LEAST));
  const gap = i64x2.sub(e, v128.load(format, WIDE_ULP));
  const inverse = i64x2.sub(i64x2.splat(0x7fe0000000000000), gap);
  const y = f64x2.mul(z, inverse);
  const n = f64x2.floor(y);
  let t = f64x2.mul(f64x2.sub(y, n), f64x2.splat(TWO_32));
  if (inexact && fine) {
    const scale = f64x2.mul(inverse, f64x2.splat(TWO_32));
    const v = f64x2.mul(f64x2.abs(rest), scale), quotient = f64x2.div(v, divisor);
    // A quotient that is no integer may be rounded to one.
    let down = f64x2.floor(quotient), up = f64x2.ceil(quotient);
    down = f64x2.sub(down, v128.and(f64x2.gt(f64x2.mul(down, divisor), v), f64x2.splat(1.0)));
    up = f64x2.add(up, v128.and(f64x2.lt(f64x2.mul(up, divisor), v), f64x2.splat(1.0)));
    const last = f64x2.mul(f64x2.mul(v128.and(z, i64x2.splat(EXPONENT)), f64x2.splat(2.220446049250313e-16)), scale);
    const more = v128.bitselect(f64x2.max(f64x2.sub(last, up), zero), down, before);
    t = f64x2.add(t, v128.and(more, left));
  }
  const away = f64x2.le(limit, t);
  const multiple = f64x2.mul(f64x2.add(n, v128.and(away, f64x2.splat(1.0))), gap);
  let r = v128.or(multiple, sign);
  const over = v128.or(f64x2.gt(multiple, v128.load(format, WIDE_LARGEST)), infinite);
  r = v128.bitselect(v128.or(v128.load(format, WIDE_INF), sign), r, over);
  r = v128.bitselect(sign, r, f64x2.lt(f64x2.abs(r), v128.load(format, WIDE_TINY)));
  return v128.and(r, v128.or(f64x2.eq(hi, hi), v128.load(format, WIDE_NAN)));
}
