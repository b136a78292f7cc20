/** Double-double against BigInt and fixed point, with the bounds that the functions state. */
import { describe, expect, it } from 'vitest';
import { formats } from '../../src/formats/index.ts';
import { FLOAT64 } from '../../src/softfloat/context.ts';
import { type DD, doubleDouble, quickTwoSum, twoProduct, twoSum } from '../../src/softfloat/double-double.ts';
import { ddExpm1 } from '../../src/softfloat/elementary/dd-exp.ts';
import { evaluateFixed, expFixed, fixedOf, magnitudeOf } from '../../src/softfloat/elementary/fixed-point.ts';
import { productError, roundToOdd } from '../../src/softfloat/error-free.ts';
import { exactFma, integerSqrt } from '../../src/softfloat/exact-arithmetic.ts';
import { fusedMultiplyAdd } from '../../src/softfloat/fused.ts';
import { generator, operand } from './random.ts';

const BITS = 700;
const exact = ({ hi, lo }: DD): bigint => fixedOf(hi, BITS) + fixedOf(lo, BITS);
const size = (n: bigint): bigint => (n < 0n ? -n : n);

/** True if |got − expected| ≤ 2^power·|expected|. */
function isClose(got: bigint, expected: bigint, power: number): boolean {
  return size(got - expected) <= size(expected) >> BigInt(-power);
}

/** 106 random bits, exponents from 2^−range to 2^range. */
function random(next: () => number, range: number): DD {
  const hi = (1 + next() / 2 ** 32 + next() / 2 ** 52) * 2 ** ((next() % (2 * range + 1)) - range);
  return quickTwoSum(next() % 2 === 0 ? hi : -hi, (next() / 2 ** 32 - 0.5) * hi * 2 ** -52);
}

describe('error-free transformations', () => {
  it('twoSum and twoProduct are exact', () => {
    const next = generator(1);
    for (let i = 0; i < 2000; i++) {
      const [x, y] = [random(next, 60).hi, random(next, 60).hi];
      expect(exact(twoSum(x, y))).toBe(fixedOf(x, BITS) + fixedOf(y, BITS));
      expect(exact(twoProduct(x, y)) << BigInt(BITS)).toBe(fixedOf(x, BITS) * fixedOf(y, BITS));
    }
    expect(twoProduct(2 ** 1000, 1 + 2 ** -52)).toEqual({ hi: 2 ** 1000 * (1 + 2 ** -52), lo: 0 });
    expect(twoProduct(2 ** 1000 * (1 + 2 ** -52), 1 + 2 ** -52).lo).toBe(2 ** 896);
    expect(productError(3, 5, 15)).toBe(0);
  });
  it('rounding to odd', () => {
    expect([roundToOdd(1, 2 ** -60), roundToOdd(1, -(2 ** -60)), roundToOdd(-1, -(2 ** -60))]).toEqual([
      1 + 2 ** -52,
      1 - 2 ** -53,
      -1 - 2 ** -52,
    ]);
    expect([roundToOdd(1 + 2 ** -52, -(2 ** -60)), roundToOdd(1, 0)]).toEqual([1 + 2 ** -52, 1]);
  });
  it('the fused multiply-add of float64', () => {
    const next = generator(2);
    for (let i = 0; i < 6000; i++) {
      const [x, y, z] =
        i % 2 === 0 ? [0, 0, 0].map(() => operand(next, formats.fp64)) : [0, 0, 0].map(() => random(next, 40).hi);
      const near = i % 4 === 1 ? -x * y * (1 + ((next() % 3) - 1) * 2 ** -52) : z;
      expect(fusedMultiplyAdd(x, y, near), `${x}, ${y}, ${near}`).toBe(exactFma(x, y, near, FLOAT64));
    }
  });
});

