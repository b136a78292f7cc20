/**
 * What an evaluation decides. Modelled on src/softfloat/fast-scalars.ts and float64.ts, over other evaluations; an element
 * that stays undecided is put on a list, for the scalar functions.
 */
import { expPair } from './exp';
import { COS, ERF, EXP, LOG, RECIPROCAL, RSQRT, SIN, TANH } from './layout';
import { log } from './log';
import { firstOf, low, lowPair, setLow } from './parts';
import { rsqrt } from './root';
import { erfPair, TANH_MOST, tanhBeyond, tanhPair } from './series';
import { sine } from './turns';

@inline const EXP_LEAST: f64 = 2.7755575615628914e-17; // 2^−55
@inline const EXP_MOST: f64 = 600;
@inline const TANH_LEAST: f64 = 3.725290298461914e-9; // 2^−28
@inline const ERF_LEAST: f64 = 6.223015277861142e-61; // 2^−200
@inline const ERF_MOST: f64 = 6;
@inline const SINE_LEAST: f64 = TANH_LEAST;

/** Where `evaluate` is accurate. */
@inline
function inDomain(name: i32, x: f64): bool {
  const size = abs(x);
  if (name == EXP) return size >= EXP_LEAST && size <= EXP_MOST;
  if (name == TANH) return size >= TANH_LEAST && size <= 20;
  if (name == ERF) return size >= ERF_LEAST && size <= ERF_MOST;
  if (name == SIN || name == COS) return size >= SINE_LEAST && size < Infinity;
  if (name == RSQRT) return x > 0 && x < Infinity;
  return x >= 2.2250738585072014e-308 && x < Infinity;
}

/**
 * |hi + lo − f(x)| ≤ ERROR·|hi|: 2^−68 for exp, log and 1/√x, 2^−62 for the series. So one rounding to float64 in 2^13, or
 * one in 300, stays undecided, and of those to 25 bits one in 2^36 at most.
 */
@inline
function errorOf(name: i32): f64 {
  return name == EXP || name == LOG || name == RSQRT ? 3.3881317890172014e-21 : 2.168404344971009e-19;
}

/** f(x) as hi and lo. */
@inline
function evaluate(name: i32, x: f64): f64 {
  if (name == LOG) return log(x);
  if (name == TANH && abs(x) > TANH_MOST) return firstOf(tanhBeyond(f64x2.splat(x)));
  if (inPairs(name)) return firstOf(evaluatePair(name, f64x2.splat(x)));
  if (name == RSQRT) return rsqrt(x);
  return sine(x, i32(name == COS));
}

/** hi and lo of f(x), to look at; zeros outside the domain and where lo is of no use. */
export function evaluateParts(name: i32, x: f64, out: usize): void {
  setLow(0);
  store<f64>(out, inDomain(name, x) ? evaluate(name, x) : 0);
  store<f64>(out, low(), 8);
}

/**
 * f(x) elsewhere: a number, with 0 in `low` where it is f(x), and otherwise with a number of the sign of what is left,
 * which is too small to matter; NaN in `low` where it takes an evaluation. `wide` for float64 operands and results: then
 * what overflows is infinite; formats inside float32 have their own way with 10^±90.
 */
function outside(name: i32, wide: i32, x: f64): f64 {
  setLow(0);
  const size = abs(x);
  if (x != x) return x;
  if (name == RSQRT) return 1 / sqrt(x);
  if (name == LOG) {
    if (x == 0) return -Infinity;
    if (x > 0 && x != Infinity) setLow(NaN);
    return x < 0 ? NaN : x;
  }
  if (name == SIN || name == COS) {
    if (size == Infinity) return NaN;
  } else if (size > 1) {
    if (name == EXP) {
      if (size == Infinity) return x > 0 ? x : 0;
      if (!wide) return x > 0 ? 1e90 : 1e-90;
      // e^710 > 2^1024, e^−746 < 2^−1075.
      if (x <= 710 && x >= -746) setLow(NaN);
      return x > 0 ? Infinity : 0;
    }
    // 1 − tanh 20 and 1 − erf 6 are below 2^−55.
    if (size != Infinity) setLow(copysign(8.673617379884035e-19, -x)); // 2^−60
    return copysign(1, x);
  }
  if (name == EXP || name == COS) {
    // e^x = 1 + x…, cos x = 1 − x²/2….
    if (x != 0) setLow(name == EXP && x > 0 ? 8.673617379884035e-19 : -8.673617379884035e-19);
    return 1;
  }
  // tanh x = x − x³/3…, sin x = x − x³/6….
  setLow(name == ERF && x != 0 ? NaN : x * -8.673617379884035e-19);
  return x;
}

