/** Exact reals and rotary tables. */

import { Decimal } from 'decimal.js';
import { describe, expect, it } from 'vitest';
import { formats, parseFormat, roundingModes } from '../../src/formats/index.ts';
import { fixedOf } from '../../src/softfloat/elementary/fixed-point.ts';
import { exactScalarsOf } from '../../src/softfloat/exact.ts';
import {
  doubleDoubleOf,
  type Real,
  realFromDecimal,
  realFromNumber,
  rotaryReals,
  rotaryRealsFloat32,
  roundReal,
  sqrtOfRatio,
  sqrtTwoOverPi,
} from '../../src/softfloat/real.ts';
import { scalarsOf } from '../../src/softfloat/scalar.ts';
import { decimalOf } from './decimal-oracle.ts';
import { context } from './random.ts';

const D = Decimal.clone({ precision: 80, toExpNeg: -9e15, toExpPos: 9e15 });
const fp64 = context(formats.fp64);
const fp32 = context(formats.fp32);

/** `fixed` is within 1 of y·2^bits. */
function expectFixed(x: Real, y: Decimal): void {
  for (const bits of [0, 5, 64, 128, 200]) {
    const expected = BigInt(y.times(new D(2).pow(bits)).floor().toFixed());
    const difference = x.fixed(bits) - expected;
    expect(difference >= -1n && difference <= 1n, `${difference} at ${bits}`).toBe(true);
  }
}

describe('reals', () => {
  it('from numbers', () => {
    expect(realFromNumber(-0.75).exact).toBe(-0.75);
    expect(realFromNumber(-0.75).fixed(4)).toBe(-12n);
    expect(() => realFromNumber(Number.NaN)).toThrow(RangeError);
  });
  it('from decimals', () => {
    expect(realFromDecimal('0.5').exact).toBe(0.5);
    expect(realFromDecimal('-1.5e3').exact).toBe(-1500);
    expect(realFromDecimal('0').exact).toBe(0);
    expect(realFromDecimal('0.044715').exact).toBeUndefined();
    expect(roundReal(realFromDecimal('0.044715'), fp64)).toBe(0.044715);
    expect(roundReal(realFromDecimal('-0.1'), context(formats.fp64, 'down'))).toBe(-0.1);
    expectFixed(realFromDecimal('0.044715'), new D('0.044715'));
    // A midpoint of fp64 that is no float64: rounded as a fraction, so that no loop waits for a decision.
    expect(roundReal(realFromDecimal('9007199254740993'), fp64)).toBe(9007199254740992);
    expect(roundReal(realFromDecimal('9007199254740993'), context(formats.fp64, 'up'))).toBe(9007199254740994);
    expect(roundReal(realFromDecimal('1e-400'), context(formats.fp64, 'up'))).toBe(Number.MIN_VALUE);
    expect(roundReal(realFromDecimal('1e400'), fp64)).toBe(Number.POSITIVE_INFINITY);
    expect(() => realFromDecimal('1/3')).toThrow(/0\.044715/);
  });
  it('square roots', () => {
    expect([sqrtOfRatio(1n, 64n).exact, sqrtOfRatio(2n, 8n).exact, sqrtOfRatio(0n, 3n).exact]).toEqual([0.125, 0.5, 0]);
    expect(sqrtOfRatio(1n, 9n).exact).toBeUndefined();
    expect(roundReal(sqrtOfRatio(1n, 9n), fp64)).toBe(1 / 3);
    expectFixed(sqrtOfRatio(1n, 9n), new D(1).div(3));
    expectFixed(sqrtOfRatio(1n, 2n), new D(0.5).sqrt());
    for (const d of [2n, 3n, 48n, 80n, 96n]) {
      for (const mode of roundingModes) {
        const c = context(formats.bf16, mode);
        const expected = exactScalarsOf(c).fromReal({
          fixed: (bits) => BigInt(new D(1).div(d.toString()).sqrt().times(new D(2).pow(bits)).floor().toFixed()),
        });
        expect(roundReal(sqrtOfRatio(1n, d), c)).toBe(expected);
      }
    }
    expect(() => sqrtOfRatio(1n, 0n)).toThrow(RangeError);
  });
  it('√(2/π)', () => {
    expectFixed(sqrtTwoOverPi, new D(2).div(D.acos(-1)).sqrt());
    expect(roundReal(sqrtTwoOverPi, fp64)).toBe(0.7978845608028654);
    expect(scalarsOf(context(parseFormat('decimal:4'))).fromReal(sqrtTwoOverPi)).toBe(0.7979);
  });
  it('as double-doubles', () => {
    for (const x of [
      sqrtTwoOverPi,
      realFromDecimal('0.044715'),
      realFromDecimal('-1e-30'),
      rotaryReals(5, 10000, 3, 8).sin,
    ]) {
      const { hi, lo } = doubleDoubleOf(x);
      const n = x.fixed(300);
      const difference = fixedOf(hi, 300) + fixedOf(lo, 300) - n;
      expect((difference < 0n ? -difference : difference) << 104n < (n < 0n ? -n : n)).toBe(true);
    }
    expect(doubleDoubleOf(realFromNumber(3))).toEqual({ hi: 3, lo: 0 });
    expect(doubleDoubleOf(realFromDecimal('1e-600'))).toEqual({ hi: 0, lo: 0 });
  });
});

