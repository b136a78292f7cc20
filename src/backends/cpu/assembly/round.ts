/**
 * Rounding of arrays in place, four float32 or two float64 at once. Modelled on the scalar definition in
 * src/formats/round.ts; ../round-array.ts chooses the way and writes the job.
 *
 * The general ways round magnitudes as integers, in all modes alike. Where s bits are dropped,
 *   (t + base + (parity where bit s of t is 1)) & keep
 * is the rounding of the magnitude t with base = 2^(s−1) − 1, parity = 1 for ties to even, base = 2^(s−1) for ties away,
 * base = 2^s − 1 away from zero, base = 0 toward it (a directed mode has one for each sign), and base = 2^s − 1,
 * parity = −base to odd. A carry runs into the exponent, as it should.
 * Below 2^emin the format's grid is that of the binade above: t = |x| + 2^emin, rounded to odd, is rounded as above, and
 * 2^emin is subtracted again, exactly. Rounding to odd first changes nothing where s ≥ 2 bits follow (Boldo and
 * Melquiond, "Emulation of FMA and correctly rounded sums", 2008); where emin is the carrier's own, the sum is exact.
 */
import { canonical } from './lanes';
import {
  ROUND_ANY32, ROUND_ANY64, ROUND_ANY64_TO_32, ROUND_CUT32, ROUND_INTEGER32, ROUND_MAGIC32, ROUND_MAGIC64, RoundJob,
} from './layout';

/** A constant of the job in every lane, from memory: V8 would make a splat anew in every turn of a loop (measured). */
@inline
function splat32(job: RoundJob, offset: usize): v128 {
  return v128.load32_splat(changetype<usize>(job) + offset);
}
@inline
function splat64(job: RoundJob, offset: usize): v128 {
  return v128.load64_splat(changetype<usize>(job) + offset);
}

/** Rounds the numbers of task number `task`; a whole number of sixteens, so that up to 15 beyond the end are too. */
export function roundTask(job: RoundJob, task: i32): void {
  const from = task * job.perTask;
  const to = min(from + job.perTask, job.count);
  const way = job.way;
  if (way == ROUND_INTEGER32) integer32(job, from, to);
  else if (way == ROUND_MAGIC32) magic32(job, from, to);
  else if (way == ROUND_ANY32) any32(job, from, to);
  else if (way == ROUND_CUT32) cut32(job, from, to);
  else if (way == ROUND_MAGIC64) magic64(job, from, to);
  else if (way == ROUND_ANY64_TO_32) any64to32(job, from, to);
  else if (way == ROUND_ANY64) any64(job, from, to);
  else unreachable();
}

/** r, the magnitude and sign of R(x) where that is a number, made what stands for infinities, overflows and NaN. */
@inline
function settled32(job: RoundJob, x: v128, r: v128, over: v128): v128 {
  const magnitude = v128.and(x, i32x4.splat(0x7fffffff));
  const sign = v128.xor(x, magnitude);
  const infinity = i32x4.splat(0x7f800000);
  const finite = v128.bitselect(
    splat32(job, offsetof<RoundJob>('beyondNegative')), splat32(job, offsetof<RoundJob>('beyond')), i32x4.shr_s(x, 31),
  );
  const special = v128.bitselect(
    splat32(job, offsetof<RoundJob>('infinity')), finite, i32x4.eq(magnitude, infinity),
  );
  r = v128.bitselect(v128.or(special, sign), r, over);
  // The format's infinity may be NaN, whose sign is lost.
  const nan = v128.or(f32x4.ne(r, r), i32x4.gt_s(magnitude, infinity));
  return v128.bitselect(splat32(job, offsetof<RoundJob>('nan')), r, nan);
}

@inline
function settled64(job: RoundJob, x: v128, r: v128, over: v128): v128 {
  const magnitude = f64x2.abs(x);
  const sign = v128.xor(x, magnitude);
  const finite = v128.bitselect(
    splat64(job, offsetof<RoundJob>('beyondNegative')), splat64(job, offsetof<RoundJob>('beyond')), i64x2.lt_s(x, i64x2.splat(0)),
  );
  const special = v128.bitselect(
    splat64(job, offsetof<RoundJob>('infinity')), finite, f64x2.eq(magnitude, f64x2.splat(Infinity)),
  );
  r = v128.bitselect(v128.or(special, sign), r, over);
  const nan = v128.or(f64x2.ne(r, r), f64x2.ne(x, x));
  return v128.bitselect(splat64(job, offsetof<RoundJob>('nan')), r, nan);
}

