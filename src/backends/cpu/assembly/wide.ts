/**
 * Rounding of two float64 at once to any format that fits in float32, in every mode, and exact sums made ready for it.
 * Modelled on the scalar definition in src/formats/round.ts.
 */
import {
  DOWN, NEAREST_AWAY, NEAREST_EVEN, ODD, TOWARD_ZERO, UP,
  WIDE_INF, WIDE_LARGEST, WIDE_LEAST, WIDE_MAGIC, WIDE_MODE, WIDE_NAN, WIDE_OVER, WIDE_OVER_NEGATIVE, WIDE_TINY, WIDE_ULP,
} from './layout';

@inline const SIGN: i64 = 0x8000000000000000;
@inline const EXPONENT: i64 = 0x7ff0000000000000;

@inline
export function modeOf(format: usize): i32 {
  return load<i32>(format, WIDE_MODE);
}

/**
 * R(x). With e the exponent of x (at least emin) and g = 2^(e−p+1), adding and subtracting 1.5·2^52·g rounds to the
 * nearest multiple of g, ties to even; the other modes correct that by g where it went the wrong way.
 */
@inline
export function round64(x: v128, format: usize, mode: i32): v128 {
  const e = f64x2.pmax(v128.and(x, i64x2.splat(EXPONENT)), v128.load(format, WIDE_LEAST));
  const m = i64x2.add(e, v128.load(format, WIDE_MAGIC));
  let r = f64x2.sub(f64x2.add(x, m), m);
  const sign = v128.and(x, i64x2.splat(SIGN));
  if (mode != NEAREST_EVEN) r = directed(x, r, e, m, format, mode);
  r = v128.or(r, sign);
  const size = f64x2.abs(r);
  const over = f64x2.gt(size, v128.load(format, WIDE_LARGEST));
  if (mode == NEAREST_EVEN) {
    r = v128.bitselect(v128.or(v128.load(format, WIDE_INF), sign), r, over);
  } else {
    const negative = i64x2.shr_s(x, 63);
    const finite = v128.bitselect(v128.load(format, WIDE_OVER_NEGATIVE), v128.load(format, WIDE_OVER), negative);
    const infinite = f64x2.eq(f64x2.abs(x), f64x2.splat(Infinity));
    r = v128.bitselect(
      v128.bitselect(v128.or(v128.load(format, WIDE_INF), sign), finite, infinite), r, over,
    );
  }
  r = v128.bitselect(sign, r, f64x2.lt(size, v128.load(format, WIDE_TINY)));
  return v128.and(r, v128.or(f64x2.eq(r, r), v128.load(format, WIDE_NAN)));
}

function directed(x: v128, r: v128, e: v128, m: v128, format: usize, mode: i32): v128 {
  const g = i64x2.sub(e, v128.load(format, WIDE_ULP));
  const sign = v128.and(x, i64x2.splat(SIGN));
  if (mode == TOWARD_ZERO) {
    const away = f64x2.gt(f64x2.abs(r), f64x2.abs(x));
    return f64x2.sub(r, v128.and(v128.or(g, sign), away));
  }
  if (mode == DOWN) return f64x2.sub(r, v128.and(g, f64x2.gt(r, x)));
  if (mode == UP) return f64x2.add(r, v128.and(g, f64x2.lt(r, x)));
  const d = f64x2.sub(x, r);
  if (mode == NEAREST_AWAY) {
    const tie = f64x2.eq(f64x2.abs(d), f64x2.mul(g, f64x2.splat(0.5)));
    const inward = f64x2.lt(f64x2.abs(r), f64x2.abs(x));
    return f64x2.add(r, v128.and(v128.or(g, sign), v128.and(tie, inward)));
  }
  // ODD: an even multiple of g that is not x gives way to the odd one on the other side of x.
  const twice = i64x2.add(m, i64x2.splat(0x0010000000000000));
  const even = f64x2.eq(f64x2.sub(f64x2.add(r, twice), twice), r);
  const inexact = v128.or(f64x2.lt(d, f64x2.splat(0)), f64x2.gt(d, f64x2.splat(0)));
  const step = v128.or(g, v128.and(d, i64x2.splat(SIGN)));
  return f64x2.add(r, v128.and(step, v128.and(even, inexact)));
}

/**
 * s + t rounded to odd: TwoSum's residual, where there is one, makes the last bit 1. Rounding that to at most 51 bits
 * in any mode gives the rounding of the exact sum (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums",
 * 2008). An exact zero has the sign of the mode: −0 in `down` unless both are +0.
 */
@inline
export function sum64(s: v128, t: v128, mode: i32): v128 {
  const x = f64x2.add(s, t);
  const part = f64x2.sub(x, s);
  const rest = f64x2.add(f64x2.sub(s, f64x2.sub(x, part)), f64x2.sub(t, part));
  const zero = f64x2.splat(0);
  const inexact = v128.or(f64x2.lt(rest, zero), f64x2.gt(rest, zero));
  // Where the residual points back to zero, x lies beyond the sum: step back, then make it odd.
  const beyond = v128.and(i64x2.shr_s(v128.xor(rest, x), 63), inexact);
  let odd = v128.or(i64x2.add(x, beyond), v128.and(inexact, i64x2.splat(1)));
  if (mode == DOWN) {
    const none = f64x2.eq(x, zero);
    odd = v128.or(odd, v128.and(v128.and(v128.or(s, t), i64x2.splat(SIGN)), none));
  }
  return odd;
}
