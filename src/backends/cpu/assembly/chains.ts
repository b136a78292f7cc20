/** Walks the chains of a sum and combines their sums, for a tile of two rows; what a term is, the kernels know. */
import { COMBINE_PAIRWISE, Job } from './layout';
import { canonical, canonical64, NATIVE } from './lanes';
import { extendTile, extendTileRow, mergeTiles } from './kernels';
import { startOf, TILE } from './tile';

/** Length of the run of terms from `term` on whose visibility in both rows is the same. */
export function sameVisibility(term: i32, step: i32, from0: i32, to0: i32, from1: i32, to1: i32): i32 {
  if (step > 0) {
    let next = i32.MAX_VALUE;
    if (from0 > term) next = min(next, from0);
    if (to0 > term) next = min(next, to0);
    if (from1 > term) next = min(next, from1);
    if (to1 > term) next = min(next, to1);
    return next == i32.MAX_VALUE ? next : (next - term + step - 1) / step;
  }
  let last = -1;
  if (from0 <= term) last = max(last, from0);
  if (to0 <= term) last = max(last, to0);
  if (from1 <= term) last = max(last, from1);
  if (to1 <= term) last = max(last, to1);
  return last < 0 ? i32.MAX_VALUE : term - last + 1;
}

/** Terms of a chain that starts at `first`. */
@inline
export function chainLength(job: Job, first: i32): i32 {
  const left = job.step > 0 ? (job.terms - first + job.step - 1) / job.step : first + 1;
  return min(left, job.length);
}

/** How many sums on the stack the sum of chain `chain` is added to, `waiting` being there. */
@inline
export function mergesAfter(job: Job, chain: i32, waiting: i32): i32 {
  if (job.combine != COMBINE_PAIRWISE) return chain == 0 ? 0 : 1;
  return chain + 1 == job.chains ? waiting : ctz(chain + 1);
}

/**
 * The first term of a chain enters as R(t), because of where it starts (`startOf`). Terms that a mask hides are +0, and R(s + 0) is s but for s = −0, so a run of them is added once.
 */
export function chains(
  job: Job, id: i32, kp: i32, ka: i32, product: usize, accumulate: usize, a0: usize, a1: usize, panel: usize,
  from0: i32, to0: i32, from1: i32, to1: i32, out0: usize, out1: usize,
): void {
  const native = kp == NATIVE, size: i32 = native ? 8 : 4;
  const start = startOf(native, job.startAtZero);
  const step = job.step, count = job.chains, hop = step * size, panelHop = step * 64;
  let top = job.scratch;
  for (let chain = 0; chain < count; chain++) {
    for (let j: usize = 0; j < TILE; j += 16) v128.store(top + j, start);
    let term = job.first + chain * job.firstStep;
    let left = chainLength(job, term);
    while (left > 0) {
      const visible0 = term >= from0 && term < to0, visible1 = term >= from1 && term < to1;
      const n = min(left, sameVisibility(term, step, from0, to0, from1, to1));
      const p0 = a0 + term * size, p1 = a1 + term * size, q = panel + term * 64;
      if (visible0 && visible1) {
        extendTile(id, product, accumulate, p0, p1, q, n, hop, panelHop, top);
      } else {
        if (visible0) extendTileRow(kp, ka, product, accumulate, p0, q, n, hop, panelHop, top);
        else addZero(native, top);
        if (visible1) extendTileRow(kp, ka, product, accumulate, p1, q, n, hop, panelHop, top + 64);
        else addZero(native, top + 64);
      }
      left -= n;
      term += n * step;
    }
    for (let merges = mergesAfter(job, chain, i32((top - job.scratch) / TILE)); merges > 0; merges--) {
      top -= TILE;
      mergeTiles(id, ka, accumulate, top);
    }
    top += TILE;
  }
  const sums = job.scratch;
  for (let j: usize = 0; j < 64; j += 16) {
    const x = v128.load(sums + j), y = v128.load(sums + j, 64);
    v128.store(out0 + j, native ? canonical64(x) : canonical(x));
    v128.store(out1 + j, native ? canonical64(y) : canonical(y));
  }
}

/** Four vectors of sums and a hidden term: R(s + 0). */
function addZero(native: bool, s: usize): void {
  const zero = i32x4.splat(0);
  for (let j: usize = 0; j < 64; j += 16) {
    const x = v128.load(s + j);
    v128.store(s + j, native ? f64x2.add(x, zero) : f32x4.add(x, zero));
  }
}
