/**
 * Values of functions of float32 numbers with a proven error, in float64: an evaluation of its own (argument reductions,
 * series and tables other than those of src/softfloat/elementary), so that a mistake there is not repeated here. Constants
 * come from decimal.js. The bounds are a few times the sums of rounding errors (u = 2^−53) given at each function.
 * Arguments are finite, not 0, and in the domain; the special cases are in decimal.js.
 */
import { Decimal } from 'decimal.js';
import { placeOf, resultsOf } from './decimal.js';

const D = Decimal.clone({ precision: 110 });
const PI = D.acos(-1);

/** The absolute error of the last value. */
export const ERROR = new Float64Array(1);

const LN2 = D.ln(2);
/** ln 2/32 as a multiple of 2^−35, whose products with |k| < 2^13 are exact, and the rest. */
const STEP_HIGH =
  Math.round(
    LN2.div(32)
      .times(2 ** 35)
      .toNumber(),
  ) /
  2 ** 35;
const STEP_LOW = LN2.div(32).minus(STEP_HIGH).toNumber();
const STEPS = D.div(32, LN2).toNumber();
const ROOTS = Float64Array.from({ length: 32 }, (_, j) => D.pow(2, D.div(j, 32)).toNumber());
const POWERS = Float64Array.from({ length: 400 }, (_, i) => 2 ** (i - 200));

/**
 * e^x, |x| < 130: k·ln 2/32 + r with |r| < 0.011 and Taylor's series to r^7 (the next term 2^−67). x − k·STEP_HIGH is
 * exact for x of at most 48 bits (Sterbenz). Table, last sum and product: below 2^−51 relative.
 */
function exponential(x) {
  const k = Math.round(x * STEPS);
  const r = x - k * STEP_HIGH - k * STEP_LOW;
  const p = r * (1 + r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720 + r * (1 / 5040)))))));
  const root = ROOTS[k & 31];
  return (root + root * p) * POWERS[(k >> 5) + 200];
}

/** Stands for a value strictly between v and the breakpoint next to it, inside or outside of v. */
function inside(v) {
  ERROR[0] = 0;
  return v * (1 - 2 ** -40);
}

function exp(x) {
  // x < e^x − 1 < x + x²: within 2^−26 of 1, whose next midpoints are 2^−24 and 2^−25 away.
  if (Math.abs(x) <= 2 ** -27) {
    ERROR[0] = 0;
    return x > 0 ? 1 + 2 ** -40 : 1 - 2 ** -40;
  }
  ERROR[0] = 0;
  if (x > 100) return 2 ** 140;
  if (x < -120) return 2 ** -170;
  const y = exponential(x);
  ERROR[0] = y * 2 ** -50;
  return y;
}

const LN2_HIGH = Math.floor(LN2.times(2 ** 32).toNumber()) / 2 ** 32;
const LN2_LOW = LN2.minus(LN2_HIGH).toNumber();
const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

/**
 * ln(m·2^k) = k·ln 2 + 2 atanh(f/(2 + f)), f = m − 1, 0.7 < m ≤ 1.4; f and 2 + f are exact, 13 terms of the series
 * leave 2^−66. The sum cancels at most one bit: below 2^−50 relative.
 */
function log(x) {
  let k = 0;
  single[0] = x;
  if (x < 2 ** -126) {
    single[0] = x * 2 ** 64;
    k = -64;
  }
  k += (singleBits[0] >>> 23) - 127;
  singleBits[0] = (singleBits[0] & 0x7fffff) | 0x3f800000;
  let m = single[0];
  if (m > 1.4) {
    m /= 2;
    k += 1;
  }
  const f = m - 1;
  const s = f / (2 + f);
  const z = s * s;
  let series = 0;
  for (let n = 27; n >= 3; n -= 2) series = z * (1 / n + series);
  const l = 2 * s + 2 * s * series;
  const y = k === 0 ? l : k * LN2_HIGH + (l + k * LN2_LOW);
  ERROR[0] = Math.abs(y) * 2 ** -49;
  return y;
}