/** Functions of their own, so that their constants take no registers in the loops. */
export function settle32(job: RoundJob, at: usize, x: v128, r: v128, over: v128): void {
  v128.store(at, settled32(job, x, r, over));
}
export function settle64(job: RoundJob, at: usize, x: v128, r: v128, over: v128): void {
  v128.store(at, settled64(job, x, r, over));
}

/** To nearest even, of float32's exponent range: the grid of the subnormals is float32's, cut off like the others'. */
export function integer32(job: RoundJob, from: i32, to: i32): void {
  const base = splat32(job, offsetof<RoundJob>('base')), unit = splat32(job, offsetof<RoundJob>('unit'));
  const keep = splat32(job, offsetof<RoundJob>('keep'));
  const last = splat32(job, offsetof<RoundJob>('last')), abs = splat32(job, offsetof<RoundJob>('abs'));
  const end = job.data + to * 4;
  for (let at = job.data + from * 4; at < end; at += 32) {
    const x = v128.load(at), y = v128.load(at, 16);
    // Minus a mask is plus 1 where bit s is.
    const r = v128.and(i32x4.sub(i32x4.add(x, base), i32x4.eq(v128.and(x, unit), unit)), keep);
    const q = v128.and(i32x4.sub(i32x4.add(y, base), i32x4.eq(v128.and(y, unit), unit)), keep);
    const overX = i32x4.gt_s(v128.and(x, abs), last), overY = i32x4.gt_s(v128.and(y, abs), last);
    v128.store(at, r);
    v128.store(at, q, 16);
    if (v128.any_true(v128.or(overX, overY))) {
      settle32(job, at, x, r, overX);
      settle32(job, at + 16, y, q, overY);
    }
  }
}

/**
 * To nearest even, of fewer exponents: with e the exponent of x (at least emin), adding and subtracting 1.5·2^(e + s)
 * rounds to a multiple of 2^(e − p + 1).
 */
export function magic32(job: RoundJob, from: i32, to: i32): void {
  const exponent = i32x4.splat(0x7f800000), least = splat32(job, offsetof<RoundJob>('least'));
  const magic = splat32(job, offsetof<RoundJob>('magic'));
  const last = splat32(job, offsetof<RoundJob>('last')), abs = splat32(job, offsetof<RoundJob>('abs'));
  const end = job.data + to * 4;
  for (let at = job.data + from * 4; at < end; at += 32) {
    const x = v128.load(at), y = v128.load(at, 16);
    const m = i32x4.add(i32x4.max_s(v128.and(x, exponent), least), magic);
    const n = i32x4.add(i32x4.max_s(v128.and(y, exponent), least), magic);
    const r = v128.or(f32x4.sub(f32x4.add(x, m), m), v128.andnot(x, abs));
    const q = v128.or(f32x4.sub(f32x4.add(y, n), n), v128.andnot(y, abs));
    const overX = i32x4.gt_s(v128.and(x, abs), last), overY = i32x4.gt_s(v128.and(y, abs), last);
    v128.store(at, r);
    v128.store(at, q, 16);
    if (v128.any_true(v128.or(overX, overY))) {
      settle32(job, at, x, r, overX);
      settle32(job, at + 16, y, q, overY);
    }
  }
}

/** In any mode, with or without subnormals; `lifts` unless emin is float32's. */
@inline
function general32(lifts: i32, job: RoundJob, from: i32, to: i32): void {
  const infinity = i32x4.splat(0x7f800000), one = i32x4.splat(1), abs = splat32(job, offsetof<RoundJob>('abs'));
  const base = splat32(job, offsetof<RoundJob>('base')), difference = splat32(job, offsetof<RoundJob>('difference'));
  const unit = splat32(job, offsetof<RoundJob>('unit')), parity = splat32(job, offsetof<RoundJob>('parity'));
  const keep = splat32(job, offsetof<RoundJob>('keep'));
  const least = splat32(job, offsetof<RoundJob>('least')), largest = splat32(job, offsetof<RoundJob>('largest'));
  const tiny = splat32(job, offsetof<RoundJob>('tiny'));
  const end = job.data + to * 4;
  for (let at = job.data + from * 4; at < end; at += 16) {
    const x = v128.load(at);
    // NaN goes the way of infinity until the end.
    const magnitude = i32x4.min_s(v128.and(x, abs), infinity);
    let t = magnitude, lift = magnitude;
    if (lifts) {
      lift = v128.and(least, i32x4.lt_s(magnitude, least));
      t = f32x4.add(magnitude, lift);
      const back = f32x4.sub(t, lift);
      t = v128.or(i32x4.add(t, f32x4.gt(back, magnitude)), v128.and(f32x4.ne(back, magnitude), one));
    }
    const bias = v128.xor(base, v128.and(difference, i32x4.shr_s(x, 31)));
    const odd = v128.and(i32x4.eq(v128.and(t, unit), unit), parity);
    let r = v128.and(i32x4.add(i32x4.add(t, bias), odd), keep);
    if (lifts) r = f32x4.sub(r, lift);
    r = v128.andnot(r, i32x4.lt_s(r, tiny));
    const over = i32x4.gt_s(r, largest);
    r = v128.or(r, v128.andnot(x, abs));
    v128.store(at, r);
    if (v128.any_true(over)) settle32(job, at, x, r, over);
  }
}
export function any32(job: RoundJob, from: i32, to: i32): void {
  general32(1, job, from, to);
}
export function cut32(job: RoundJob, from: i32, to: i32): void {
  general32(0, job, from, to);
}

