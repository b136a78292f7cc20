/**
 * Inner products of numbers of N ≤ 15 decimal digits: s = R(s + R(a·b)), terms ascending, two columns in a vector. R is
 * that of softfloat/decimal-round.ts, which has the reasons; where float64 arithmetic does not decide it the sum is NaN, and
 * the caller does that sum again. Operands are numbers of the format.
 */
/** What a task reads; ../decimal-products.ts writes it. */
@unmanaged
export class DecimalJob {
  /** Rows of A, float64. */
  a: usize;
  rows: i32;
  terms: i32;
  /** Panels of four columns of B: for each term four float64. */
  panels: usize;
  panelCount: i32;
  /** Sums: four for each panel, panel after panel of a row. */
  result: usize;
  /** Visible range of each row, two i32; 0 for no mask. */
  masks: usize;
  /**
   * By the exponent field of a float64, 32 bytes each: the smallest float64 of the binade's next decade; 10^j of the two
   * decades, NaN where j is not in 0 … 22; the first decade, i32.
   */
  decades: usize;
  /** 10^j and 10^−j by j, 32 bytes each: both as two float64. */
  powers: usize;
  digits: i32;
  rowsPerTask: i32;
}

const PANEL: usize = 32;
const LARGEST_POWER: i32 = 270;
const EXACT: i32 = 22;
/** 2^27 + 1. */
const SPLITTER: f64 = 134217729;

/** Rows number task·rowsPerTask and on. */
export function decimalTask(job: DecimalJob, task: i32): void {
  const first = task * job.rowsPerTask, end = min(first + job.rowsPerTask, job.rows);
  for (let row = first; row < end; row++) {
    const a = job.a + usize(row) * job.terms * 8;
    let from = 0, to = job.terms;
    if (job.masks) {
      from = load<i32>(job.masks + row * 8);
      to = load<i32>(job.masks + row * 8, 4);
    }
    for (let panel = 0; panel < job.panelCount; panel++) {
      const q = job.panels + usize(panel) * job.terms * PANEL;
      const out = job.result + (usize(row) * job.panelCount + panel) * PANEL;
      decimalSums(job, a, q, from, to, out);
    }
  }
}

/** The sums of a row and a panel. Hidden terms are +0, and s + 0 is s but for s = −0. Exported, so that it is optimised alone. */
export function decimalSums(job: DecimalJob, a: usize, q: usize, from: i32, to: i32, out: usize): void {
  const zero = f64x2.splat(0), start = from > 0 ? zero : f64x2.splat(-0.0);
  let s = start, t = start;
  const decades = job.decades;
  for (let k = from; k < to; k++) {
    const x = v128.load64_splat(a + k * 8), at = q + k * PANEL;
    const u = rounded(job, decades, f64x2.mul(x, v128.load(at)));
    const v = rounded(job, decades, f64x2.mul(x, v128.load(at, 16)));
    s = rounded(job, decades, f64x2.add(s, u));
    t = rounded(job, decades, f64x2.add(t, v));
  }
  if (to < job.terms) {
    s = f64x2.add(s, zero);
    t = f64x2.add(t, zero);
  }
  v128.store(out, s);
  v128.store(out, t, 16);
}

/** R of two float64. */
@inline
function rounded(job: DecimalJob, decades: usize, x: v128): v128 {
  const size = f64x2.abs(x);
  const e = decades + <usize>((i64x2.extract_lane(size, 0) >>> 52) << 5);
  const f = decades + <usize>((i64x2.extract_lane(size, 1) >>> 52) << 5);
  const next = v128.load64_lane(f, v128.load64_zero(e), 1);
  const first = v128.load64_lane(f, v128.load64_zero(e, 8), 1, 8);
  const second = v128.load64_lane(f, v128.load64_zero(e, 16), 1, 16);
  const power = v128.bitselect(second, first, f64x2.ge(size, next));
  const y = f64x2.mul(x, power), n = f64x2.nearest(y);
  const decided = f64x2.lt(f64x2.abs(f64x2.sub(y, n)), f64x2.splat(0.5));
  if (i64x2.all_true(decided)) return f64x2.div(n, power);
  return bothSlow(job, x);
}

export function bothSlow(job: DecimalJob, x: v128): v128 {
  const low = slow(job, f64x2.extract_lane(x, 0)), high = slow(job, f64x2.extract_lane(x, 1));
  return f64x2.replace_lane(f64x2.splat(low), 1, high);
}

/** R of any float64, NaN where it is not decided. */
function slow(job: DecimalJob, x: f64): f64 {
  if (x == 0) return x;
  const size = abs(x), entry = job.decades + <usize>((reinterpret<i64>(size) >>> 52) << 5);
  const j = job.digits - 1 - load<i32>(entry, 24) - i32(size >= load<f64>(entry));
  let r: f64;
  if (j >= 0 && j <= EXACT) {
    const power = load<f64>(job.powers + (j << 5)), y = size * power;
    r = sided(y, nearest(y), productError(size, power, y)) / power;
  } else if (j < 0 && j >= -EXACT) {
    const power = load<f64>(job.powers + (-j << 5)), y = size / power, back = y * power;
    r = sided(y, nearest(y), size - back - productError(y, power, back)) * power;
  } else if (j > EXACT && j <= LARGEST_POWER) {
    r = farDown(size, job.powers + (j << 5));
  } else {
    return NaN;
  }
  return copysign(r, x);
}

/** n, or the other neighbour where y is a half and the exact value y + error on its other side. */
function sided(y: f64, n: f64, error: f64): f64 {
  if (abs(y - n) != 0.5 || error == 0) return n;
  return error > 0 ? y + 0.5 : y - 0.5;
}

/** x·y − p for p = fl(x·y), exactly (Dekker's product): the halves have 26 bits, the lower ones with a sign. */
function productError(x: f64, y: f64, p: f64): f64 {
  const cx = SPLITTER * x, xh = cx - (cx - x), xl = x - xh;
  const cy = SPLITTER * y, yh = cy - (cy - y), yl = y - yh;
  return xl * yl - (p - xh * yh - xl * yh - xh * yl);
}

/** R(size) of 22 < j ≤ 270, the powers at `at`. */
function farDown(size: f64, at: usize): f64 {
  const high = load<f64>(at), inverse = load<f64>(at, 16);
  const p = size * high, rest = productError(size, high, p) + size * load<f64>(at, 8), n = nearest(p);
  const fraction = p - n + rest;
  // Fractions are known to 2^−52.
  if (abs(abs(fraction) - 0.5) < 2 ** -50) return NaN;
  const whole = fraction > 0.5 ? n + 1 : fraction < -0.5 ? n - 1 : n;
  const q = whole * inverse, error = productError(whole, inverse, q) + whole * load<f64>(at, 24);
  const margin = q * 2 ** -100, r = q + (error + margin);
  return r == q + (error - margin) ? r : NaN;
}