/**
 * Below ¼ Lambert's continued fraction x/(1 + x²/(3 + x²/(5 + …))), all terms positive, with 8 levels (2^−78 left): below
 * 2^−50 relative. From there 1 − 2/(e^2x + 1): an error of 2^−50 in 2/(…) ≤ 0.76.
 */
function tanh(x) {
  const size = Math.abs(x);
  // x³/3, less than 2^−27 of x.
  if (size <= 2 ** -13) return inside(x);
  // 1 − tanh 12 < 2^−33
  if (size >= 12) return inside(Math.sign(x));
  if (size < 0.25) {
    const z = x * x;
    let t = 15;
    for (let n = 13; n >= 1; n -= 2) t = n + z / t;
    const y = x / t;
    ERROR[0] = Math.abs(y) * 2 ** -49;
    return y;
  }
  const y = 1 - 2 / (exponential(2 * size) + 1);
  ERROR[0] = 2 ** -49;
  return x < 0 ? -y : y;
}

const TWO_OVER_ROOT_PI = D.div(2, PI.sqrt()).toNumber();
const INVERSE = Float64Array.from({ length: 160 }, (_, n) => 1 / n);

/**
 * 2/√π·x·e^(−x²)·(1 + 2x²/3·(1 + 2x²/5·(…))): x² is exact, all terms are positive, and an inner error comes out smaller;
 * 75 levels at 3u each below 2^−45 relative, and truncation below 2^−60. Under 2^−26 only 2/√π·x counts (x²/3 < 2^−53).
 */
function erf(x) {
  const size = Math.abs(x);
  // 1 − erf 4 < 2^−25.9, and the midpoint below 1 is 2^−25 away.
  if (size >= 4) return inside(Math.sign(x));
  let y = TWO_OVER_ROOT_PI * x;
  ERROR[0] = Math.abs(y) * 2 ** -50;
  if (size < 2 ** -26) return y;
  const square = x * x;
  let sum = 1;
  for (let n = square < 1 ? 45 : 151; n >= 3; n -= 2) sum = 1 + 2 * square * INVERSE[n] * sum;
  y *= exponential(-square) * sum;
  ERROR[0] = Math.abs(y) * 2 ** -45;
  return y;
}

/** ⌊(2/π)·2^(E + 94)⌋ mod 2^96 for −40 ≤ E < 110, in four digits of 24 bits: 2 bits above the point and 94 below. */
const QUARTERS = (() => {
  const table = new Float64Array(150 * 4);
  const turns = BigInt(D.div(2, PI).times(D.pow(2, 260)).floor().toFixed());
  for (let E = -40; E < 110; E++) {
    const digits = turns >> BigInt(260 - 94 - E);
    for (let i = 0; i < 4; i++) table[4 * (E + 40) + i] = Number((digits >> BigInt(72 - 24 * i)) & 0xffffffn);
  }
  return table;
})();
const HALF_PI = PI.div(2).toNumber();
const RADIX = 2 ** 24;
const factorials = [1];
for (let n = 1; n < 22; n++) factorials.push(factorials[n - 1] * n);
const SINE = [19, 17, 15, 13, 11, 9, 7, 5, 3].map((n) => ((n - 1) % 4 === 0 ? 1 : -1) / factorials[n]);
const COSINE = [20, 18, 16, 14, 12, 10, 8, 6, 4, 2].map((n) => (n % 4 === 0 ? 1 : -1) / factorials[n]);

/**
 * sin (0) or cos (1). x = M·2^E, M below 2^24; x/(π/2) modulo 4 by M times the digits above with carries, all products
 * exact: f = its distance from an integer, known within 2^−70. Taylor's series to r^19 and r^20, |r| ≤ π/4 (2^−62 left):
 * 2^−50 relative and 2^−69 absolute.
 */
