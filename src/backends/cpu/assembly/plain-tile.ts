/**
 * `extend` (tile.ts) for sums whose operations are the lanes' own, a multiplication and an addition a term: two terms in a
 * turn of the loop, since what the loop itself costs counts (measured: 2 to 9 % of a kernel).
 */
import { canonical, canonical64 } from './lanes';
import { startOf } from './tile';

/**
 * The sums of n terms of two rows and a panel, NaN canonical, at u and v.
 * @param wide 1 for float64 lanes, 0 for float32; @param startAtZero 1 where sums start at +0
 */
@inline
export function plainSums(wide: i32, x: usize, y: usize, q: usize, n: i32, startAtZero: i32, u: usize, v: usize): void {
  const start = startOf(wide, startAtZero), size: usize = wide ? 8 : 4;
  let s0 = start, s1 = start, s2 = start, s3 = start, s4 = start, s5 = start, s6 = start, s7 = start;
  // An odd number of terms ends in the middle of a turn. Without that way out V8 puts all loads of a turn before all that is
  // done with them, finds no registers for so many, and the kernel is slower by a fifth (measured).
  const end = q + (<usize>n << 6), middle = n & 1 ? end - 64 : 0;
  do {
    const a = splat(wide, x), b = splat(wide, y);
    const p0 = v128.load(q);
    s0 = plus(wide, s0, a, p0);
    s4 = plus(wide, s4, b, p0);
    const p1 = v128.load(q, 16);
    s1 = plus(wide, s1, a, p1);
    s5 = plus(wide, s5, b, p1);
    const p2 = v128.load(q, 32);
    s2 = plus(wide, s2, a, p2);
    s6 = plus(wide, s6, b, p2);
    const p3 = v128.load(q, 48);
    s3 = plus(wide, s3, a, p3);
    s7 = plus(wide, s7, b, p3);
    if (q == middle) break;
    const c = next(wide, x), d = next(wide, y);
    const r0 = v128.load(q, 64);
    s0 = plus(wide, s0, c, r0);
    s4 = plus(wide, s4, d, r0);
    const r1 = v128.load(q, 80);
    s1 = plus(wide, s1, c, r1);
    s5 = plus(wide, s5, d, r1);
    const r2 = v128.load(q, 96);
    s2 = plus(wide, s2, c, r2);
    s6 = plus(wide, s6, d, r2);
    const r3 = v128.load(q, 112);
    s3 = plus(wide, s3, c, r3);
    s7 = plus(wide, s7, d, r3);
    x += 2 * size;
    y += 2 * size;
    q += 128;
  } while (q != end);
  put(wide, u, s0, s1, s2, s3);
  put(wide, v, s4, s5, s6, s7);
}

@inline
function splat(wide: i32, at: usize): v128 {
  return wide ? v128.load64_splat(at) : v128.load32_splat(at);
}

/** The number after that at `at`. */
@inline
function next(wide: i32, at: usize): v128 {
  return wide ? v128.load64_splat(at, 8) : v128.load32_splat(at, 4);
}

/** s + a·b. */
@inline
function plus(wide: i32, s: v128, a: v128, b: v128): v128 {
  return wide ? f64x2.add(s, f64x2.mul(a, b)) : f32x4.add(s, f32x4.mul(a, b));
}

@inline
function put(wide: i32, at: usize, a: v128, b: v128, c: v128, d: v128): void {
  v128.store(at, result(wide, a));
  v128.store(at, result(wide, b), 16);
  v128.store(at, result(wide, c), 32);
  v128.store(at, result(wide, d), 48);
}

@inline
function result(wide: i32, x: v128): v128 {
  return wide ? canonical64(x) : canonical(x);
}
