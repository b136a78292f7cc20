/**
 * Arguments whose results are hard to round: found by search for results next to a number or midpoint of the format, or
 * next to 1, 0 or the argument itself.
 */
import { describe, expect, it } from 'vitest';
import { formats, nextDown, nextUp, roundingModes } from '../../src/formats/index.ts';
import { evaluateFixed, magnitudeOf } from '../../src/softfloat/elementary/fixed-point.ts';
import { kernels, LOW } from '../../src/softfloat/elementary/kernels.ts';
import { refined } from '../../src/softfloat/elementary/refine.ts';
import { exactScalarsOf } from '../../src/softfloat/exact.ts';
import { float64Functions } from '../../src/softfloat/float64.ts';
import { type Real, roundReal } from '../../src/softfloat/real.ts';
import { scalarsOf } from '../../src/softfloat/scalar.ts';
import type { ElementaryName } from '../../src/softfloat/scalars.ts';
import { decimalFunction, roundDecimal } from './decimal-oracle.ts';
import { context, generator } from './random.ts';

/** Of many fp32 operands, the 12 whose results are nearest to a multiple of half an ulp of fp32, by the kernel. */
function hardest(name: ElementaryName, count: number): number[] {
  const next = generator(31);
  const found: { x: number; distance: number }[] = [];
  for (let i = 0; i < count; i++) {
    const sign = name === 'log' || next() % 2 === 0 ? 1 : -1;
    const x = Math.fround((1 + next() / 2 ** 32) * 2 ** ((next() % 9) - 7) * sign);
    const hi = kernels[name].evaluate(x);
    const lo = LOW[0];
    // Half an ulp of fp32 is 2^−24 in [1, 2); scaled exactly, since hi has an exponent of moderate size.
    const scale = 2 ** 24 / 2 ** exponent(hi);
    const distance = Math.abs(hi * scale - Math.round(hi * scale) + lo * scale);
    found.push({ x, distance });
  }
  return found
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 12)
    .map(({ x }) => x);
}

function exponent(x: number): number {
  let e = 0;
  for (let size = Math.abs(x); size >= 2; size /= 2) e++;
  for (let size = Math.abs(x); size < 1; size *= 2) e--;
  return e;
}

describe('fp32 results nearest to a number or midpoint', () => {
  it.each(['exp', 'tanh', 'erf', 'log'] as const)('%s, the closest of 20,000', (name) => {
    for (const x of hardest(name, 20000)) {
      const y = decimalFunction(name, x);
      for (const mode of roundingModes) {
        const c = context(formats.fp32, mode);
        expect(scalarsOf(c)[name](x), `${name}(${x}) ${mode}`).toBe(roundDecimal(y, c));
      }
    }
  });
});

/**
 * Found by a search over 50–300 million fp32 operands a function: the float64 nearest to the result is within twelve of
 * its own ulps of a number of 25 bits, so that 48 bits could not decide. For ln 9.4726… it is a number of 25 bits.
 */
const FOUND: readonly (readonly [ElementaryName, readonly number[]])[] = [
  [
    'exp',
    [0.0013522299705073237, -14.567090034484863, -45.68510437011719, -0.0027284258976578712, -0.4189421236515045],
  ],
  ['tanh', [3.3887107372283936, 0.02244088612496853, 0.29959726333618164, 2.2778258323669434]],
  ['erf', [0.8967614769935608, 0.5165169835090637]],
  ['log', [9.472636222839355, 13.331658363342285, 1.6515148878097534, 7.275149822235107]],
];

describe('fp32 operands found by search', () => {
  it.each(FOUND)('%s', (name, operands) => {
    for (const x of operands) {
      const y = decimalFunction(name, x);
      for (const mode of roundingModes) {
        const c = context(formats.fp32, mode);
        expect(scalarsOf(c)[name](x), `${name}(${x}) ${mode}`).toBe(roundDecimal(y, c));
        expect(exactScalarsOf(c)[name](x), `${name}(${x}) ${mode}`).toBe(roundDecimal(y, c));
      }
    }
  });

  it('reals that take several rounds of refinement', () => {
    // 1 + 2^−24 ± 2^−500: a midpoint of fp32, nearly.
    const beside = (tail: bigint): Real => ({
      fixed: (bits) =>
        ((((1n << 500n) + (1n << 476n) + tail) << 4n) >> BigInt(504 - Math.min(bits, 504))) <<
        BigInt(Math.max(0, bits - 504)),
    });
    const nearest = context(formats.fp32);
    expect([roundReal(beside(1n), nearest), roundReal(beside(-1n), nearest)]).toEqual([1 + 2 ** -23, 1]);
  });
});