describe('rotary tables', () => {
  it('are cos and sin of the real angle', () => {
    for (const [position, theta, j, d] of [
      [1, 10000, 0, 64],
      [4095, 10000, 31, 64],
      [17, 10000, 5, 64],
      [1000, 500000, 12, 128],
      [3, 1.5, 1, 4],
    ]) {
      const angle = new D(theta).pow(new D(-2 * j).div(d)).times(position);
      const { cos, sin } = rotaryReals(position, theta, j, d);
      expectFixed(cos, D.cos(angle));
      expectFixed(sin, D.sin(angle));
    }
    const start = rotaryReals(0, 10000, 3, 8);
    expect([start.cos.exact, start.sin.exact]).toEqual([1, 0]);
    expect(() => rotaryReals(0.5, 10000, 0, 8)).toThrow(RangeError);
    expect(() => rotaryReals(1, 0, 0, 8)).toThrow(RangeError);
    expect(() => rotaryReals(1, 10000, 8, 8)).toThrow(RangeError);
  });
  it('float32 angles', () => {
    // θ^e is exact where θ is a square: 10000^(1/2) = 100, 10000^(1/4) = 10.
    for (const [position, j, d, inverse] of [
      [7, 1, 4, Math.fround(1 / 100)],
      [7, 1, 8, Math.fround(1 / 10)],
      [7, 0, 8, 1],
    ]) {
      const angle = decimalOf(Math.fround(position * inverse));
      const { cos, sin } = rotaryRealsFloat32(position, 10000, j, d);
      expectFixed(cos, D.cos(angle));
      expectFixed(sin, D.sin(angle));
    }
    for (const j of [1, 5, 17, 31]) {
      const power = new D(10000).pow(decimalOf(Math.fround((2 * j) / 48)).toString());
      const inverse = Math.fround(
        1 / roundReal({ fixed: (b) => BigInt(power.times(new D(2).pow(b)).floor().toFixed()) }, fp32),
      );
      const angle = decimalOf(Math.fround(123 * inverse));
      expectFixed(rotaryRealsFloat32(123, 10000, j, 48).sin, D.sin(angle));
    }
    expect(rotaryRealsFloat32(0, 10000, 1, 8).cos.exact).toBe(1);
    expect(rotaryRealsFloat32(1, 2 ** 10, 1, 4).cos.fixed(64)).toBe(rotaryRealsFloat32(1, 2 ** 20, 1, 8).cos.fixed(64));
  });
});
