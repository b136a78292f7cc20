/**
 * Two rows of A times one panel of B in float32 (16 columns) or float64 (8) lanes: a lane is one element of the
 * product, so its terms can be added in any order. A tile's sums are eight vectors, in registers while terms are added;
 * between the runs of terms of a chain they are 128 bytes in memory. Two rows and four vectors suit V8: a multiplication
 * and an addition for each of six loads and five instructions of the loop. With four rows and two vectors the two more
 * pointers cost fp32 a tenth of its speed (measured).
 */
import {
  LANE_BELOW, LANE_EXPONENT, LANE_KEEP, LANE_LEAST, LANE_MAGIC, LANE_ONE, LANE_OVER, LANE_SHIFT, LANE_SIGN, LANE_SPECIAL,
  LANE_SPLITTER,
} from './layout';
import { canonical, canonical64, NATIVE, roundLane } from './lanes';

export const TILE: usize = 128;

/** Every chain starts at −0, because −0 + t is t, signs of zeros included; with fma at +0. */
@inline
export function startOf(native: i32, startAtZero: i32): v128 {
  return startAtZero ? i32x4.splat(0) : native ? i64x2.splat(0x8000000000000000) : i32x4.splat(0x80000000);
}

/**
 * Adds n terms to the sums of a tile: s = R(s + R(a·b)), `hop` bytes from term to term in A, `panelHop` in B.
 * @param kp, ka kinds of rounding of products and of sums; @param shiftP, shiftA their shifts, 0 to read them
 * @param same 1 where both roundings are the same
 * @param whole 1 where these are all the terms: then the sums start here and end, NaN canonical, at `s` and `t`, a row each;
 * 0 where the tile is at s
 */
@inline
export function extend(
  kp: i32, ka: i32, careful: i32, shiftP: i32, shiftA: i32, same: i32, whole: i32, startAtZero: i32,
  product: usize, accumulate: usize, p0: usize, p1: usize, q: usize, n: i32, hop: i32, panelHop: i32, s: usize, t: usize,
): void {
  const below = v128.load(accumulate, LANE_BELOW), one = v128.load(accumulate, LANE_ONE);
  const keep = v128.load(accumulate, LANE_KEEP), exponent = v128.load(accumulate, LANE_EXPONENT);
  const sign = v128.load(accumulate, LANE_SIGN);
  const leastA = v128.load(accumulate, LANE_LEAST), magicA = v128.load(accumulate, LANE_MAGIC);
  const overA = v128.load(accumulate, LANE_OVER), specialA = v128.load(accumulate, LANE_SPECIAL);
  const belowP = same ? below : v128.load(product, LANE_BELOW), keepP = same ? keep : v128.load(product, LANE_KEEP);
  const least = same ? leastA : v128.load(product, LANE_LEAST), magic = same ? magicA : v128.load(product, LANE_MAGIC);
  const over = same ? overA : v128.load(product, LANE_OVER);
  const special = same ? specialA : v128.load(product, LANE_SPECIAL);
  const splitterA = v128.load(accumulate, LANE_SPLITTER), splitter = same ? splitterA : v128.load(product, LANE_SPLITTER);
  const sp = shiftP ? shiftP : load<i32>(product, LANE_SHIFT);
  const sa = shiftA ? shiftA : load<i32>(accumulate, LANE_SHIFT);
  const start = startOf(kp == NATIVE, startAtZero);
  let s0 = whole ? start : v128.load(s), s1 = whole ? start : v128.load(s, 16);
  let s2 = whole ? start : v128.load(s, 32), s3 = whole ? start : v128.load(s, 48);
  let s4 = whole ? start : v128.load(s, 64), s5 = whole ? start : v128.load(s, 80);
  let s6 = whole ? start : v128.load(s, 96), s7 = whole ? start : v128.load(s, 112);
  do {
    const x = splat(kp, p0), y = splat(kp, p1);
    const b0 = v128.load(q);
    s0 = plus(ka, careful, s0, times(kp, careful, x, b0, sp, belowP, one, keepP, exponent, least, magic, sign, splitter, over, special), sa, below, one, keep, exponent, leastA, magicA, sign, splitterA, overA, specialA);
    s4 = plus(ka, careful, s4, times(kp, careful, y, b0, sp, belowP, one, keepP, exponent, least, magic, sign, splitter, over, special), sa, below, one, keep, exponent, leastA, magicA, sign, splitterA, overA, specialA);
    const b1 = v128.load(q, 16);
    s1 = plus(ka, careful, s1, times(kp, careful, x, b1, sp, belowP, one, keepP, exponent, least, magic, sign, splitter, over, special), sa, below, one, keep, exponent, leastA, magicA, sign, splitterA, overA, specialA);
    s5 = plus(ka, careful, s5, times(kp, careful, y, b1, sp, belowP, one, keepP, exponent, least, magic, sign, splitter, over, special), sa, below, one, keep, exponent, leastA, magicA, sign, splitterA, overA, specialA);
    // Never taken, but it ends a block: V8 works on everything of a block at once and spills five of the eight sums (seen in
    // its code; best times of fp16 and e4m3 are a few percent shorter so, those of bf16 about the same).
    if (whole && n == 0) break;
    const b2 = v128.load(q, 32);
    s2 = plus(ka, careful, s2, times(kp, careful, x, b2, sp, belowP, one, keepP, exponent, least, magic, sign, splitter, over, special), sa, below, one, keep, exponent, leastA, magicA, sign, splitterA, overA, specialA);
    s6 = plus(ka, careful, s6, times(kp, careful, y, b2, sp, belowP, one, keepP, exponent, least, magic, sign, splitter, over, special), sa, below, one, keep, exponent, leastA, magicA, sign, splitterA, overA, specialA);
    const b3 = v128.load(q, 48);
    s3 = plus(ka, careful, s3, times(kp, careful, x, b3, sp, belowP, one, keepP, exponent, least, magic, sign, splitter, over, special), sa, below, one, keep, exponent, leastA, magicA, sign, splitterA, overA, specialA);
    s7 = plus(ka, careful, s7, times(kp, careful, y, b3, sp, belowP, one, keepP, exponent, least, magic, sign, splitter, over, special), sa, below, one, keep, exponent, leastA, magicA, sign, splitterA, overA, specialA);
    p0 += hop;
    p1 += hop;
    q += panelHop;
  } while (--n > 0);
  put(kp, whole, s, s0, s1, s2, s3);
  put(kp, whole, whole ? t : s + 64, s4, s5, s6, s7);
}

