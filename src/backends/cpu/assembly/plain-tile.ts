/**
 * `extend` (tile.ts) for sums whose operations are the lanes' own, a multiplication and an addition a term: eight terms in a
 * turn of the loop, since what the loop itself costs counts (measured: 45 G/s of float32 with two terms, 48 with eight; the
 * best order of these instructions in assembly, by hand, 53).
 *
 * The ways out between terms, which sums take whose number of terms is no multiple of eight, also keep V8 from putting all
 * loads of a turn before all that is done with them; it would find no registers for so many, and be slower by a third.
 */
import { canonical, canonical64 } from './lanes';
import { startOf } from './tile';

/**
 * The sums of n terms of two rows and a panel, NaN canonical, at u and v.
 * @param wide 1 for float64 lanes, 0 for float32; @param startAtZero 1 where sums start at +0
 */
@inline
export function plainSums(wide: i32, x: usize, y: usize, q: usize, n: i32, startAtZero: i32, u: usize, v: usize): void {
  const start = startOf(wide, startAtZero), end = q + (<usize>n << 6), size: usize = wide ? 8 : 4;
  let s0 = start, s1 = start, s2 = start, s3 = start, s4 = start, s5 = start, s6 = start, s7 = start;
  do {
    let a = splat(wide, x, 0), b = splat(wide, y, 0), p = v128.load(q);
    s0 = plus(wide, s0, a, p); s4 = plus(wide, s4, b, p);
    p = v128.load(q, 16); s1 = plus(wide, s1, a, p); s5 = plus(wide, s5, b, p);
    p = v128.load(q, 32); s2 = plus(wide, s2, a, p); s6 = plus(wide, s6, b, p);
    p = v128.load(q, 48); s3 = plus(wide, s3, a, p); s7 = plus(wide, s7, b, p);
    if (q == end - 64) break;
    a = splat(wide, x, 1); b = splat(wide, y, 1);
    p = v128.load(q, 64); s0 = plus(wide, s0, a, p); s4 = plus(wide, s4, b, p);
    p = v128.load(q, 80); s1 = plus(wide, s1, a, p); s5 = plus(wide, s5, b, p);
    p = v128.load(q, 96); s2 = plus(wide, s2, a, p); s6 = plus(wide, s6, b, p);
    p = v128.load(q, 112); s3 = plus(wide, s3, a, p); s7 = plus(wide, s7, b, p);
    if (q == end - 128) break;
    a = splat(wide, x, 2); b = splat(wide, y, 2);
    p = v128.load(q, 128); s0 = plus(wide, s0, a, p); s4 = plus(wide, s4, b, p);
    p = v128.load(q, 144); s1 = plus(wide, s1, a, p); s5 = plus(wide, s5, b, p);
    p = v128.load(q, 160); s2 = plus(wide, s2, a, p); s6 = plus(wide, s6, b, p);
    p = v128.load(q, 176); s3 = plus(wide, s3, a, p); s7 = plus(wide, s7, b, p);
    if (q == end - 192) break;
    a = splat(wide, x, 3); b = splat(wide, y, 3);
    p = v128.load(q, 192); s0 = plus(wide, s0, a, p); s4 = plus(wide, s4, b, p);
    p = v128.load(q, 208); s1 = plus(wide, s1, a, p); s5 = plus(wide, s5, b, p);
    p = v128.load(q, 224); s2 = plus(wide, s2, a, p); s6 = plus(wide, s6, b, p);
    p = v128.load(q, 240); s3 = plus(wide, s3, a, p); s7 = plus(wide, s7, b, p);
    if (q == end - 256) break;
    a = splat(wide, x, 4); b = splat(wide, y, 4);
    p = v128.load(q, 256); s0 = plus(wide, s0, a, p); s4 = plus(wide, s4, b, p);
    p = v128.load(q, 272); s1 = plus(wide, s1, a, p); s5 = plus(wide, s5, b, p);
    p = v128.load(q, 288); s2 = plus(wide, s2, a, p); s6 = plus(wide, s6, b, p);
    p = v128.load(q, 304); s3 = plus(wide, s3, a, p); s7 = plus(wide, s7, b, p);
    if (q == end - 320) break;
    a = splat(wide, x, 5); b = splat(wide, y, 5);
    p = v128.load(q, 320); s0 = plus(wide, s0, a, p); s4 = plus(wide, s4, b, p);
    p = v128.load(q, 336); s1 = plus(wide, s1, a, p); s5 = plus(wide, s5, b, p);
    p = v128.load(q, 352); s2 = plus(wide, s2, a, p); s6 = plus(wide, s6, b, p);
    p = v128.load(q, 368); s3 = plus(wide, s3, a, p); s7 = plus(wide, s7, b, p);
    if (q == end - 384) break;
    a = splat(wide, x, 6); b = splat(wide, y, 6);
    p = v128.load(q, 384); s0 = plus(wide, s0, a, p); s4 = plus(wide, s4, b, p);
    p = v128.load(q, 400); s1 = plus(wide, s1, a, p); s5 = plus(wide, s5, b, p);
    p = v128.load(q, 416); s2 = plus(wide, s2, a, p); s6 = plus(wide, s6, b, p);
    p = v128.load(q, 432); s3 = plus(wide, s3, a, p); s7 = plus(wide, s7, b, p);
    if (q == end - 448) break;
    a = splat(wide, x, 7); b = splat(wide, y, 7);
    p = v128.load(q, 448); s0 = plus(wide, s0, a, p); s4 = plus(wide, s4, b, p);
    p = v128.load(q, 464); s1 = plus(wide, s1, a, p); s5 = plus(wide, s5, b, p);
    p = v128.load(q, 480); s2 = plus(wide, s2, a, p); s6 = plus(wide, s6, b, p);
    p = v128.load(q, 496); s3 = plus(wide, s3, a, p); s7 = plus(wide, s7, b, p);
    x += 8 * size;
    y += 8 * size;
    q += 512;
  } while (q != end);
  // The last column first: V8 multiplies and adds in the opposite order, which is the order of the loads.
  v128.store(v, result(wide, s7), 48);
  v128.store(u, result(wide, s3), 48);
  v128.store(v, result(wide, s6), 32);
  v128.store(u, result(wide, s2), 32);
  v128.store(v, result(wide, s5), 16);
  v128.store(u, result(wide, s1), 16);
  v128.store(v, result(wide, s4));
  v128.store(u, result(wide, s0));
}

