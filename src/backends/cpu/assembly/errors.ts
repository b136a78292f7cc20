/** What error metrics are made of (../error-statistics.ts): largest magnitudes and sums of squares of rows, and of all rows. */

/** What ../error-statistics.ts writes. */
@unmanaged
export class ErrorsJob {
  rows: i32;
  rowsPerTask: i32;
  /** Where each row begins, in numbers, and where the last one ends. */
  starts: usize;
  /** Float64, as the next three: x, the reference, and d, computed − reference, or the computed numbers. */
  difference: usize;
  reference: usize;
  /** 1 where the reference is still to be subtracted. */
  subtracts: i32;
  /** For each row max |d|, max |x|, max |d/x| (0/0 is 0), Σ x². */
  found: usize;
  /** Σ d² and Σ x², to go on with. */
  totals: usize;
}

/** Task 0 are the sums over all rows, in ascending order; the others blocks of rows. */
export function errorsTask(job: ErrorsJob, task: i32): void {
  if (task == 0) return sums(job);
  const from = (task - 1) * job.rowsPerTask, to = min(from + job.rowsPerTask, job.rows);
  for (let r = from; r < to; r++) {
    const start = load<i32>(job.starts + (<usize>r << 2)), end = load<i32>(job.starts + (<usize>r << 2), 4);
    const d = job.difference + (<usize>start << 3), x = job.reference + (<usize>start << 3);
    row(job.subtracts, d, x, end - start, job.found + (<usize>r << 5));
  }
}

function sums(job: ErrorsJob): void {
  const count = load<i32>(job.starts + (<usize>job.rows << 2));
  let squaresD = load<f64>(job.totals), squaresX = load<f64>(job.totals, 8);
  for (let i: usize = 0, end = <usize>count << 3; i < end; i += 8) {
    const x = load<f64>(job.reference + i);
    const d = load<f64>(job.difference + i) - (job.subtracts ? x : 0);
    squaresD += d * d;
    squaresX += x * x;
  }
  store<f64>(job.totals, squaresD);
  store<f64>(job.totals, squaresX, 8);
}

function row(subtracts: i32, difference: usize, reference: usize, n: i32, found: usize): void {
  const zero = f64x2.splat(0);
  let largestD = zero, largestX = zero, largestRatio = zero, nanD = zero, nanX = zero, nanRatio = zero;
  let squares: f64 = 0;
  for (let i = 0; i < n; i += 2) {
    const at = <usize>i << 3;
    // Beyond the end of a row of odd length stands 0/0.
    const last = i + 1 == n;
    const signed = last ? v128.load64_zero(reference + at) : v128.load(reference + at);
    const minuend = last ? v128.load64_zero(difference + at) : v128.load(difference + at);
    const d = f64x2.abs(subtracts ? f64x2.sub(minuend, signed) : minuend), x = f64x2.abs(signed);
    const ratio = v128.andnot(f64x2.div(d, x), f64x2.eq(d, zero));
    const square = f64x2.mul(x, x);
    squares += f64x2.extract_lane(square, 0);
    squares += f64x2.extract_lane(square, 1);
    // A maximum with NaN is the first number; that there was one is kept.
    largestD = f64x2.pmax(largestD, d);
    largestX = f64x2.pmax(largestX, x);
    largestRatio = f64x2.pmax(largestRatio, ratio);
    nanD = v128.or(nanD, f64x2.ne(d, d));
    nanX = v128.or(nanX, f64x2.ne(x, x));
    nanRatio = v128.or(nanRatio, f64x2.ne(ratio, ratio));
  }
  store<f64>(found, maximum(largestD, nanD));
  store<f64>(found, maximum(largestX, nanX), 8);
  store<f64>(found, maximum(largestRatio, nanRatio), 16);
  store<f64>(found, squares, 24);
}

@inline
function maximum(x: v128, nan: v128): f64 {
  return v128.any_true(nan) ? NaN : max(f64x2.extract_lane(x, 0), f64x2.extract_lane(x, 1));
}
