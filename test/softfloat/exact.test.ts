/** exact.ts: agreement with the definition of rounding, and the rules that random operands rarely meet. */
import { describe, expect, it } from 'vitest';
import { formats, parseFormat, round, roundingModes } from '../../src/formats/index.ts';
import { roundDyadic, roundNumber } from '../../src/softfloat/dyadic.ts';
import { exactScalarsOf } from '../../src/softfloat/exact.ts';
import { integerSqrt } from '../../src/softfloat/exact-arithmetic.ts';
import { scalarsOf, softfloat } from '../../src/softfloat/scalar.ts';
import { between, context, generator, operand } from './random.ts';

const { POSITIVE_INFINITY: INF, NaN: NAN } = Number;

describe('rounding', () => {
  it.each([...Object.keys(formats), 'e8m3', 'e11m10', 'e5m30', 'decimal:1', 'decimal:15'])(
    '%s: formats.round',
    (name) => {
      const format = parseFormat(name);
      const next = generator(5);
      for (let i = 0; i < 1500; i++) {
        const x = i % 2 === 0 ? operand(next, formats.fp64) : between(next, format);
        for (const mode of roundingModes) expect(roundNumber(x, context(format, mode))).toBe(round(x, format, mode));
      }
    },
  );
});

describe.each([
  ['exact.ts', exactScalarsOf],
  ['scalar.ts', scalarsOf],
])('%s', (_, implementation) => {
  it.each(roundingModes)('signs of zeros, %s', (mode) => {
    for (const name of ['bf16', 'fp32', 'fp64', 'e4m3', 'e11m10']) {
      const s = implementation(context(parseFormat(name), mode));
      const cancelled = mode === 'down' ? -0 : 0;
      expect(s.add(1, -1)).toBe(cancelled);
      expect(s.sub(1, 1)).toBe(cancelled);
      expect(s.add(0, -0)).toBe(cancelled);
      expect(s.sub(0, 0)).toBe(cancelled);
      expect(s.add(-0, -0)).toBe(-0);
      expect(s.add(0, 0)).toBe(0);
      expect(s.fma(1, 1, -1)).toBe(cancelled);
      expect(s.fma(-0, 1, 0)).toBe(cancelled);
      expect(s.fma(-0, 1, -0)).toBe(-0);
      expect(s.fma(0, 1, 0)).toBe(0);
      expect(s.mul(-1, 0)).toBe(-0);
      expect(s.div(-0, 1)).toBe(-0);
      expect(s.sqrt(-0)).toBe(-0);
      expect(s.tanh(-0)).toBe(-0);
      expect(s.erf(-0)).toBe(-0);
      expect(s.sin(-0)).toBe(-0);
      expect(s.log(1)).toBe(0);
      expect(s.exp(-0)).toBe(1);
      expect(s.cos(0)).toBe(1);
    }
  });

  it('infinities and NaN', () => {
    const s = implementation(context(formats.bf16));
    for (const x of [s.add(INF, -INF), s.mul(INF, 0), s.fma(0, INF, NAN), s.fma(INF, 1, -INF), s.div(0, 0)])
      expect(x).toBe(NAN);
    for (const x of [s.div(INF, INF), s.sqrt(-1), s.log(-1), s.sin(INF), s.cos(-INF), s.exp(NAN)]) expect(x).toBe(NAN);
    expect(s.div(-1, 0)).toBe(-INF);
    expect(s.div(1, -INF)).toBe(-0);
    expect(s.log(0)).toBe(-INF);
    expect(s.exp(-INF)).toBe(0);
    expect(s.tanh(-INF)).toBe(-1);
    expect(s.erf(INF)).toBe(1);
    expect(s.add(INF, 1)).toBe(INF);
  });

  it('formats without an infinity or NaN', () => {
    const e4m3 = implementation(context(formats.e4m3));
    expect([e4m3.add(448, 16), e4m3.add(448, 17), e4m3.mul(448, -2), e4m3.div(1, 0)]).toEqual([448, NAN, NAN, NAN]);
    const saturating = implementation({ ...context(formats.e4m3), overflow: 'saturate' });
    expect([saturating.add(448, 448), saturating.div(-1, 0), saturating.exp(INF), saturating.log(0)]).toEqual([
      448, -448, 448, -448,
    ]);
    expect(saturating.sqrt(-1)).toBe(NAN);
    const e2m1 = implementation(context(formats.e2m1));
    expect([e2m1.add(6, 6), e2m1.sqrt(-1), e2m1.div(0, 0), e2m1.fromNumber(NAN)]).toEqual([6, 0, 0, 0]);
    expect(implementation({ ...context(formats.fp16), overflow: 'saturate' }).fromNumber(-INF)).toBe(-65504);
    expect(implementation(context(formats.e4m3, 'toward-zero')).fromNumber(1e9)).toBe(448);
    expect(implementation(context(formats.fp16, 'odd')).mul(60000, 60000)).toBe(65504);
  });

  it('flush decides after rounding', () => {
    const s = implementation({ ...context(formats.fp16), subnormals: 'flush' });
    expect(s.mul(2 ** -14, 1 - 2 ** -12)).toBe(2 ** -14);
    expect(s.mul(2 ** -14, -(1 - 2 ** -10))).toBe(-0);
  });

  it('decimal: float64 first, then the digits', () => {
    const s = implementation(context(parseFormat('decimal:3')));
    expect([s.add(0.1, 0.2), s.div(1, 3), s.mul(1.25, 0.1), s.fromNumber(0.50049), s.fromNumber(1234.5)]).toEqual([
      0.3, 0.333, 0.125, 0.5, 1230,
    ]);
    expect([s.fromNumber(0.03125), s.fromNumber(1.375), s.fromNumber(1.125)]).toEqual([0.0312, 1.38, 1.12]);
  });
});

describe('integer square root', () => {
  it('of squares and their neighbours', () => {
    for (const root of [1n, 2n, 3n, 10n ** 20n, 2n ** 70n - 1n]) {
      expect(integerSqrt(root * root)).toBe(root);
      expect(integerSqrt(root * root - 1n)).toBe(root - 1n);
      expect(integerSqrt(root * root + 1n)).toBe(root);
    }
  });
});

describe('softfloat', () => {
  it('has single operations by format and mode', () => {
    expect(softfloat.add(1, 2 ** -9, formats.bf16)).toBe(1);
    expect(softfloat.add(1, 2 ** -9, formats.bf16, 'up')).toBe(1 + 2 ** -7);
    expect(softfloat.fma(1 + 2 ** -7, 1 + 2 ** -7, -1, formats.bf16)).toBe(2 ** -6);
    expect(softfloat.exp(2, parseFormat('decimal:4'))).toBe(7.389);
  });
  it('caches by content', () => {
    expect(scalarsOf(context(formats.e5m2))).toBe(scalarsOf({ ...context(formats.e5m2) }));
    expect(roundDyadic({ negative: false, significand: 1n, exponent: 2000 }, context(formats.fp64, 'down'))).toBe(
      Number.MAX_VALUE,
    );
  });
});
