/** ln x. */
import { LOG_TABLE } from './layout';
import { normalized, upper } from './parts';

/** 0.70703125: a bound of an interval of 1/512 of a binade, as 1 is. */
@inline const FIRST: u64 = 0x3fe6a00000000000;
/** ln 2 to a multiple of 2^−42, whose products with |k| < 2^11 are exact, and the rest. */
@inline const LN2_1: f64 = 0.6931471805598903; // 0x3fe62e42 fefa3800
@inline const LN2_2: f64 = 5.497923018708371e-14; // 0x3d2ef357 93c76730

/**
 * ln x of a normal x > 0; hi = 0 for x = 1.
 * Method: x = 2^k·m, 0.707 < m < 1.4141, c ≈ 1/m of 14 bits from a table of 512 (c = 1 on both sides of 1), z = c·m − 1,
 * |z| < 2^−9; ln x = k·ln 2 − ln c + z − z²/2 + z³(1/3 − z/4 + …).
 * Error: z is exact as z + zl; z²/2 is exact but for 2^−97. The series ends before z^9/9 and its float64 value,
 * below z³/2.9, is wrong by 4u of it: relative to z 2^−70 (and 2^−75). Where k = 0 and c = 1 all else is 0; elsewhere
 * |ln x| > 2^−10.1, |−ln c| ≥ 2^−9.5, and roundings of k·LN2_2, of the last sum and of the tables are below 2^−83 each.
 */
export function log(x: f64): f64 {
  const bits = reinterpret<u64>(x);
  const offset = bits - FIRST;
  const k = <f64>(<i64>offset >> 52);
  const m = reinterpret<f64>(bits - (offset & 0xfff0000000000000));
  const entry = LOG_TABLE + <usize>((offset >> 43) & 511) * 24;
  const c = load<f64>(entry);
  // Products of 26 and 14, and of 27 and 14 bits.
  const mh = upper(m);
  const z0 = mh * c - 1;
  const z1 = (m - mh) * c;
  const z = z0 + z1;
  const b = z - z0;
  const zl = z0 - (z - b) + (z1 - b);
  const zh = upper(z);
  const y = 0.5 * zh * zh;
  const z2 = z * z;
  const series =
    z * z2 * (1.0 / 3 - z * 0.25 + z2 * (0.2 - z * (1.0 / 6) + z2 * (1.0 / 7 - z * 0.125)));
  // A multiple of 2^−42 below 2^10: exact. It is 0, or larger than z and y.
  const a = k * LN2_1 + load<f64>(entry, 8);
  const s1 = a + z;
  const e1 = z - (s1 - a);
  const s2 = s1 - y;
  const e2 = s1 - s2 - y;
  const small = k * LN2_2 + load<f64>(entry, 16) + (zl - zl * z - 0.5 * (z - zh) * (z + zh));
  return normalized(s2, series + (e1 + e2 + small));
}
