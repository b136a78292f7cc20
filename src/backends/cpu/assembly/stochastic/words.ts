/**
 * The first words of Philox4x32-10 (../philox.ts) for eight elements at once, at the counter (element, step, hash, 0).
 * What does not depend on the step is done once for all steps (`prepare`): the first round but for one of its words, half
 * of the second and of the third; and what no first word depends on, in the last two rounds, is left out.
 */
import { Source } from './layout';

@inline const M0: u64 = 0xd2511f53;
@inline const M1: u64 = 0xcd9e8d57;

@inline
function evens(x: v128, m: v128): v128 {
  return i64x2.extmul_low_i32x4_u(x, m);
}
@inline
function odds(x: v128, m: v128): v128 {
  return i64x2.extmul_high_i32x4_u(x, m);
}
/** Upper and lower halves of products of 32-bit integers. */
@inline
function upper(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 1, 3, 5, 7);
}
@inline
function lower(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 0, 2, 4, 6);
}

/** Keys of round j. */
@inline
function first(keys: usize, j: usize): v128 {
  return v128.load(keys + 32 * j);
}
@inline
function second(keys: usize, j: usize): v128 {
  return v128.load(keys + 32 * j, 16);
}

/** Leaves what `words` needs to know of the eight elements at `elements`. */
export function prepare(source: Source, elements: usize, prepared: usize): void {
  const keys = source.keys, m0 = i32x4.splat(i32(M0)), m1 = i32x4.splat(i32(M1));
  const c1 = i32x4.splat(i32(M1 * u64(source.hash)));
  for (let half: usize = 0; half < 2; half++) {
    const x = v128.load(elements + 16 * half), at = prepared + 64 * half;
    // Round 0: c2 and c3; round 1: c0 and c1; round 2: c0 and c2 but for one term, and c3.
    const a = evens(x, m0), b = odds(x, m0);
    const c2 = v128.xor(upper(a, b), second(keys, 0));
    const c = evens(c2, m1), d = odds(c2, m1);
    const c0 = v128.xor(v128.xor(upper(c, d), c1), first(keys, 1));
    const e = evens(c0, m0), f = odds(c0, m0);
    v128.store(at, lower(a, b));
    v128.store(at, v128.xor(lower(c, d), first(keys, 2)), 16);
    v128.store(at, v128.xor(upper(e, f), second(keys, 2)), 32);
    v128.store(at, lower(e, f), 48);
  }
}

/** The words of the elements at a step, eight u32. */
export function words(source: Source, step: i32, prepared: usize, out: usize): void {
  const keys = source.keys, m0 = i32x4.splat(i32(M0)), m1 = i32x4.splat(i32(M1));
  // What is the same for all elements: c0 of round 0, and its product in round 1.
  const c0 = u32((M1 * u64(source.hash)) >> 32) ^ u32(step) ^ load<u32>(keys);
  const product = M0 * u64(c0);
  const high = v128.xor(i32x4.splat(i32(product >> 32)), second(keys, 1)), low = i32x4.splat(i32(product));

  // Round 2, then 3 to 7, of both halves.
  let x2 = v128.xor(v128.load(prepared), high), y2 = v128.xor(v128.load(prepared, 64), high);
  let a = evens(x2, m1), b = odds(x2, m1), c = evens(y2, m1), d = odds(y2, m1);
  let x0 = v128.xor(upper(a, b), v128.load(prepared, 16)), y0 = v128.xor(upper(c, d), v128.load(prepared, 80));
  let x1 = lower(a, b), y1 = lower(c, d);
  x2 = v128.xor(v128.load(prepared, 32), low);
  y2 = v128.xor(v128.load(prepared, 96), low);
  let x3 = v128.load(prepared, 48), y3 = v128.load(prepared, 112);
  for (let j: usize = 3; j < 8; j++) {
    const k0 = first(keys, j), k1 = second(keys, j);
    a = evens(x0, m0); b = odds(x0, m0); c = evens(y0, m0); d = odds(y0, m0);
    const e = evens(x2, m1), f = odds(x2, m1), g = evens(y2, m1), h = odds(y2, m1);
    x0 = v128.xor(v128.xor(upper(e, f), x1), k0);
    y0 = v128.xor(v128.xor(upper(g, h), y1), k0);
    x1 = lower(e, f);
    y1 = lower(g, h);
    x2 = v128.xor(v128.xor(upper(a, b), x3), k1);
    y2 = v128.xor(v128.xor(upper(c, d), y3), k1);
    x3 = lower(a, b);
    y3 = lower(c, d);
  }
  // Round 8: c1 and c2; round 9: c0.
  const k = second(keys, 8);
  x1 = i32x4.mul(x2, m1);
  y1 = i32x4.mul(y2, m1);
  x2 = v128.xor(v128.xor(upper(evens(x0, m0), odds(x0, m0)), x3), k);
  y2 = v128.xor(v128.xor(upper(evens(y0, m0), odds(y0, m0)), y3), k);
  const last = first(keys, 9);
  v128.store(out, v128.xor(v128.xor(upper(evens(x2, m1), odds(x2, m1)), x1), last));
  v128.store(out, v128.xor(v128.xor(upper(evens(y2, m1), odds(y2, m1)), y1), last), 16);
}
