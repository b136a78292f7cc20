/** Rows of A times panels of B: for every two rows and a panel, the quickest kernel that is right for their numbers. */
import { chains } from './chains';
import { isQuick, losesSigns, wholeTile } from './kernels';
import { Job } from './layout';
import { INTEGER, MAGIC, NATIVE, NONE } from './lanes';
import { kahanRow } from './kahan';
import { wideRow } from './wide-row';

/** What `choose` answers where a row has to be scaled; other answers are numbers of kernels. */
const SCALED: i32 = -2;
/** The float64 kernel, right for everything. */
const GENERAL: i32 = -1;
const KAHAN_FIRST: i32 = 32;

/** Task number `task` of a job, its blocks taken column by column: a thread goes on with the panels it has read. */
export function matmulTask(job: Job, task: i32): void {
  const down = (job.rows + job.rowsPerTask - 1) / job.rowsPerTask;
  const row = (task % down) * job.rowsPerTask, panel = (task / down) * job.panelsPerTask;
  block(job, row, min(row + job.rowsPerTask, job.rows), panel, min(panel + job.panelsPerTask, job.panelCount));
}

/** Rows [firstRow, endRow) times panels [firstPanel, endPanel). */
function block(job: Job, firstRow: i32, endRow: i32, firstPanel: i32, endPanel: i32): void {
  const panelBytes = job.terms * 64, scaled = job.scratch + 8192;
  const p = job.product, a = job.accumulate, rowBytes = (job.terms + 3 & ~3) * 4;
  const whole = !job.masks && job.chains == 1 && job.step == 1;
  let tries = 0, failures = 0;
  for (let panel = firstPanel; panel < endPanel; panel++) {
    const padded = job.columns - panel * 16 < 16;
    const q = job.panels + panel * panelBytes;
    for (let row = firstRow; row < endRow; row += 2) {
      const other = min(row + 1, endRow - 1);
      if (job.readColumns && !isRead(job, row, panel) && !isRead(job, other, panel)) continue;
      const x = job.a + row * job.stride, y = job.a + other * job.stride;
      const u = job.result + row * job.resultStride + panel * 64, v = job.result + other * job.resultStride + panel * 64;
      let f0 = 0, t0 = job.terms, f1 = 0, t1 = job.terms;
      if (job.masks) {
        f0 = load<i32>(job.masks + row * 8);
        t0 = load<i32>(job.masks + row * 8, 4);
        f1 = load<i32>(job.masks + other * 8);
        t1 = load<i32>(job.masks + other * 8, 4);
      }
      let id = job.rowStatistics ? choose(job, row, other, panel) : job.quick;
      if (isQuick(id)) {
        const unsigned = losesSigns(id);
        // Padding is all zeros; numbers that meet in zeros often (fp4) are better off without trying.
        if (unsigned && (padded || (tries > 16 && failures * 8 > tries))) {
          id = job.signed;
        } else {
          if (whole) wholeTile(id, p, a, x, y, q, job.terms, job.startAtZero, u, v);
          else chains(job, id, job.kindOfProduct, job.kindOfSum, p, a, x, y, q, f0, t0, f1, t1, u, v);
          if (!unsigned) continue;
          tries++;
          if (!hasZero(u) && !hasZero(v)) continue;
          failures++;
          id = job.signed;
        }
      }
      if (id == GENERAL) {
        wideRow(job, x, q, f0, t0, u);
        if (v != u) wideRow(job, y, q, f1, t1, v);
      } else if (id >= KAHAN_FIRST) {
        kahan(id - KAHAN_FIRST, job, x, q, f0, t0, u);
        if (v != u) kahan(id - KAHAN_FIRST, job, y, q, f1, t1, v);
      } else if (id == SCALED) {
        scaleRow(x, scaled, job);
        scaleRow(y, scaled + rowBytes, job);
        chains(job, job.scaled, MAGIC, INTEGER, job.scaledProduct, job.scaledAccumulate, scaled, scaled + rowBytes, q, f0, t0, f1, t1, u, v);
        unscaleRow(u, f32(job.unscale));
        if (v != u) unscaleRow(v, f32(job.unscale));
      } else {
        chains(job, id, job.kindOfProduct, job.kindOfSum, p, a, x, y, q, f0, t0, f1, t1, u, v);
      }
    }
  }
}

/** Whether a column of the panel will be read in this row. */
@inline
function isRead(job: Job, row: i32, panel: i32): bool {
  const columns = job.kindOfProduct == NATIVE ? 8 : 16, range = job.readColumns + row * 8;
  return load<i32>(range) < (panel + 1) * columns && load<i32>(range, 4) > panel * columns;
}

/** Which kernel's conditions the numbers of two rows and a panel meet; every comparison with a NaN refuses. */
function choose(job: Job, row: i32, other: i32, panel: i32): i32 {
  const r = job.rowStatistics + row * 24, o = job.rowStatistics + other * 24, b = job.panelStatistics + panel * 24;
  const largest = max(load<f64>(r), load<f64>(o)), least = min(load<f64>(r, 8), load<f64>(o, 8));
  const sum = max(load<f64>(r, 16), load<f64>(o, 16));
  const largestB = load<f64>(b), leastB = load<f64>(b, 8);
  if (least * leastB >= job.exactLimit) {
    if (!(largest * largestB <= job.productLimit)) return job.beyond;
    if (!(sum * largestB <= job.sumLimit)) return job.careful;
    return least * leastB >= job.quickLeast && sum * largestB <= job.quickMost ? job.quick : job.signed;
  }
  return job.scaled >= 0 && sum * largestB <= job.scaledSumLimit && largest <= job.scaledLimit ? SCALED : GENERAL;
}

/** True if one of a row's 16 sums is zero. */
function hasZero(row: usize): bool {
  const zero = f32x4.splat(0);
  const first = v128.or(f32x4.eq(v128.load(row), zero), f32x4.eq(v128.load(row, 16), zero));
  const second = v128.or(f32x4.eq(v128.load(row, 32), zero), f32x4.eq(v128.load(row, 48), zero));
  return v128.any_true(v128.or(first, second));
}

function kahan(kind: i32, job: Job, x: usize, q: usize, from: i32, to: i32, out: usize): void {
  const p = job.product, a = job.accumulate;
  if (kind == NONE) kahanRow(NONE, job, p, a, x, q, from, to, out);
  else if (kind == INTEGER) kahanRow(INTEGER, job, p, a, x, q, from, to, out);
  else if (kind == MAGIC) kahanRow(MAGIC, job, p, a, x, q, from, to, out);
  else kahanRow(NATIVE, job, p, a, x, q, from, to, out);
}

function scaleRow(from: usize, to: usize, job: Job): void {
  const factor = f32x4.splat(f32(job.scale));
  for (let k = 0; k < job.terms; k += 4) v128.store(to + k * 4, f32x4.mul(v128.load(from + k * 4), factor));
}

function unscaleRow(row: usize, factor: f32): void {
  for (let j: usize = 0; j < 64; j += 16) v128.store(row + j, f32x4.mul(v128.load(row + j), f32x4.splat(factor)));
}