describe('arithmetic', () => {
  it('+ − × ÷ √ keep their bounds', () => {
    const next = generator(3);
    for (let i = 0; i < 3000; i++) {
      const [x, y] = [random(next, 40), random(next, 40)];
      const [a, b] = [exact(x), exact(y)];
      expect(isClose(exact(doubleDouble.add(x, y)), a + b, -104)).toBe(true);
      expect(isClose(exact(doubleDouble.sub(x, y)), a - b, -104)).toBe(true);
      expect(isClose(exact(doubleDouble.mul(x, y)), (a * b) >> BigInt(BITS), -103)).toBe(true);
      expect(isClose(exact(doubleDouble.div(x, y)), (a << BigInt(BITS)) / b, -102)).toBe(true);
      const positive = { hi: Math.abs(x.hi), lo: x.hi < 0 ? -x.lo : x.lo };
      expect(isClose(exact(doubleDouble.sqrt(positive)), integerSqrt(exact(positive) << BigInt(BITS)), -102)).toBe(
        true,
      );
      expect(Math.sign(doubleDouble.compare(x, y))).toBe(a < b ? -1 : a > b ? 1 : 0);
    }
  });
  it('infinities, NaN, zeros, overflow', () => {
    const n = doubleDouble.fromNumber;
    const { add, mul, div, sqrt, exp, log, tanh, erf } = doubleDouble;
    expect(add(n(Number.POSITIVE_INFINITY), n(1))).toEqual({ hi: Number.POSITIVE_INFINITY, lo: 0 });
    expect(add(n(1e308), n(1e308))).toEqual({ hi: Number.POSITIVE_INFINITY, lo: 0 });
    expect(mul(n(1e200), n(-1e200))).toEqual({ hi: Number.NEGATIVE_INFINITY, lo: 0 });
    expect(div(n(1), n(0))).toEqual({ hi: Number.POSITIVE_INFINITY, lo: 0 });
    expect(div(n(1), n(Number.POSITIVE_INFINITY))).toEqual({ hi: 0, lo: 0 });
    for (const x of [
      sqrt(n(-1)),
      div(n(0), n(0)),
      exp(n(Number.NaN)),
      log(n(-1)),
      tanh(n(Number.NaN)),
      erf(n(Number.NaN)),
    ]) {
      expect(x).toEqual({ hi: Number.NaN, lo: 0 });
      expect(doubleDouble.isNaN(x)).toBe(true);
    }
    expect([exp(n(1e9)).hi, exp(n(-1e9)).hi, log(n(0)).hi, tanh(n(-1e9)).hi, erf(n(1e9)).hi]).toEqual([
      Number.POSITIVE_INFINITY,
      0,
      Number.NEGATIVE_INFINITY,
      -1,
      1,
    ]);
    expect([exp(n(0)), log(n(1)).hi, exp(n(Number.NEGATIVE_INFINITY)).hi]).toEqual([{ hi: 1, lo: 0 }, 0, 0]);
    expect(exp(n(709.78)).hi).toBeLessThan(Number.POSITIVE_INFINITY);
  });
});

describe('functions', () => {
  const RANGE = {
    exp: [-30, 9],
    log: [-40, 40],
    tanh: [-30, 5],
    erf: [-30, 2],
    sin: [-20, 20],
    cos: [-20, 20],
  } as const;
  const BOUND = { exp: -96, log: -94, tanh: -95, erf: -95, sin: -103, cos: -103 } as const;
  it.each(['exp', 'log', 'tanh', 'erf', 'sin', 'cos'] as const)('%s of float64 numbers', (name) => {
    const next = generator(4);
    const [from, to] = RANGE[name];
    for (let i = 0; i < (name === 'erf' ? 400 : 700); i++) {
      const significand = 1 + next() / 2 ** 32 + next() / 2 ** 52;
      const magnitude = significand * 2 ** (from + (next() % (to - from)));
      const x =
        name === 'log'
          ? i % 2 === 0
            ? magnitude
            : 1 + magnitude * 2 ** -40
          : next() % 2 === 0
            ? magnitude
            : -magnitude;
      const bits = 160 - magnitudeOf(name, x);
      const { hi, lo } = doubleDouble[name](doubleDouble.fromNumber(x));
      const expected = evaluateFixed(name, x, bits);
      expect(isClose(fixedOf(hi, bits) + fixedOf(lo, bits), expected, BOUND[name]), `${name}(${x})`).toBe(true);
    }
  });
  it('e^x − 1 of double-doubles, where its table cancels most', () => {
    const next = generator(5);
    for (let i = 0; i < 1500; i++) {
      const hi = (1 + next() / 2 ** 32) * 2 ** ((next() % 20) - 18) * (next() % 2 === 0 ? 1 : -1);
      const x = { hi, lo: hi * 2 ** -54 * (next() / 2 ** 32) };
      const { mantissa, k } = expFixed(fixedOf(x.hi, 320) + fixedOf(x.lo, 320), 320);
      const expected = (k < 0 ? mantissa >> BigInt(-k) : mantissa << BigInt(k)) - (1n << 320n);
      const got = ddExpm1(x);
      expect(isClose(fixedOf(got.hi, 320) + fixedOf(got.lo, 320), expected, -95), `${hi}`).toBe(true);
    }
  });
});
