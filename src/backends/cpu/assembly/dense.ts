/**
 * Four rows of A times one panel of B where every operation is the lanes' own (float32 or float64), terms ascending, none
 * hidden: what `chains` computes, without its bookkeeping. Half a panel at a time, so that the sums, two vectors of B and
 * a factor are V8's fifteen registers; larger tiles and unrolled ones spill (measured).
 */
import { Job } from './layout';
import { canonical, canonical64 } from './lanes';

export function denseRows(job: Job, a: usize, panel: usize, out: usize): void {
  for (let half: usize = 0; half < 64; half += 32) dense(0, job, a, panel + half, out + half);
}

/** The same in float64. */
export function denseRows64(job: Job, a: usize, panel: usize, out: usize): void {
  for (let half: usize = 0; half < 64; half += 32) dense(1, job, a, panel + half, out + half);
}

@inline
function dense(wide: i32, job: Job, a: usize, q: usize, out: usize): void {
  const start = job.startAtZero ? i32x4.splat(0) : wide ? i64x2.splat(0x8000000000000000) : i32x4.splat(0x80000000);
  let s0 = start, s1 = start, s2 = start, s3 = start, s4 = start, s5 = start, s6 = start, s7 = start;
  let p0 = a, p1 = p0 + job.stride, p2 = p1 + job.stride, p3 = p2 + job.stride;
  let n = job.terms;
  const size: usize = wide ? 8 : 4;
  do {
    const b = v128.load(q), c = v128.load(q, 16);
    const x = splat(wide, p0);
    s0 = plus(wide, s0, times(wide, x, b));
    s1 = plus(wide, s1, times(wide, x, c));
    const y = splat(wide, p1);
    s2 = plus(wide, s2, times(wide, y, b));
    s3 = plus(wide, s3, times(wide, y, c));
    const z = splat(wide, p2);
    s4 = plus(wide, s4, times(wide, z, b));
    s5 = plus(wide, s5, times(wide, z, c));
    const w = splat(wide, p3);
    s6 = plus(wide, s6, times(wide, w, b));
    s7 = plus(wide, s7, times(wide, w, c));
    p0 += size;
    p1 += size;
    p2 += size;
    p3 += size;
    q += 64;
  } while (--n > 0);
  put(wide, out, s0, s1);
  put(wide, out + job.resultStride, s2, s3);
  put(wide, out + 2 * job.resultStride, s4, s5);
  put(wide, out + 3 * job.resultStride, s6, s7);
}

@inline
function splat(wide: i32, p: usize): v128 {
  return wide ? v128.load64_splat(p) : v128.load32_splat(p);
}
@inline
function times(wide: i32, x: v128, b: v128): v128 {
  return wide ? f64x2.mul(x, b) : f32x4.mul(x, b);
}
@inline
function plus(wide: i32, s: v128, t: v128): v128 {
  return wide ? f64x2.add(s, t) : f32x4.add(s, t);
}
@inline
function put(wide: i32, out: usize, s: v128, t: v128): void {
  v128.store(out, wide ? canonical64(s) : canonical(s));
  v128.store(out, wide ? canonical64(t) : canonical(t), 16);
}
