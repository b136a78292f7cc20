/** e^x, two at a time. */
import { EXP_TABLE } from './layout';
import { setLowPair, UPPER } from './parts';

@inline const STEPS_PER_UNIT: f64 = 738.6598609351493; // 512/ln 2 = 0x40871547 652b82fe
/** ln 2/512: 33 bits, whose products with |n| < 2^20 are exact, and the rest. */
@inline const STEP_1: f64 = 0.0013538030868858186; // 0x3f562e42 fef00000
@inline const STEP_2: f64 = 1.4532455292992963e-13; // 0x3d4473de 6af278ed
/** Adding 1.5·2^52 rounds to an integer, which is then in the low bits. */
@inline const TO_INTEGER: f64 = 6755399441055744;

/**
 * e^x for |x| ≤ 600.
 * Method: x = (512k + j)·ln 2/512 + r, |r| < 2^−10.5; T = 2^(j/512) in two parts; e^x = 2^k·T·(1 + r + r²(1/2 + r/6 + …)).
 * Error, relative, T < 2: r lacks 2^−77 (n·STEP_2 < 2^−24 is rounded); the series ends before r^6/720 < 2^−72; its
 * float64 value is below 2^−22 and wrong by 3u of it, 2^−73, and by r·rl < 2^−74; T·r is exact but for 2^−89; the sums
 * add at most 4 roundings below 2^−22·u. Together below 2^−70.
 */
@inline
export function expPair(x: v128): v128 {
  const toInteger = f64x2.splat(TO_INTEGER);
  const steps = f64x2.add(f64x2.mul(x, f64x2.splat(STEPS_PER_UNIT)), toInteger);
  const n = f64x2.sub(steps, toInteger);
  // Exact: n·STEP_1 is, and the difference is a multiple of 2^−63 below 2^−10.
  const t = f64x2.sub(x, f64x2.mul(n, f64x2.splat(STEP_1)));
  const c = f64x2.mul(n, f64x2.splat(STEP_2));
  const r = f64x2.sub(t, c);
  const rl = f64x2.sub(f64x2.sub(t, r), c);
  const first = v128.load(EXP_TABLE + ((<usize>i64x2.extract_lane(steps, 0) & 511) << 4));
  const second = v128.load(EXP_TABLE + ((<usize>i64x2.extract_lane(steps, 1) & 511) << 4));
  const th = v128.shuffle<i64>(first, second, 0, 2), tl = v128.shuffle<i64>(first, second, 1, 3);
  const rh = v128.and(r, i64x2.splat(UPPER));
  const a = f64x2.mul(th, rh);
  const s = f64x2.add(th, a);
  let p = f64x2.add(f64x2.splat(1.0 / 24), f64x2.mul(r, f64x2.splat(1.0 / 120)));
  p = f64x2.add(f64x2.splat(1.0 / 6), f64x2.mul(r, p));
  p = f64x2.add(f64x2.splat(0.5), f64x2.mul(r, p));
  p = f64x2.add(f64x2.mul(f64x2.mul(r, r), p), rl);
  let rest = f64x2.add(tl, f64x2.sub(a, f64x2.sub(s, th)));
  rest = f64x2.add(f64x2.add(f64x2.mul(tl, r), f64x2.mul(th, f64x2.sub(r, rh))), rest);
  rest = f64x2.add(f64x2.mul(f64x2.add(th, tl), p), rest);
  const hi = f64x2.add(s, rest);
  const scale = i64x2.shl(i64x2.add(i64x2.shr_s(steps, 9), i64x2.splat(1023)), 52);
  setLowPair(f64x2.mul(f64x2.sub(rest, f64x2.sub(hi, s)), scale));
  return f64x2.mul(hi, scale);
}