function trigonometric(x, turn) {
  const size = Math.abs(x);
  let quarter = turn;
  let r = x;
  ERROR[0] = 0;
  if (size > 0.78) {
    single[0] = size;
    const E = (singleBits[0] >>> 23) - 150;
    const M = (singleBits[0] & 0x7fffff) | 0x800000;
    const at = 4 * (E + 40);
    const p3 = M * QUARTERS[at + 3];
    const c3 = Math.floor(p3 / RADIX);
    const p2 = M * QUARTERS[at + 2] + c3;
    const c2 = Math.floor(p2 / RADIX);
    const p1 = M * QUARTERS[at + 1] + c2;
    const c1 = Math.floor(p1 / RADIX);
    const p0 = M * QUARTERS[at] + c1;
    const d0 = p0 - Math.floor(p0 / RADIX) * RADIX;
    const q = Math.round(d0 * 2 ** -22);
    const high = (d0 - q * 2 ** 22) * RADIX + (p1 - c1 * RADIX);
    const low = (p2 - c2 * RADIX) * RADIX + (p3 - c3 * RADIX);
    r = (high * 2 ** -46 + low * 2 ** -94) * HALF_PI;
    // sin(−x) = −sin x: the angle −r and −q quarters.
    if (x < 0) r = -r;
    quarter += x < 0 ? 4 - q : q;
    ERROR[0] = 2 ** -69;
  }
  const z = r * r;
  let y;
  if ((quarter & 1) === 0) {
    let s = 0;
    for (let i = 0; i < 9; i++) s = (s + SINE[i]) * z;
    y = r + r * s;
  } else {
    let c = 0;
    for (let i = 0; i < 10; i++) c = (c + COSINE[i]) * z;
    y = 1 + c;
  }
  ERROR[0] += Math.abs(y) * 2 ** -49;
  return (quarter & 2) === 0 ? y : -y;
}

// x³/6, less than 2^−28 of x; x²/2 ≤ 2^−27.
const sin = (x) => (Math.abs(x) <= 2 ** -13 ? inside(x) : trigonometric(x, 0));
const cos = (x) => (Math.abs(x) <= 2 ** -13 ? inside(1) : trigonometric(x, 1));

function reciprocal(x) {
  const y = 1 / x;
  ERROR[0] = Math.abs(y) * 2 ** -52;
  return y;
}

function rsqrt(x) {
  const y = 1 / Math.sqrt(x);
  ERROR[0] = y * 2 ** -51;
  return y;
}

/** f(x) within ERROR[0]. */
export const EVALUATE = { exp, log, tanh, erf, sin, cos, reciprocal, rsqrt };

const FLOAT32 = { precision: 24, emin: -126, emax: 127 };

/**
 * The six results for fp32, into `out` in the order of MODES. Returns false where the interval holds a number or midpoint
 * of fp32: then they are decimal.js's.
 */
export function float32Results(name, x, out) {
  const y = EVALUATE[name](x);
  const error = ERROR[0];
  const size = Math.abs(y);
  single[0] = size;
  // ⌊size⌋ among the float32 numbers; float32 codes of positive numbers are in order.
  if (single[0] > size) singleBits[0] -= 1;
  const odd = (singleBits[0] & 1) === 1;
  let a = single[0];
  if (a === Infinity) {
    singleBits[0] -= 1;
    a = single[0];
  }
  singleBits[0] += 1;
  const b = single[0];
  const next = b === Infinity ? 2 ** 128 : b;
  const middle = (a + next) / 2;
  const clear =
    (size - a > error || (error === 0 && size > a)) &&
    Math.abs(size - middle) > error &&
    (Math.abs(size - next) > error || b === Infinity);
  if (!clear) {
    resultsOf(placeOf(name, x, FLOAT32), out);
    return false;
  }
  const sign = y < 0 ? -1 : 1;
  const near = sign * a;
  const far = sign * b;
  const nearest = size > middle ? far : near;
  out[0] = nearest;
  out[1] = nearest;
  out[2] = near;
  out[3] = sign < 0 ? far : near;
  out[4] = sign < 0 ? near : far;
  out[5] = odd || b === Infinity ? near : far;
  return true;
}