/** Puts an element on the list. */
function undecided(x: f64, list: usize, index: i32): f64 {
  const entry = list + 16 + (<usize>atomic.add<i32>(list, 1) << 4);
  store<i32>(entry, index);
  store<f64>(entry, x, 8);
  return 0;
}

/** hi + lo rounded to odd: rounding that to at most 51 bits gives the rounding of the sum, in every mode. */
@inline
function roundToOdd(hi: f64, lo: f64): f64 {
  const bits = reinterpret<i64>(hi);
  if (lo == 0 || bits & 1) return hi;
  return reinterpret<f64>(bits + i64(lo > 0 == hi > 0 ? 1 : -1));
}

/**
 * A float64 that rounds as f(x) does, to every format of at most 24 bits inside float32 and in every mode; x a float32.
 * All numbers and midpoints of these formats near hi have at most 25 bits, so where the last 28 of hi are not 0, f(x)
 * is on its side of all of them; where they are, the sign of lo decides if it is certain. 1/x differs from a number of 25
 * bits by 2^−50 or not at all (../vectors.ts).
 */
@inline
export function decided32(name: i32, x: f64, list: usize, index: i32): f64 {
  if (name == RECIPROCAL) return 1 / x;
  if (inDomain(name, x)) {
    const hi = evaluate(name, x);
    if (reinterpret<u64>(hi) & 0xfffffff) return hi;
    const lo = low();
    return abs(lo) > abs(hi) * errorOf(name) ? roundToOdd(hi, lo) : undecided(x, list, index);
  }
  const value = outside(name, 0, x);
  const lo = low();
  return lo != lo ? undecided(x, list, index) : roundToOdd(value, lo);
}

/** The float64 nearest to f(x): hi where both ends of the interval, added to hi, leave it as it is. */
@inline
export function decided64(name: i32, x: f64, list: usize, index: i32): f64 {
  if (inDomain(name, x)) {
    const hi = evaluate(name, x);
    const lo = low();
    // A little more than the bound, because lo ± error is rounded.
    const error = abs(hi) * (errorOf(name) * 1.0000001);
    return hi + (lo + error) == hi && hi + (lo - error) == hi && hi != 0 ? hi : undecided(x, list, index);
  }
  const value = outside(name, 1, x);
  return low() == low() ? value : undecided(x, list, index);
}

/** Functions that are evaluated two at a time (tanh up to TANH_MOST). */
@inline
export function inPairs(name: i32): bool {
  return name == EXP || name == TANH || name == ERF;
}

@inline
function evaluatePair(name: i32, x: v128): v128 {
  return name == EXP ? expPair(x) : name == TANH ? tanhPair(x) : erfPair(x);
}

let decided: v128 = i64x2(0, 0);

/** What the last `decidesPair` decided. */
@inline
export function decidedPair(): v128 {
  return decided;
}

@inline
function pairInDomain(name: i32, x: v128): v128 {
  const size = f64x2.abs(x);
  const least = name == EXP ? EXP_LEAST : name == TANH ? TANH_LEAST : ERF_LEAST;
  const most = name == EXP ? EXP_MOST : name == TANH ? TANH_MOST : ERF_MOST;
  return v128.and(f64x2.ge(size, f64x2.splat(least)), f64x2.le(size, f64x2.splat(most)));
}

/** Whether both results are the next ones `decided64` would give, without asking further. */
@inline
export function decidesPair64(name: i32, x: v128): bool {
  const inside = pairInDomain(name, x);
  if (!i64x2.all_true(inside)) return false;
  const hi = evaluatePair(name, x), lo = lowPair();
  const error = f64x2.mul(f64x2.abs(hi), f64x2.splat(errorOf(name) * 1.0000001));
  const above = f64x2.eq(f64x2.add(hi, f64x2.add(lo, error)), hi);
  const below = f64x2.eq(f64x2.add(hi, f64x2.sub(lo, error)), hi);
  decided = hi;
  return i64x2.all_true(v128.and(above, below));
}

/** The same for `decided32`. */
@inline
export function decidesPair32(name: i32, x: v128): bool {
  if (!i64x2.all_true(pairInDomain(name, x))) return false;
  decided = evaluatePair(name, x);
  // All of the last 28 bits.
  return i64x2.all_true(i64x2.ne(v128.and(decided, i64x2.splat(0xfffffff)), i64x2.splat(0)));
}
