/** Passes over rows of logits, for ../../../analysis/output.ts; the exponentials between them are jobs of their own. */

/** Passes, as in ../logits.ts. */
const LARGEST: i32 = 0;
const SUM: i32 = 1;
const SHIFT: i32 = 2;
const DIVERGENCE: i32 = 3;

/** What ../logits.ts writes. */
@unmanaged
export class LogitsJob {
  pass: i32;
  width: i32;
  /** Rows of each kind: the exact ones, and behind them the computed ones. */
  rows: i32;
  /** Float64, as the next two. */
  logits: usize;
  exponentials: usize;
  /** For each row what is subtracted from its logits, a sum, the index of the largest, the margin. */
  found: usize;
}

/** One task: a row. */
export function logitsTask(job: LogitsJob, row: i32): void {
  const width = job.width, bytes = <usize>row * width * 8;
  const x = job.logits + bytes, e = job.exponentials + bytes, found = job.found + <usize>row * 32;
  const pass = job.pass;
  if (pass == LARGEST) {
    largest(x, width, found);
    shift(x, e, width, load<f64>(found));
  } else if (pass == SUM) {
    let sum: f64 = 0;
    for (let j = 0; j < width; j++) sum += load<f64>(e + (<usize>j << 3));
    store<f64>(found, sum, 8);
  } else if (pass == SHIFT) {
    shift(x, e, width, load<f64>(found));
  } else if (pass == DIVERGENCE) {
    const other = <usize>job.rows;
    const q = x + other * width * 8, logSum = load<f64>(found), otherLogSum = load<f64>(found + other * 32);
    let sum: f64 = 0;
    for (let at: usize = 0, end = <usize>width << 3; at < end; at += 8) {
      const p = load<f64>(e + at);
      if (p != 0) sum += p * (load<f64>(x + at) - logSum - (load<f64>(q + at) - otherLogSum));
    }
    store<f64>(found, sum, 8);
  }
}

/** The largest of a row, the first of them (−1 where one is NaN), and its distance to the next largest. */
function largest(x: usize, width: i32, found: usize): void {
  let top = load<f64>(x), second = -Infinity, all = top;
  let first = 0;
  for (let j = 1; j < width; j++) {
    const v = load<f64>(x + (<usize>j << 3));
    all = max(all, v);
    const above = v > top;
    second = max(second, above ? top : v);
    top = above ? v : top;
    first = above ? j : first;
  }
  store<f64>(found, all);
  store<f64>(found, all == all ? <f64>first : -1, 16);
  store<f64>(found, all == all ? top - second : NaN, 24);
}

function shift(x: usize, e: usize, width: i32, by: f64): void {
  for (let at: usize = 0, end = <usize>width << 3; at < end; at += 8) store<f64>(e + at, load<f64>(x + at) - by);
}
