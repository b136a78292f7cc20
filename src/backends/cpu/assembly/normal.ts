/**
 * Normal numbers by the inverse distribution function: algorithm AS241 (PPND16), rational approximations in p − 1/2 and in
 * √(−ln min(p, 1 − p)), about 1 part in 10^16. Every operation is one of float64, the logarithm correctly rounded, so that
 * the bits are the same everywhere.
 * Reference: M. J. Wichura, "The percentage points of the normal distribution", Applied Statistics 37 (1988), 477–484.
 */
import { decided64 } from './elementary/decide';
import { LOG } from './elementary/layout';
import { firstWords, secondWords } from './philox';

/** What ../random-normals.ts writes. */
@unmanaged
export class NormalJob {
  /** They are multiplied by this. */
  deviation: f64;
  count: i32;
  perTask: i32;
  /** float32; there is room for three more, and each task's first one is a multiple of four. */
  numbers: usize;
  /** Room for 16 bytes of each of these: the index of a number in a tail and, 8 bytes on, its p − 1/2. */
  tails: usize;
  /** Philox's counter of the first number is (first, 0, name, 0). */
  first: u32;
  name: u32;
  keyLow: u32;
  keyHigh: u32;
  /** As that of an ElementaryJob. */
  undecided: usize;
}

/** Numerator and denominator side by side, highest power first: |p − 1/2| ≤ 0.425, then √(−ln r) ≤ 5, then above. */
const CENTRE = memory.data<f64>([
  2509.0809287301227, 5226.495278852854, 33430.57558358813, 28729.085735721943,
  67265.7709270087, 39307.89580009271, 45921.95393154987, 21213.794301586597,
  13731.69376550946, 5394.196021424751, 1971.5909503065513, 687.1870074920579,
  133.14166789178438, 42.31333070160091, 3.3871328727963665, 1,
], 16);
const TAIL = memory.data<f64>([
  0.0007745450142783414, 1.0507500716444169e-9, 0.022723844989269184, 0.0005475938084995345,
  0.2417807251774506, 0.015198666563616457, 1.2704582524523684, 0.14810397642748008,
  3.6478483247632045, 0.6897673349851, 5.769497221460691, 1.6763848301838038,
  4.630337846156546, 2.053191626637759, 1.4234371107496835, 1,
], 16);
const FAR_TAIL = memory.data<f64>([
  2.0103343992922881e-7, 2.0442631033899397e-15, 2.7115555687434876e-5, 1.421511758316446e-7,
  0.0012426609473880784, 1.8463183175100548e-5, 0.026532189526576124, 0.0007868691311456133,
  0.29656057182850487, 0.014875361290850615, 1.7848265399172913, 0.1369298809227358,
  5.463784911164114, 0.599832206555888, 6.657904643501103, 1,
], 16);

/** A numerator and its denominator, both of degree 7 and side by side in the table, at x by Horner's rule. */
@inline
function polynomials(table: usize, x: f64): v128 {
  const v = f64x2.splat(x);
  let s = v128.load(table);
  for (let k = 16; k < 128; k += 16) s = f64x2.add(f64x2.mul(s, v), v128.load(table + k));
  return s;
}

/** One of the two at two places. */
@inline
function polynomial(table: usize, x: v128): v128 {
  let s = v128.load64_splat(table);
  for (let k = 16; k < 128; k += 16) s = f64x2.add(f64x2.mul(s, x), v128.load64_splat(table + k));
  return s;
}

/** The quantiles of 1/2 + q, for |q| ≤ 0.425. */
@inline
function centre(q: v128): v128 {
  const r = f64x2.sub(f64x2.splat(0.180625), f64x2.mul(q, q));
  return f64x2.div(f64x2.mul(q, polynomial(CENTRE, r)), polynomial(CENTRE + 8, r));
}

/** The quantile of the other 1/2 + q, with ln min(p, 1 − p). */
@inline
function tail(q: f64, log: f64): f64 {
  const r = sqrt(-log);
  const s = r <= 5 ? polynomials(TAIL, r - 1.6) : polynomials(FAR_TAIL, r - 5);
  const x = f64x2.extract_lane(s, 0) / f64x2.extract_lane(s, 1);
  return q < 0 ? -x : x;
}

@inline
function put(job: NormalJob, i: i32, x: f64): void {
  store<f32>(job.numbers + (<usize>i << 2), <f32>(x * job.deviation));
}

/** The first words of numbers i … i + 3. */
@inline
function wordsFrom(job: NormalJob, i: i32): v128 {
  const counters = i32x4.add(i32x4.splat(job.first + i), i32x4(0, 1, 2, 3)), zero = i32x4.splat(0);
  return firstWords(counters, zero, i32x4.splat(job.name), zero, job.keyLow, job.keyHigh);
}

/** (w0·2^20 + ⌊w1/2^12⌋ + 1/2)·2^−52 − 1/2, exactly, of the first two lanes. */
@inline
function distances(w0: v128, w1: v128): v128 {
  const upper = f64x2.mul(f64x2.convert_low_i32x4_u(w0), f64x2.splat(2.3283064365386963e-10)); // 2^−32
  const lower = f64x2.add(f64x2.convert_low_i32x4_u(i32x4.shr_u(w1, 12)), f64x2.splat(0.5));
  const p = f64x2.add(upper, f64x2.mul(lower, f64x2.splat(2.220446049250313e-16))); // 2^−52
  return f64x2.sub(p, f64x2.splat(0.5));
}

/** Numbers i and i + 1 as if in the centre, q their p − 1/2; returns where the list of tails, at `tails`, ends then. */
@inline
function putPair(job: NormalJob, i: i32, q: v128, tails: usize): usize {
  const x = centre(q);
  put(job, i, f64x2.extract_lane(x, 0));
  put(job, i + 1, f64x2.extract_lane(x, 1));
  const outside = i64x2.bitmask(f64x2.gt(f64x2.abs(q), f64x2.splat(0.425)));
  store<i32>(tails, i);
  v128.store_lane<i64>(tails, q, 0, 8);
  tails += (outside & 1) << 4;
  store<i32>(tails, i + 1);
  v128.store_lane<i64>(tails, q, 1, 8);
  return tails + ((outside >> 1) << 4);
}

/** One task of a job (tasks.ts): first all numbers as if in the centre, without a branch, then those of the tails. */
export function normalTask(job: NormalJob, task: i32): void {
  const from = task * job.perTask, to = min(from + job.perTask, job.count);
  const tails = job.tails + (<usize>from << 4);
  let end = tails;
  for (let i = from; i < to; i += 4) {
    const w0 = wordsFrom(job, i), w1 = secondWords();
    end = putPair(job, i, distances(w0, w1), end);
    const upper0 = v128.shuffle<i64>(w0, w0, 1, 1), upper1 = v128.shuffle<i64>(w1, w1, 1, 1);
    end = putPair(job, i + 2, distances(upper0, upper1), end);
  }
  for (let at = tails; at < end; at += 16) {
    const i = load<i32>(at), q = load<f64>(at, 8);
    // p, or 1 − p, exactly.
    put(job, i, tail(q, decided64(LOG, 0.5 - abs(q), job.undecided, i)));
  }
}

/** Number i of a job, which is in a tail, with its logarithm. */
export function settleNormal(job: NormalJob, i: i32, log: f64): void {
  put(job, i, tail(f64x2.extract_lane(distances(wordsFrom(job, i), secondWords()), 0), log));
}
