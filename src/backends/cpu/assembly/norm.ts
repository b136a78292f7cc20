/** LayerNorm and RMSNorm of rows, rounding point by rounding point as docs/semantics.md has them. */
import { RowSums, rowsAtOnce, sumRows } from './row-sums';
import { ADD, binary, DIVIDE, MULTIPLY, squareRoot, SUBTRACT, Unit } from './vectors';

/** ../norm.ts writes it. */
@unmanaged
export class NormJob {
  /** Rows of `width` numbers of `size` bytes, and the results; they may be the same. */
  x: usize;
  out: usize;
  rows: i32;
  width: i32;
  size: i32;
  rowsPerTask: i32;
  /** The number of features, ε and 1; γ and β (0 for none), [width]. */
  features: usize;
  epsilon: usize;
  one: usize;
  gamma: usize;
  beta: usize;
  /** R(sum / D), R(x − μ); R(c·c), R(sum / D), R(v + ε), R(√v), R(1 / r); R(c·r), R(z·γ), R(… + β). */
  mean: Unit;
  centre: Unit;
  square: Unit;
  meanSquare: Unit;
  shift: Unit;
  root: Unit;
  reciprocal: Unit;
  scale: Unit;
  gain: Unit;
  bias: Unit;
  /** This thread's sums of the rows (0 where they are not centred) and of their squares, and room for 16 rows. */
  sums: RowSums;
  squareSums: RowSums;
  scratch: usize;
}

export function normTask(job: NormJob, task: i32): void {
  const first = task * job.rowsPerTask, end = min(first + job.rowsPerTask, job.rows), step = rowsAtOnce(job.size);
  for (let row = first; row < end; row += step) norm(job, row, min(step, end - row));
}

function norm(job: NormJob, row: i32, n: i32): void {
  const size = job.size, width = job.width, stride = width * size, offset = row * stride;
  let x = job.x + offset;
  const out = job.out + offset;
  if (changetype<usize>(job.sums)) {
    sumRows(job.sums, x, stride, n, size);
    const mean = job.sums.result;
    binary(DIVIDE, job.mean, 1, n, mean, 0, mean, 0, 1, job.features, 0, 0);
    binary(SUBTRACT, job.centre, n, width, out, stride, x, stride, 1, mean, size, 0);
    x = out;
  }
  binary(MULTIPLY, job.square, n, width, job.scratch, stride, x, stride, 1, x, stride, 1);
  sumRows(job.squareSums, job.scratch, stride, n, size);
  const r = job.squareSums.result;
  binary(DIVIDE, job.meanSquare, 1, n, r, 0, r, 0, 1, job.features, 0, 0);
  binary(ADD, job.shift, 1, n, r, 0, r, 0, 1, job.epsilon, 0, 0);
  squareRoot(job.root, n, r, r);
  binary(DIVIDE, job.reciprocal, 1, n, r, 0, job.one, 0, 0, r, 0, 1);
  for (let j = 0; j < n; j++) {
    const from = x + j * stride, to = out + j * stride;
    binary(MULTIPLY, job.scale, 1, width, to, 0, from, 0, 1, r + j * size, 0, 0);
    binary(MULTIPLY, job.gain, 1, width, to, 0, to, 0, 1, job.gamma, 0, 1);
    if (job.beta) binary(ADD, job.bias, 1, width, to, 0, to, 0, 1, job.beta, 0, 1);
  }
}
