/**
 * Inner products of double-double numbers: the operations of `ddMul` and `ddAdd` (softfloat/dd-arithmetic.ts) in their
 * order, two columns in a vector, terms ascending. Operands are in range (../double-double-products.ts), so that nothing
 * need be checked.
 */

/** What a task reads. Numbers have four parts of 8 bytes: hi, lo, and the halves of hi, high and low. */
@unmanaged
export class DoubleDoubleJob {
  /** Rows of A: the four parts of a number, term after term. */
  a: usize;
  rows: i32;
  terms: i32;
  /** Panels of eight columns of B: for each term the eight columns of each part. */
  panels: usize;
  panelCount: i32;
  /** Sums: for each row and panel the vectors hi, lo of columns 0 and 1, of 2 and 3, … */
  result: usize;
  /** The job in tasks: blocks of so many rows and panels. */
  rowsPerTask: i32;
  panelsPerTask: i32;
}

const PANEL: usize = 256;
const SUMS: usize = 128;

/** Task number `task` of a job, its blocks taken row by row. */
export function doubleDoubleTask(job: DoubleDoubleJob, task: i32): void {
  const across = (job.panelCount + job.panelsPerTask - 1) / job.panelsPerTask;
  const firstRow = (task / across) * job.rowsPerTask, firstPanel = (task % across) * job.panelsPerTask;
  const endRow = min(firstRow + job.rowsPerTask, job.rows);
  const endPanel = min(firstPanel + job.panelsPerTask, job.panelCount);
  for (let panel = firstPanel; panel < endPanel; panel++) {
    const q = job.panels + usize(panel) * job.terms * PANEL;
    for (let row = firstRow; row < endRow; row++) {
      const sums = job.result + (usize(row) * job.panelCount + panel) * SUMS;
      doubleDoubleSums(job.a + usize(row) * job.terms * 32, q, job.terms, sums);
    }
  }
}

/** The sums of one row and panel. Exported, so that it is optimised alone. */
export function doubleDoubleSums(p: usize, q: usize, n: i32, s: usize): void {
  term(p, q, s, 1);
  term(p, q + 16, s + 32, 1);
  term(p, q + 32, s + 64, 1);
  term(p, q + 48, s + 96, 1);
  // The sums stay in memory: a store between them keeps V8 from working on all four at once, with too few registers.
  while (--n > 0) {
    p += 32;
    q += PANEL;
    term(p, q, s, 0);
    term(p, q + 16, s + 32, 0);
    term(p, q + 32, s + 64, 0);
    term(p, q + 48, s + 96, 0);
  }
}

/** s = a·b (first) or s + a·b, for a number at p and a vector of columns at q. */
@inline
function term(p: usize, q: usize, s: usize, first: i32): void {
  const xHi = v128.load64_splat(p), xLo = v128.load64_splat(p, 8);
  const xHigh = v128.load64_splat(p, 16), xLow = v128.load64_splat(p, 24);
  const yHi = v128.load(q), yLo = v128.load(q, 64), yHigh = v128.load(q, 128), yLow = v128.load(q, 192);
  // ddMul
  const product = f64x2.mul(xHi, yHi);
  const rest = f64x2.sub(f64x2.sub(f64x2.sub(product, f64x2.mul(xHigh, yHigh)), f64x2.mul(xLow, yHigh)), f64x2.mul(xHigh, yLow));
  const pError = f64x2.sub(f64x2.mul(xLow, yLow), rest);
  const pRest = f64x2.add(pError, f64x2.add(f64x2.mul(xHi, yLo), f64x2.mul(xLo, yHi)));
  const tHi = f64x2.add(product, pRest);
  const tLo = f64x2.sub(pRest, f64x2.sub(tHi, product));
  if (first) {
    v128.store(s, tHi);
    v128.store(s, tLo, 16);
    return;
  }
  // ddAdd
  const sHi = v128.load(s), sLo = v128.load(s, 16);
  const t = f64x2.add(sHi, tHi);
  const tBack = f64x2.sub(t, sHi);
  const tError = f64x2.add(f64x2.sub(sHi, f64x2.sub(t, tBack)), f64x2.sub(tHi, tBack));
  const u = f64x2.add(sLo, tLo);
  const uBack = f64x2.sub(u, sLo);
  const uError = f64x2.add(f64x2.sub(sLo, f64x2.sub(u, uBack)), f64x2.sub(tLo, uBack));
  const vRest = f64x2.add(tError, u);
  const v = f64x2.add(t, vRest);
  const wRest = f64x2.add(uError, f64x2.sub(vRest, f64x2.sub(v, t)));
  const w = f64x2.add(v, wRest);
  v128.store(s, w);
  v128.store(s, f64x2.sub(wRest, f64x2.sub(w, v)), 16);
}