/** The number `term` places after that at `at`; an offset in an instruction is a constant. */
@inline
function splat(wide: i32, at: usize, term: i32): v128 {
  if (term == 0) return wide ? v128.load64_splat(at, 0) : v128.load32_splat(at, 0);
  if (term == 1) return wide ? v128.load64_splat(at, 8) : v128.load32_splat(at, 4);
  if (term == 2) return wide ? v128.load64_splat(at, 16) : v128.load32_splat(at, 8);
  if (term == 3) return wide ? v128.load64_splat(at, 24) : v128.load32_splat(at, 12);
  if (term == 4) return wide ? v128.load64_splat(at, 32) : v128.load32_splat(at, 16);
  if (term == 5) return wide ? v128.load64_splat(at, 40) : v128.load32_splat(at, 20);
  if (term == 6) return wide ? v128.load64_splat(at, 48) : v128.load32_splat(at, 24);
  return wide ? v128.load64_splat(at, 56) : v128.load32_splat(at, 28);
}

/** s + a·b. */
@inline
function plus(wide: i32, s: v128, a: v128, b: v128): v128 {
  return wide ? f64x2.add(s, f64x2.mul(a, b)) : f32x4.add(s, f32x4.mul(a, b));
}

@inline
function result(wide: i32, x: v128): v128 {
  return wide ? canonical64(x) : canonical(x);
}
