/**
 * Softmax of rows: δ = R(x − m), e = R(exp δ), s = sum(e), R(e / s); hidden entries are +0. What precedes the exponential
 * and what follows it are two steps of a task, with a table of exp between them where there is one (lookup.ts).
 */
import { lookup } from './lookup';
import { RowSums, rowsAtOnce, sumRows } from './row-sums';
import { binary, DIVIDE, SUBTRACT, Unit } from './vectors';

/** ../softmax.ts writes it. */
@unmanaged
export class SoftmaxJob {
  /** Rows of `width` numbers of `size` bytes, and the results; they may be the same. */
  x: usize;
  out: usize;
  rows: i32;
  width: i32;
  size: i32;
  rowsPerTask: i32;
  /** Of each row, three i32: its visible entries from and to, and where their exponentials begin in `work`. */
  ranges: usize;
  work: usize;
  /** 1 where a task does what precedes the exponential; what follows it. */
  starts: i32;
  finishes: i32;
  /** 1 where the row's maximum is subtracted. */
  shifted: i32;
  /** The table of exp, 0 for none. */
  table: usize;
  tableShift: i32;
  subtract: Unit;
  divide: Unit;
  /** This thread's sums of rows, and 16 bytes. */
  sums: RowSums;
  scratch: usize;
}

export function softmaxTask(job: SoftmaxJob, task: i32): void {
  const first = task * job.rowsPerTask, end = min(first + job.rowsPerTask, job.rows), step = rowsAtOnce(job.size);
  for (let row = first; row < end; row += step) {
    const n = min(step, end - row);
    if (job.starts) for (let r = row; r < row + n; r++) start(job, r);
    if (job.finishes) finish(job, row, n);
  }
}

/** R(x − m) of a row's visible entries, or exp of that. */
function start(job: SoftmaxJob, row: i32): void {
  const range = job.ranges + row * 12, size = job.size;
  const from = load<i32>(range), n = load<i32>(range, 4) - from;
  if (n <= 0) return;
  const x = job.x + (row * job.width + from) * size, target = job.work + load<i32>(range, 8) * size;
  if (job.shifted) {
    if (size == 8) largest64(x, n, job.scratch);
    else largest32(x, n, job.scratch);
    binary(SUBTRACT, job.subtract, 1, n, target, 0, x, 0, 1, job.scratch, 0, 0);
  } else if (x != target) {
    memory.copy(target, x, n * size);
  }
  if (job.table) lookup(job.table, job.tableShift, target, n);
}

/** The exponentials of n rows into their places, summed and divided. */
function finish(job: SoftmaxJob, row: i32, n: i32): void {
  const size = job.size, width = job.width, stride = width * size, out = job.out + row * stride;
  for (let j = 0; j < n; j++) {
    const range = job.ranges + (row + j) * 12, target = out + j * stride;
    const from = load<i32>(range), to = load<i32>(range, 4), e = job.work + load<i32>(range, 8) * size;
    if (to <= from) {
      memory.fill(target, 0, stride);
      continue;
    }
    if (e != target + from * size) memory.copy(target + from * size, e, (to - from) * size);
    memory.fill(target, 0, from * size);
    memory.fill(target + to * size, 0, (width - to) * size);
  }
  sumRows(job.sums, out, stride, n, size);
  for (let j = 0; j < n; j++) {
    const range = job.ranges + (row + j) * 12;
    const from = load<i32>(range), visible = load<i32>(range, 4) - from, e = out + j * stride + from * size;
    if (visible > 0) binary(DIVIDE, job.divide, 1, visible, e, 0, e, 0, 1, job.sums.result + j * size, 0, 0);
  }
}

/** The largest of n numbers, NaN if one is; of zeros any: a difference is a zero for either. */
function largest32(x: usize, n: i32, result: usize): void {
  let most = f32x4.splat(-Infinity), nan = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const v = v128.load(x + i * 4);
    nan = v128.or(nan, f32x4.ne(v, v));
    most = f32x4.pmax(most, v);
  }
  most = f32x4.pmax(most, v128.shuffle<i32>(most, most, 2, 3, 0, 1));
  most = f32x4.pmax(most, v128.shuffle<i32>(most, most, 1, 0, 3, 2));
  let largest = f32x4.extract_lane(most, 0), bad = v128.any_true(nan);
  for (; i < n; i++) {
    const v = load<f32>(x + i * 4);
    bad = bad || v != v;
    if (v > largest) largest = v;
  }
  store<f32>(result, bad ? NaN : largest);
}

function largest64(x: usize, n: i32, result: usize): void {
  let most = f64x2.splat(-Infinity), nan = f64x2.splat(0);
  let i = 0;
  for (; i + 2 <= n; i += 2) {
    const v = v128.load(x + i * 8);
    nan = v128.or(nan, f64x2.ne(v, v));
    most = f64x2.pmax(most, v);
  }
  let largest = f64x2.extract_lane(most, 0), bad = v128.any_true(nan);
  if (f64x2.extract_lane(most, 1) > largest) largest = f64x2.extract_lane(most, 1);
  for (; i < n; i++) {
    const v = load<f64>(x + i * 8);
    bad = bad || v != v;
    if (v > largest) largest = v;
  }
  store<f64>(result, bad ? NaN : largest);
}
