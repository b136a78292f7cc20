/**
 * Elementary functions in BigInt fixed point, by the most obvious algorithms, with a bound on the error: the last word
 * where double-double cannot decide a rounding, and the oracle of everything faster. Values are integers times 2^−w.
 * A "unit" is 2^−w. Every routine here keeps its error below 2^40 units and `evaluateFixed` drops 64 bits at the end.
 */
import { exponentOf } from '../../formats/float64.ts';
import { bitLength, dyadicOf, shifted } from '../dyadic.ts';
import type { ElementaryName } from '../scalars.ts';
import { halfPi, lnTwo, twoOverRootPi } from './constants.ts';

const GUARD = 64;

/** Working precisions are multiples of 64, so that few constants and tables are made. */
export function workingBits(bits: number): number {
  return Math.max(1, Math.ceil((bits + GUARD) / 64)) * 64;
}

/** ⌊x·2^w⌋ of a finite float64. */
export function fixedOf(x: number, w: number): bigint {
  const { negative, significand, exponent } = dyadicOf(x);
  return shifted(negative ? -significand : significand, exponent + w);
}

/**
 * e^x as mantissa·2^(k−w), √½ ≤ mantissa·2^−w ≤ √2 nearly; x = argument·2^−w.
 * Method: x = k·ln 2 + r, |r| ≤ ½ ln 2; Taylor's series of e^(r/256), squared eight times. Error: an argument wrong by a
 * units gives (|k| + a + 1) units in r; the series adds one unit a term and each squaring doubles the error and adds
 * one: below 2(|k| + a) + 2^15 units, for w < 2^13.
 */
export function expFixed(argument: bigint, w: number): { mantissa: bigint; k: number } {
  const ln2 = lnTwo(w);
  const k = (2n * argument + ln2) / (2n * ln2) - (2n * argument + ln2 < 0n ? 1n : 0n);
  const r = (argument - k * ln2) >> 8n;
  const scale = BigInt(w);
  const one = 1n << scale;
  let total = one + r;
  let term = r;
  for (let n = 2n; term !== 0n && term !== -1n; n++) {
    term = ((term * r) >> scale) / n;
    total += term;
  }
  for (let i = 0; i < 8; i++) total = (total * total) >> scale;
  return { mantissa: total, k: Number(k) };
}

/**
 * ln of significand·2^exponent. Method: ln(m·2^k) = k·ln 2 + 2 atanh((m − 1)/(m + 1)) with ⅔ < m ≤ 4/3, so that the
 * argument of the series is below 1/5. Error: one unit a term and |k| of ln 2, below |k| + w units.
 */
export function logFixed(significand: bigint, exponent: number, w: number): bigint {
  let k = bitLength(significand) + exponent;
  let unit = bitLength(significand);
  if (3n * significand <= 1n << BigInt(unit + 1)) {
    k -= 1;
    unit -= 1;
  }
  const one = 1n << BigInt(unit);
  const s = ((significand - one) << BigInt(w)) / (significand + one);
  const square = (s * s) >> BigInt(w);
  let power = s;
  let total = 0n;
  for (let n = 1n; power !== 0n && power !== -1n; n += 2n) {
    total += power / n;
    power = (power * square) >> BigInt(w);
  }
  return BigInt(k) * lnTwo(w) + 2n * total;
}

/** What sin and cos need at w bits: entries of sin and cos of j/512, made when first used, and 1/n! for Horner's rule. */
interface SineTable {
  readonly entries: (readonly [sin: bigint, cos: bigint] | undefined)[];
  readonly inverseFactorials: readonly bigint[];
}

const sineTables = new Map<number, SineTable>();
/** The table's step is 2^−9: 403 entries up to π/4. */
const STEP = 9;

function sineTable(w: number): SineTable {
  let table = sineTables.get(w);
  if (table === undefined) {
    const inverseFactorials = [1n << BigInt(w)];
    // The series of b < 2^−9 ends where b^n/n! is below a unit.
    for (let n = 1n; bitLength(inverseFactorials[Number(n) - 1]) > STEP * Number(n); n++) {
      inverseFactorials.push(inverseFactorials[Number(n) - 1] / n);
    }
    table = { entries: [], inverseFactorials };
    sineTables.set(w, table);
  }
  return table;
}

/** sin and cos of 0 ≤ b < 1 by Taylor's series, one unit a term. */
function sineSeries(b: bigint, w: number): readonly [sin: bigint, cos: bigint] {
  const scale = BigInt(w);
  const square = (b * b) >> scale;
  let sine = b;
  let cosine = 1n << scale;
  let [oddTerm, evenTerm] = [b, cosine];
  for (let n = 1n; evenTerm !== 0n; n += 2n) {
    evenTerm = -((evenTerm * square) >> scale) / (n * (n + 1n));
    oddTerm = -((oddTerm * square) >> scale) / ((n + 1n) * (n + 2n));
    cosine += evenTerm;
    sine += oddTerm;
  }
  return [sine, cosine];
}

/** The same for b < 2^−9 by Horner's rule on the series, an error of 2 units and the tail. */
function shortSineSeries(b: bigint, w: number, c: readonly bigint[]): readonly [sin: bigint, cos: bigint] {
  const scale = BigInt(w);
  const square = (b * b) >> scale;
  let sine = 0n;
  let cosine = 0n;
  for (let n = (c.length - 1) & ~1; n >= 0; n -= 2) {
    cosine = c[n] - ((cosine * square) >> scale);
    if (n + 1 < c.length) sine = c[n + 1] - ((sine * square) >> scale);
  }
  return [(sine * b) >> scale, cosine];
}