/** Like magic32, of a format that fits in float32, and to float32. */
export function magic64(job: RoundJob, from: i32, to: i32): void {
  const exponent = i64x2.splat(0x7ff0000000000000), least = splat64(job, offsetof<RoundJob>('least'));
  const magic = splat64(job, offsetof<RoundJob>('magic'));
  const last = splat64(job, offsetof<RoundJob>('last')), abs = splat64(job, offsetof<RoundJob>('abs'));
  const end = job.data + to * 8;
  let out = job.output + from * 4;
  for (let at = job.data + from * 8; at < end; at += 32) {
    const x = v128.load(at), y = v128.load(at, 16);
    const m = i64x2.add(f64x2.pmax(v128.and(x, exponent), least), magic);
    const n = i64x2.add(f64x2.pmax(v128.and(y, exponent), least), magic);
    let r = v128.or(f64x2.sub(f64x2.add(x, m), m), v128.andnot(x, abs));
    let q = v128.or(f64x2.sub(f64x2.add(y, n), n), v128.andnot(y, abs));
    const insideX = f64x2.le(v128.and(x, abs), last), insideY = f64x2.le(v128.and(y, abs), last);
    if (!i64x2.all_true(v128.and(insideX, insideY))) {
      settle64(job, at, x, r, v128.not(insideX));
      settle64(job, at + 16, y, q, v128.not(insideY));
      r = v128.load(at);
      q = v128.load(at, 16);
    }
    v128.store(out, narrowed(r, q));
    out += 16;
  }
}

@inline
function narrowed(low: v128, high: v128): v128 {
  return canonical(v128.shuffle<i64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2));
}

/** In any mode, with or without subnormals, in place. */
export function any64(job: RoundJob, from: i32, to: i32): void {
  const infinity = f64x2.splat(Infinity), one = i64x2.splat(1), abs = splat64(job, offsetof<RoundJob>('abs'));
  const zero = i64x2.splat(0);
  const base = splat64(job, offsetof<RoundJob>('base')), difference = splat64(job, offsetof<RoundJob>('difference'));
  const unit = splat64(job, offsetof<RoundJob>('unit')), parity = splat64(job, offsetof<RoundJob>('parity'));
  const keep = splat64(job, offsetof<RoundJob>('keep'));
  const least = splat64(job, offsetof<RoundJob>('least')), largest = splat64(job, offsetof<RoundJob>('largest'));
  const tiny = splat64(job, offsetof<RoundJob>('tiny'));
  const end = job.data + to * 8;
  for (let at = job.data + from * 8; at < end; at += 16) {
    const x = v128.load(at);
    const magnitude = f64x2.pmin(infinity, v128.and(x, abs));
    const lift = v128.and(least, f64x2.lt(magnitude, least));
    let t = f64x2.add(magnitude, lift);
    const back = f64x2.sub(t, lift);
    t = v128.or(i64x2.add(t, f64x2.gt(back, magnitude)), v128.and(f64x2.ne(back, magnitude), one));
    const bias = v128.xor(base, v128.and(difference, i64x2.lt_s(x, zero)));
    const odd = v128.and(i64x2.eq(v128.and(t, unit), unit), parity);
    let r = f64x2.sub(v128.and(i64x2.add(i64x2.add(t, bias), odd), keep), lift);
    r = v128.andnot(r, f64x2.lt(r, tiny));
    const over = f64x2.gt(r, largest);
    r = v128.or(r, v128.andnot(x, abs));
    v128.store(at, r);
    if (v128.any_true(over)) settle64(job, at, x, r, over);
  }
}

export function any64to32(job: RoundJob, from: i32, to: i32): void {
  any64(job, from, to);
  const end = job.data + to * 8;
  let out = job.output + from * 4;
  for (let at = job.data + from * 8; at < end; at += 32) {
    v128.store(out, narrowed(v128.load(at), v128.load(at, 16)));
    out += 16;
  }
}
