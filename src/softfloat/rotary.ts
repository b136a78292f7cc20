/** The tables of rotary embeddings as exact reals. Thousands are needed: frequencies are cached, angles lazy. */

import { formats } from '../formats/named.ts';
import type { RoundingContext } from './context.ts';
import { dyadicOf, roundDyadic, shifted } from './dyadic.ts';
import { expFixed, fixedOf, logFixed, sinCosFixed, workingBits } from './elementary/fixed-point.ts';
import { refine } from './elementary/refine.ts';
import { exactDiv, integerSqrt } from './exact-arithmetic.ts';
import { type Real, realFromNumber } from './real-number.ts';

const FLOAT32: RoundingContext = Object.freeze({
  format: formats.fp32,
  mode: 'nearest-even',
  overflow: 'inf',
  subnormals: 'keep',
});

const ONE = realFromNumber(1);
const ZERO = realFromNumber(0);

/** Positions up to here: their products with a float32 are float64 numbers, and the guard bits cover them. */
const LARGEST_POSITION = 2 ** 29;

export interface RotaryReals {
  readonly cos: Real;
  readonly sin: Real;
}

/** cos and sin of an angle known in fixed point. One evaluation serves both, usually asked for one after the other. */
function cosSin(angle: (w: number) => bigint): RotaryReals {
  let last: { bits: number; sin: bigint; cos: bigint } | undefined;
  const at = (bits: number) => {
    if (last?.bits !== bits) {
      const w = workingBits(bits);
      const { sin, cos } = sinCosFixed(angle(w), w);
      last = { bits, sin: shifted(sin, bits - w), cos: shifted(cos, bits - w) };
    }
    return last;
  };
  return { cos: { fixed: (bits) => at(bits).cos }, sin: { fixed: (bits) => at(bits).sin } };
}

function check(position: number, theta: number, j: number, d: number): void {
  if (!Number.isInteger(position) || Math.abs(position) > LARGEST_POSITION) {
    throw new RangeError(`rotary embedding: expected an integer position up to 2^29, got ${position}`);
  }
  if (!(theta > 0 && theta < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`rotary embedding: expected a base above 0, got ${theta}`);
  }
  if (!Number.isInteger(j) || !Number.isInteger(d) || j < 0 || j >= d) {
    throw new RangeError(`rotary embedding: expected integers 0 ≤ j < d, got j = ${j}, d = ${d}`);
  }
}

/** A value of fixed point per precision, under a key. */
function cached<T>(make: (...key: number[]) => T): (...key: number[]) => T {
  const known = new Map<string, T>();
  return (...key) => {
    const name = key.join();
    let value = known.get(name);
    if (value === undefined) {
      value = make(...key);
      known.set(name, value);
    }
    return value;
  };
}

/** θ^(n/d) at w bits; the error of ln θ·n/d is below 2^12 units, that of the power relative and not much more. */
function powerFixed(theta: number, n: bigint, d: bigint, w: number): bigint {
  const { significand, exponent } = dyadicOf(theta);
  const { mantissa, k } = expFixed((logFixed(significand, exponent, w) * n) / d, w);
  return shifted(mantissa, k);
}

/** θ^(−2j/d) at w bits. */
const frequency = cached((theta, j, d, w) => powerFixed(theta, BigInt(-2 * j), BigInt(d), w));

/**
 * cos and sin of position·θ^(−2j/d) as reals: exact at position 0, irrational elsewhere (the angle is algebraic).
 * The angle is position times a cached frequency; a position p costs log2 p of the 64 guard bits.
 * @throws RangeError for a position that is no integer up to 2^29, θ ≤ 0, or not 0 ≤ j < d.
 */
export function rotaryReals(position: number, theta: number, j: number, d: number): RotaryReals {
  check(position, theta, j, d);
  if (position === 0) return { cos: ONE, sin: ZERO };
  const factor = BigInt(position);
  return cosSin((w) => factor * frequency(theta, j, d, w));
}

/**
 * θ^e rounded to float32. It is a rational number only if θ is a 2^b-th power, e = a/2^b in lowest terms; then it is
 * rounded exactly. (θ = n·2^m, n odd and below 2^53: only b ≤ 5 is possible, or n = 1 and b ≤ 10.)
 */
function powerFloat32(theta: number, e: number): number {
  const fraction = dyadicOf(e);
  let [a, b] = [fraction.significand, -fraction.exponent];
  while (a !== 0n && (a & 1n) === 0n) [a, b] = [a >> 1n, b - 1];
  if (a === 0n) return 1;
  if (b <= 10) {
    let { significand: n, exponent: m } = dyadicOf(theta);
    while ((n & 1n) === 0n) [n, m] = [n >> 1n, m + 1];
    let roots = b;
    for (; roots > 0 && m % 2 === 0; roots--) {
      const root = integerSqrt(n);
      if (root * root !== n) break;
      [n, m] = [root, m / 2];
    }
    if (roots <= 0) {
      const power = a << BigInt(-roots);
      return roundDyadic({ negative: false, significand: n ** power, exponent: m * Number(power) }, FLOAT32);
    }
  }
  return refine(
    (bits) => shifted(powerFixed(theta, a, 1n << BigInt(b), workingBits(bits)), bits - workingBits(bits)),
    128,
    FLOAT32,
  );
}

/** fl32(1/fl32(θ^fl32(2j/d))). */
const inverseFrequencyFloat32 = cached((theta, j, d) =>
  // 53 ≥ 2·24 + 2: rounding the float64 quotient of integers below 2^24 again is innocuous.
  exactDiv(1, powerFloat32(theta, Math.fround((2 * j) / d)), FLOAT32),
);

/**
 * The variant `float32-angles`: e = fl32(2j/d), power = fl32(θ^e) correctly rounded, inverse = fl32(1/power),
 * angle = fl32(position·inverse); cos and sin of that float32 as reals, exact where it is 0.
 * @throws RangeError as `rotaryReals`.
 */
export function rotaryRealsFloat32(position: number, theta: number, j: number, d: number): RotaryReals {
  check(position, theta, j, d);
  const angle = Math.fround(position * inverseFrequencyFloat32(theta, j, d));
  return angle === 0 ? { cos: ONE, sin: ZERO } : cosSin((w) => fixedOf(angle, w));
}