/**
 * sin and cos of an angle at w bits. Method: the nearest multiple k of π/2 is removed, π/2 taken with as many more bits
 * as k has; the rest is j/512 + b with a table of j/512, Taylor's series of b < 1/512 and the addition theorem.
 * Error: that of the angle and fewer than 2w units.
 */
export function sinCosFixed(angle: bigint, w: number): { sin: bigint; cos: bigint } {
  const scale = BigInt(w);
  // In multiples of 64 too; 0 for the usual angle of a few bits above the point.
  const more = Math.ceil(Math.max(0, bitLength(angle < 0n ? -angle : angle) - w - 24) / 64) * 64;
  const quarter = halfPi(w + more);
  const wide = angle << BigInt(more);
  const half = 2n * wide + quarter;
  const k = half >= 0n ? half / (2n * quarter) : -((-half + 2n * quarter - 1n) / (2n * quarter));
  const rest = (wide - k * quarter) >> BigInt(more);
  const magnitude = rest < 0n ? -rest : rest;
  const j = magnitude >> BigInt(w - STEP);
  const { entries, inverseFactorials } = sineTable(w);
  const [sb, cb] = shortSineSeries(magnitude - (j << BigInt(w - STEP)), w, inverseFactorials);
  entries[Number(j)] ??= sineSeries(j << BigInt(w - STEP), w);
  const [sj, cj] = entries[Number(j)]!;
  const sine = (sj * cb + cj * sb) >> scale;
  const s = rest < 0n ? -sine : sine;
  const c = (cj * cb - sj * sb) >> scale;
  switch (Number(k & 3n)) {
    case 0:
      return { sin: s, cos: c };
    case 1:
      return { sin: c, cos: -s };
    case 2:
      return { sin: -s, cos: -c };
    default:
      return { sin: -c, cos: s };
  }
}

/**
 * erf of 0 ≤ x < 12 by 2/√π·e^(−x²)·Σ 2^k x^(2k+1)/(1·3·5…(2k+1)) (Abramowitz & Stegun 7.1.6), all terms positive.
 * Error: the sum stays below e^(x²); worked with ⌈1.5 x²⌉ more bits the whole stays below 2^12 units.
 */
export function erfFixed(x: number, w: number): bigint {
  const wide = w + Math.ceil((1.5 * x * x + 8) / 64) * 64;
  const scale = BigInt(wide);
  const argument = fixedOf(x, wide);
  const square = (argument * argument) >> scale;
  let term = argument;
  let total = argument;
  for (let odd = 3n; term !== 0n; odd += 2n) {
    term = (2n * ((term * square) >> scale)) / odd;
    total += term;
  }
  const { mantissa, k } = expFixed(-square, wide);
  const product = (shifted(mantissa, k) * total) >> scale;
  return ((product * twoOverRootPi(wide)) >> scale) >> BigInt(wide - w);
}

/** tanh |x| = (1 − e^(−2|x|))/(1 + e^(−2|x|)), its sign put back. */
function tanhFixed(x: number, w: number): bigint {
  const { mantissa, k } = expFixed(fixedOf(-2 * Math.abs(x), w), w);
  const t = shifted(mantissa, k);
  const one = 1n << BigInt(w);
  const magnitude = ((one - t) << BigInt(w)) / (one + t);
  return x < 0 ? -magnitude : magnitude;
}

/**
 * f(x)·2^bits with an error of at most 1, for finite x; log needs x > 0, exp |x| < 2^11, tanh and erf |x| < 2^11 and
 * |x| < 12 (the other arguments are decided in cases.ts). `bits` may be negative where f(x) is large.
 */
export function evaluateFixed(name: ElementaryName, x: number, bits: number): bigint {
  if (name === 'exp') {
    // Relative precision: e^x has about 1.4427·x bits above the point.
    const w = workingBits(Math.max(0, bits + Math.ceil(Math.LOG2E * x)) + 1);
    const { mantissa, k } = expFixed(fixedOf(x, w), w);
    return shifted(mantissa, k + bits - w);
  }
  const w = workingBits(bits);
  return shifted(absolute(name, x, w), bits - w);
}

function absolute(name: Exclude<ElementaryName, 'exp'>, x: number, w: number): bigint {
  switch (name) {
    case 'log': {
      const { significand, exponent } = dyadicOf(x);
      return logFixed(significand, exponent, w);
    }
    case 'tanh':
      return tanhFixed(x, w);
    case 'erf':
      return x < 0 ? -erfFixed(-x, w) : erfFixed(x, w);
    default: {
      // 64 guard bits absorb the floor of the angle at w bits, whatever its size.
      return sinCosFixed(fixedOf(x, w), w)[name];
    }
  }
}

/** A lower estimate of log2 |f(x)|, right to a few units except near the zeros of sin and cos. */
export function magnitudeOf(name: ElementaryName, x: number): number {
  switch (name) {
    case 'exp':
      return Math.floor(Math.LOG2E * x) - 1;
    case 'log':
      return x > 0.5 && x < 2 ? exponentOf(x - 1) - 1 : -2;
    case 'cos':
      return -1;
    default:
      return Math.min(exponentOf(x), 0) - 2;
  }
}