describe('results beside a known number', () => {
  it.each(['bf16', 'fp16', 'fp32', 'fp64', 'e4m3'] as const)('%s', (name) => {
    const format = formats[name];
    const tiny = format.smallestSubnormal;
    const belowOne = nextDown(1, format);
    for (const implementation of [scalarsOf, exactScalarsOf]) {
      const up = implementation(context(format, 'up'));
      const down = implementation(context(format, 'down'));
      const nearest = implementation(context(format));
      const odd = implementation(context(format, 'odd'));
      const small = format.smallestSubnormal * 4;
      if (small < format.u / 4) {
        expect([up.exp(small), down.exp(small)]).toEqual([nextUp(1, format), 1]);
        expect([up.exp(-small), down.exp(-small)]).toEqual([1, belowOne]);
        expect([up.cos(small), down.cos(small), nearest.cos(small)]).toEqual([1, belowOne, 1]);
        expect([up.tanh(small), down.tanh(small), nearest.tanh(small)]).toEqual([
          small,
          nextDown(small, format),
          small,
        ]);
        expect([up.sin(-small), down.sin(-small), odd.sin(small)]).toEqual([
          -nextDown(small, format),
          -small,
          nextDown(small, format),
        ]);
        expect([up.erf(tiny), down.erf(tiny), nearest.erf(tiny)]).toEqual([2 * tiny, tiny, tiny]);
      }
      for (const large of [8, 20, 64, format.largest].filter((x) => x <= format.largest && x >= 8)) {
        expect([up.erf(large), down.erf(large), up.erf(-large), down.erf(-large)]).toEqual([
          1,
          belowOne,
          -belowOne,
          -1,
        ]);
      }
      expect([up.tanh(format.largest > 20 ? format.largest : 448), down.tanh(448)]).toEqual([1, belowOne]);
      expect([up.exp(-2000), down.exp(-2000), nearest.exp(-2000), odd.exp(-2000)]).toEqual([tiny, 0, 0, tiny]);
      expect([down.exp(2000), odd.exp(1e300)]).toEqual([format.largest, format.largest]);
      expect(nearest.exp(1e300)).toBe(format.infinities ? Number.POSITIVE_INFINITY : Number.NaN);
    }
  });

  it('overflow and underflow of exp by the last bit of the argument', () => {
    const { exp } = scalarsOf(context(formats.fp32));
    // 88.72283172607422 < ln(2^128 − 2^103) < 88.722839355…, −103.972084 ≈ ln 2^−150.
    expect(exp(88.72283172607422)).toBeLessThan(Number.POSITIVE_INFINITY);
    expect(exp(88.72283935546875)).toBe(Number.POSITIVE_INFINITY);
    expect([exp(-103.97207641601562), exp(-103.97208404541016)]).toEqual([2 ** -149, 0]);
  });

  it('large arguments are settled without digits in proportion to them', () => {
    for (const mode of roundingModes) {
      for (const name of ['fp32', 'bf16', 'fp64', 'e11m10'] as const) {
        const format = name === 'e11m10' ? formats.fp16 : formats[name];
        const s = scalarsOf(context(format, mode));
        for (const x of [1e10, 1e30, 1e300, -1e30]) {
          expect(s.exp(x)).toBe(x > 0 ? s.exp(1e300) : s.exp(-1e300));
          for (const f of [s.tanh, s.erf, s.sin, s.cos]) expect(Math.abs(f(x))).toBeLessThanOrEqual(1);
        }
      }
    }
  });

  it('sin and cos of large arguments use all of π', () => {
    const largest = formats.fp32.largest;
    for (const x of [1e10, 2 ** 100, largest, 1e22]) {
      const bits = 200;
      const s = evaluateFixed('sin', x, bits);
      const c = evaluateFixed('cos', x, bits);
      expect(Number((s * s + c * c - (1n << 400n)) >> 200n)).toBeCloseTo(0, -2);
      expect(scalarsOf(context(formats.fp64)).sin(x)).toBe(Number(s) / 2 ** bits);
    }
    // A known value: sin(10^22), Ng, "Argument reduction for huge arguments" (1992).
    expect(float64Functions.sin(1e22)).toBe(-0.8522008497671888);
  });
});

describe('the double-double kernels', () => {
  it.each(['exp', 'tanh', 'erf', 'log'] as const)('%s: the decision without fixed point is the right one', (name) => {
    const next = generator(77);
    for (let i = 0; i < 400; i++) {
      const x = (1 + next() / 2 ** 32) * 2 ** ((next() % 14) - 10) * (name === 'log' || next() % 2 === 0 ? 1 : -1);
      expect(float64Functions[name](x)).toBe(refined(name, x, context(formats.fp64)));
    }
  });

  it('fixed point agrees with itself at higher precision', () => {
    const next = generator(78);
    for (const name of ['exp', 'tanh', 'erf', 'log', 'sin', 'cos'] as const) {
      for (let i = 0; i < 60; i++) {
        const x = (1 + next() / 2 ** 32) * 2 ** ((next() % 12) - 10);
        const bits = 120 - magnitudeOf(name, x);
        const [low, high] = [evaluateFixed(name, x, bits), evaluateFixed(name, x, bits + 200)];
        const difference = low - (high >> 200n);
        expect(difference >= -1n && difference <= 1n, `${name}(${x}): ${difference}`).toBe(true);
      }
    }
  });
});