/** A row of a tile; `last`: as results. */
@inline
function put(kind: i32, last: i32, at: usize, a: v128, b: v128, c: v128, d: v128): void {
  v128.store(at, last ? result(kind, a) : a);
  v128.store(at, last ? result(kind, b) : b, 16);
  v128.store(at, last ? result(kind, c) : c, 32);
  v128.store(at, last ? result(kind, d) : d, 48);
}

@inline
function result(kind: i32, x: v128): v128 {
  return kind == NATIVE ? canonical64(x) : canonical(x);
}

/** One row's part of `extend` (four vectors at s), slower. */
@inline
export function extendRow(
  kp: i32, ka: i32, product: usize, accumulate: usize, p: usize, q: usize, n: i32, hop: i32, panelHop: i32, s: usize,
): void {
  const below = v128.load(accumulate, LANE_BELOW), one = v128.load(accumulate, LANE_ONE);
  const keep = v128.load(accumulate, LANE_KEEP), exponent = v128.load(accumulate, LANE_EXPONENT);
  const sign = v128.load(accumulate, LANE_SIGN);
  const leastA = v128.load(accumulate, LANE_LEAST), magicA = v128.load(accumulate, LANE_MAGIC);
  const overA = v128.load(accumulate, LANE_OVER), specialA = v128.load(accumulate, LANE_SPECIAL);
  const belowP = v128.load(product, LANE_BELOW), keepP = v128.load(product, LANE_KEEP);
  const least = v128.load(product, LANE_LEAST), magic = v128.load(product, LANE_MAGIC);
  const over = v128.load(product, LANE_OVER), special = v128.load(product, LANE_SPECIAL);
  const splitter = v128.load(product, LANE_SPLITTER), splitterA = v128.load(accumulate, LANE_SPLITTER);
  const sp = load<i32>(product, LANE_SHIFT), sa = load<i32>(accumulate, LANE_SHIFT);
  for (; n > 0; n--) {
    const x = splat(kp, p);
    for (let j: usize = 0; j < 64; j += 16) {
      const t = times(kp, 1, x, v128.load(q + j), sp, belowP, one, keepP, exponent, least, magic, sign, splitter, over, special);
      v128.store(s + j, plus(ka, 1, v128.load(s + j), t, sa, below, one, keep, exponent, leastA, magicA, sign, splitterA, overA, specialA));
    }
    p += hop;
    q += panelHop;
  }
}

/** The sums of the tile at `left` become R(left + those of the next). */
@inline
export function merge(ka: i32, careful: i32, accumulate: usize, left: usize): void {
  const below = v128.load(accumulate, LANE_BELOW), one = v128.load(accumulate, LANE_ONE);
  const keep = v128.load(accumulate, LANE_KEEP), exponent = v128.load(accumulate, LANE_EXPONENT);
  const sign = v128.load(accumulate, LANE_SIGN);
  const least = v128.load(accumulate, LANE_LEAST), magic = v128.load(accumulate, LANE_MAGIC);
  const over = v128.load(accumulate, LANE_OVER), special = v128.load(accumulate, LANE_SPECIAL);
  const splitter = v128.load(accumulate, LANE_SPLITTER);
  const shift = load<i32>(accumulate, LANE_SHIFT);
  for (const end = left + TILE; left < end; left += 16) {
    const s = plus(ka, careful, v128.load(left), v128.load(left, TILE), shift, below, one, keep, exponent, least, magic, sign, splitter, over, special);
    v128.store(left, s);
  }
}

@inline
export function splat(kind: i32, p: usize): v128 {
  return kind == NATIVE ? v128.load64_splat(p) : v128.load32_splat(p);
}

/** R_product(x·b). */
@inline
export function times(
  kp: i32, careful: i32, x: v128, b: v128, shift: i32, below: v128, one: v128, keep: v128,
  exponent: v128, least: v128, magic: v128, sign: v128, splitter: v128, over: v128, special: v128,
): v128 {
  if (kp == NATIVE) return f64x2.mul(x, b);
  return roundLane(kp, careful, f32x4.mul(x, b), shift, below, one, keep, exponent, least, magic, sign, splitter, over, special);
}

/** R_accumulate(s + t). */
@inline
export function plus(
  ka: i32, careful: i32, s: v128, t: v128, shift: i32, below: v128, one: v128, keep: v128,
  exponent: v128, least: v128, magic: v128, sign: v128, splitter: v128, over: v128, special: v128,
): v128 {
  if (ka == NATIVE) return f64x2.add(s, t);
  return roundLane(ka, careful, f32x4.add(s, t), shift, below, one, keep, exponent, least, magic, sign, splitter, over, special);
}
