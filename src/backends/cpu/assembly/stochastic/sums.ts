/**
 * Sums of products, rounded stochastically: one row of A times eight columns of B at a time. The steps of an element's
 * roundings are those of docs/semantics.md: the products by index, the terms in the order of the plan, the additions of
 * chain sums in the order in which they are done, then what follows the sum.
 */
import { COMBINE_PAIRWISE, KAHAN } from '../layout';
import { canonical } from '../lanes';
import { LANES, PREPARED, SumsJob, WORDS } from './layout';
import { prepare, words } from './words';
import { limits, roundNumber, roundSum } from './round';

/** Eight float64. The scratch holds the elements' preparation, five sets of words, and then sums. */
const SUMS: usize = 64;

/** Task number `task`, blocks of rows and panels taken row by row. */
export function sumsTask(job: SumsJob, task: i32): void {
  const across = (job.panelCount + job.panelsPerTask - 1) / job.panelsPerTask;
  const firstRow = (task / across) * job.rowsPerTask, endRow = min(firstRow + job.rowsPerTask, job.rows);
  const firstPanel = (task % across) * job.panelsPerTask, endPanel = min(firstPanel + job.panelsPerTask, job.panelCount);
  for (let panel = firstPanel; panel < endPanel; panel++) {
    for (let row = firstRow; row < endRow; row++) {
      if (job.fineSum) tile(1, job, row, panel);
      else tile(0, job, row, panel);
    }
  }
}

@inline
function tile(fine: i32, job: SumsJob, row: i32, panel: i32): void {
  const prepared = job.scratch, random = prepared + PREPARED, sums = random + 5 * WORDS;
  const element = job.firstElement + row * job.elementsPerRow + panel * LANES;
  for (let lane = 0; lane < LANES; lane++) store<i32>(random + 4 * lane, element + lane);
  prepare(job, random, prepared);
  const a = job.a + row * job.terms * 4, q = job.panels + panel * job.terms * 32;
  let from = 0, to = job.terms;
  if (job.masks) {
    from = load<i32>(job.masks + row * 8);
    to = load<i32>(job.masks + row * 8, 4);
  }
  const step = job.combine == KAHAN
    ? kahan(fine, job, a, q, from, to, prepared, random, sums)
    : chains(fine, job, a, q, from, to, prepared, random, sums);
  finish(fine, job, panel, step, prepared, random, sums);
  const out = job.result + (row * job.panelCount + panel) * 32;
  for (let j: usize = 0; j < 32; j += 8) {
    v128.store_lane<i64>(out + j, canonical(f32x4.demote_f64x2_zero(v128.load(sums + 2 * j))), 0);
  }
}

/** Two terms of index `term`: R_product(a·b), or the exact product. */
@inline
function termOf(job: SumsJob, x: v128, q: usize, random: usize): v128 {
  const t = f64x2.mul(x, f64x2.promote_low_f32x4(v128.load64_zero(q)));
  return job.product ? roundNumber(t, limits(random), job.product) : t;
}

/**
 * The chains of the plan and their combination; the sums lie at `sums`, where a stack of those that wait to be combined
 * grows. A chain starts at −0, because −0 + t is t, signs of zeros included; with fma at +0.
 * @returns the step that follows
 */
