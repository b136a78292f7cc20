/** Elementary functions of arrays. */
import { canonical } from '../lanes';
import { modeOf, round64 } from '../wide';
import { decided32, decided64, decidedPair, decidesPair32, decidesPair64, inPairs } from './decide';
import { COS, ERF, ElementaryJob, EXP, LOG, RECIPROCAL, RSQRT, SIN, TANH } from './layout';

/** One task of a job (../tasks.ts). */
export function elementaryTask(job: ElementaryJob, task: i32): void {
  const name = job.name, from = task * job.perTask, to = min(from + job.perTask, job.count);
  if (job.wide) {
    if (name == EXP) numbers64(EXP, job, from, to);
    else if (name == LOG) numbers64(LOG, job, from, to);
    else if (name == TANH) numbers64(TANH, job, from, to);
    else if (name == ERF) numbers64(ERF, job, from, to);
    else if (name == SIN) numbers64(SIN, job, from, to);
    else numbers64(COS, job, from, to);
  } else if (name == EXP) numbers32(EXP, job, from, to);
  else if (name == LOG) numbers32(LOG, job, from, to);
  else if (name == TANH) numbers32(TANH, job, from, to);
  else if (name == ERF) numbers32(ERF, job, from, to);
  else if (name == SIN) numbers32(SIN, job, from, to);
  else if (name == COS) numbers32(COS, job, from, to);
  else if (name == RECIPROCAL) numbers32(RECIPROCAL, job, from, to);
  else numbers32(RSQRT, job, from, to);
}

/** Pairs where they are decided at once, and one by one. */
@inline
function numbers64(name: i32, job: ElementaryJob, from: i32, to: i32): void {
  const list = job.undecided;
  for (let i = from; i < to; i += 2) {
    const at = job.numbers + (<usize>i << 3);
    if (inPairs(name) && i + 1 < to && decidesPair64(name, v128.load(at))) {
      v128.store(at, decidedPair());
      continue;
    }
    number64(name, at, list, i);
    if (i + 1 < to) number64(name, at + 8, list, i + 1);
  }
}

@inline
function number64(name: i32, at: usize, list: usize, index: i32): void {
  const y = decided64(name, load<f64>(at), list, index);
  store<f64>(at, y == y ? y : NaN);
}

@inline
function numbers32(name: i32, job: ElementaryJob, from: i32, to: i32): void {
  const list = job.undecided, format = job.format, mode = modeOf(format);
  for (let i = from; i < to; i += 2) {
    const at = job.numbers + (<usize>i << 2);
    const pair = pair32(name, f64x2.promote_low_f32x4(v128.load64_zero(at)), i + 1 < to, list, i);
    const y = canonical(f32x4.demote_f64x2_zero(round64(pair, format, mode)));
    if (i + 1 < to) v128.store_lane<i64>(at, y, 0);
    else v128.store_lane<i32>(at, y, 0);
  }
}

@inline
function pairOf(first: f64, second: f64): v128 {
  return f64x2.replace_lane(f64x2.splat(first), 1, second);
}

/** `decided32` of elements i and i + 1, of which the second may not be there. */
@inline
function pair32(name: i32, x: v128, both: bool, list: usize, i: i32): v128 {
  if (inPairs(name) && both && decidesPair32(name, x)) return decidedPair();
  const first = decided32(name, f64x2.extract_lane(x, 0), list, i);
  return pairOf(first, both ? decided32(name, f64x2.extract_lane(x, 1), list, i + 1) : 0);
}

/**
 * For n float32 with consecutive codes, float64 numbers that round as f does to every format of at most 24 bits inside
 * float32, in every mode; `undecided` counts and lists the others. One evaluation serves all modes of a sweep.
 */
export function evaluateCodes(name: i32, firstCode: u32, n: i32, out: usize, list: usize): void {
  if (name == EXP) codes(EXP, firstCode, n, out, list);
  else if (name == LOG) codes(LOG, firstCode, n, out, list);
  else if (name == TANH) codes(TANH, firstCode, n, out, list);
  else if (name == ERF) codes(ERF, firstCode, n, out, list);
  else if (name == SIN) codes(SIN, firstCode, n, out, list);
  else if (name == COS) codes(COS, firstCode, n, out, list);
  else if (name == RECIPROCAL) codes(RECIPROCAL, firstCode, n, out, list);
  else codes(RSQRT, firstCode, n, out, list);
}

@inline
function codes(name: i32, firstCode: u32, n: i32, out: usize, list: usize): void {
  for (let i = 0; i < n; i += 2) {
    const at = out + (<usize>i << 3);
    const x = pairOf(<f64>reinterpret<f32>(firstCode + i), <f64>reinterpret<f32>(firstCode + i + 1));
    const y = pair32(name, x, i + 1 < n, list, i);
    if (i + 1 < n) v128.store(at, y);
    else v128.store_lane<i64>(at, y, 0);
  }
}