@inline
function chains(
  fine: i32, job: SumsJob, a: usize, q: usize, from: i32, to: i32, prepared: usize, random: usize, sums: usize,
): i32 {
  const accumulate = job.accumulate, count = job.chainCount;
  const start = job.startAtZero ? i64x2.splat(0) : i64x2.splat(0x8000000000000000);
  let step = job.step + (job.product ? job.terms : 0);
  let merge = step + job.terms;
  let top = sums;
  for (let chain = 0; chain < count; chain++) {
    const plan = job.chains + 12 * chain;
    const hop = load<i32>(plan, 4);
    let term = load<i32>(plan);
    for (let j: usize = 0; j < SUMS; j += 16) v128.store(top + j, start);
    for (let left = load<i32>(plan, 8); left > 0; left--) {
      if (term >= from && term < to) {
        const x = f64x2.splat(f64(load<f32>(a + 4 * term))), p = q + 32 * term;
        if (job.product) words(job, job.step + term, prepared, random + WORDS);
        words(job, step, prepared, random);
        for (let j: usize = 0; j < 32; j += 8) {
          const t = termOf(job, x, p + j, random + WORDS + j);
          const s = top + 2 * j;
          v128.store(s, roundSum(v128.load(s), t, limits(random + j), accumulate, fine));
        }
      } else {
        // The term is +0 itself: s + 0 is a number of the format already.
        for (let j: usize = 0; j < SUMS; j += 16) v128.store(top + j, f64x2.add(v128.load(top + j), f64x2.splat(0)));
      }
      step++;
      term += hop;
    }
    const waiting = i32((top - sums) / SUMS);
    let merges = chain == 0 ? 0 : 1;
    if (job.combine == COMBINE_PAIRWISE) merges = chain + 1 == count ? waiting : ctz(chain + 1);
    for (; merges > 0; merges--) {
      top -= SUMS;
      words(job, merge++, prepared, random);
      for (let j: usize = 0; j < 32; j += 8) {
        const s = top + 2 * j;
        v128.store(s, roundSum(v128.load(s), v128.load(s + SUMS), limits(random + j), accumulate, fine));
      }
    }
    top += SUMS;
  }
  return merge;
}

/** y = R(t − c), z = R(s + y), c = R(R(z − s) − y), s = z. */
@inline
function kahan(
  fine: i32, job: SumsJob, a: usize, q: usize, from: i32, to: i32, prepared: usize, random: usize, sums: usize,
): i32 {
  const accumulate = job.accumulate, terms = job.terms, zero = f64x2.splat(0);
  let step = job.step + (job.product ? terms : 0);
  for (let k = 0; k < terms; k++) {
    const visible = k >= from && k < to;
    const x = f64x2.splat(f64(load<f32>(a + 4 * k)));
    if (job.product) words(job, job.step + k, prepared, random + WORDS);
    words(job, step, prepared, random);
    if (k > 0) {
      for (let i = 1; i < 4; i++) words(job, step + i, prepared, random + 2 * WORDS + (i - 1) * WORDS);
    }
    for (let j: usize = 0; j < 32; j += 8) {
      const t = visible ? termOf(job, x, q + 32 * k + j, random + WORDS + j) : zero;
      const at = sums + 2 * j, more = random + 2 * WORDS + j;
      if (k == 0) {
        v128.store(at, roundNumber(t, limits(random + j), accumulate));
        v128.store(at, zero, SUMS);
      } else {
        const s = v128.load(at), c = v128.load(at, SUMS);
        const y = roundSum(f64x2.neg(c), t, limits(random + j), accumulate, fine);
        const z = roundSum(s, y, limits(more), accumulate, fine);
        const d = roundSum(z, f64x2.neg(s), limits(more + WORDS), accumulate, fine);
        v128.store(at, z);
        v128.store(at, roundSum(d, f64x2.neg(y), limits(more + 2 * WORDS), accumulate, fine), SUMS);
      }
    }
    step += k == 0 ? 1 : 4;
  }
  return step;
}

/** The bias and R_out. */
@inline
function finish(fine: i32, job: SumsJob, panel: i32, step: i32, prepared: usize, random: usize, sums: usize): void {
  const bias = job.bias, out = job.out;
  if (bias && job.fusedBias) addBias(fine, job, bias + panel * 32, job.accumulate, step++, prepared, random, sums);
  if (out) {
    words(job, step++, prepared, random);
    for (let j: usize = 0; j < 32; j += 8) {
      v128.store(sums + 2 * j, roundNumber(v128.load(sums + 2 * j), limits(random + j), out));
    }
  }
  if (bias && !job.fusedBias) {
    if (job.fineOut) addBias(1, job, bias + panel * 32, out, step, prepared, random, sums);
    else addBias(0, job, bias + panel * 32, out, step, prepared, random, sums);
  }
}

@inline
function addBias(
  fine: i32, job: SumsJob, bias: usize, format: usize, step: i32, prepared: usize, random: usize, sums: usize,
): void {
  words(job, step, prepared, random);
  for (let j: usize = 0; j < 32; j += 8) {
    const b = f64x2.promote_low_f32x4(v128.load64_zero(bias + j));
    v128.store(sums + 2 * j, roundSum(v128.load(sums + 2 * j), b, limits(random + j), format, fine));
  }
}
