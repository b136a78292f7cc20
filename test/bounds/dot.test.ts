/** What the catalogue says of sums: where they stagnate, what is random about their errors, and what is not. */
import { describe, expect, it } from 'vitest';
import { bounds } from '../../src/bounds/index.ts';
import { formats, round } from '../../src/formats/index.ts';
import { parseOrder } from '../../src/tensor/index.ts';
import { scalarsOfCase } from '../../src/testing/arithmetic.ts';
import { Random } from '../../src/testing/random.ts';
import {
  absoluteProduct,
  type Computed,
  distance,
  exactProduct,
  innerProduct,
} from '../../src/testing/trials/dot/compute.ts';

type Name = 'fp32' | 'fp16' | 'bf16';

function computed(format: Name, order: string, x: readonly number[], y: readonly number[]): Computed {
  const scalars = scalarsOfCase({ format, mode: 'nearest-even', subnormals: 'keep' });
  const result = innerProduct(scalars, parseOrder(order), { fma: false, x, y });
  if (result === undefined) throw new Error('it overflows');
  return result;
}
function errorOf({ value }: Computed, x: readonly number[], y: readonly number[]): number {
  return distance(value, exactProduct(x, y), x.length, absoluteProduct(x, y));
}
function bound(id: string, inputs: Readonly<Record<string, unknown>>): number {
  const result = bounds.get(id).evaluate(inputs);
  if (!result.valid) throw new Error(result.because);
  return result.value as number;
}
const ones = (n: number): number[] => new Array<number>(n).fill(1);
const drawn = (format: Name, name: string, n: number, at: (random: Random) => number): number[] => {
  const random = new Random(11, name, 0);
  return Array.from({ length: n }, () => round(at(random), formats[format]));
};

describe('sums of ones', () => {
  it.each([
    ['bf16', 256],
    ['fp16', 2048],
  ] as const)('stop in %s at %i', (format, end) => {
    const x = ones(5000);
    const sum = computed(format, 'sequential', x, x);
    expect(sum.value).toBe(end);
    expect(errorOf(sum, x, x)).toBeLessThanOrEqual(bound('dotSeq', { x, y: x, format }));
    // Roundings of one sign: far above √n·u.
    const { u } = formats[format];
    expect(errorOf(sum, x, x)).toBeGreaterThan(Math.sqrt(5000) * u * 5000);
    // Kahan's sum loses but a rounding or two.
    expect(errorOf(computed(format, 'kahan', x, x), x, x)).toBeLessThanOrEqual(3 * u * 5000);
  });
  it('twice as far with two lanes', () => {
    expect(computed('bf16', 'lanes(2)', ones(5000), ones(5000)).value).toBe(512);
  });
});

describe('the √n law', () => {
  it('fails by far where all terms round alike: 2000 copies of 0.1 in fp16', () => {
    const x = new Array<number>(2000).fill(round(0.1, formats.fp16));
    const y = ones(2000);
    const error = errorOf(computed('fp16', 'sequential', x, y), x, y);
    expect(error / (Math.sqrt(2000) * formats.fp16.u * absoluteProduct(x, y))).toBeCloseTo(6.9, 1);
    expect(error).toBeGreaterThan(bound('dotProb', { x, y, format: 'fp16', lambda: 3 }));
    expect(error).toBeLessThanOrEqual(bound('dotSeq', { x, y, format: 'fp16' }));
  });
  it('holds with λ = 3 in 200 products of random numbers', () => {
    for (let i = 0; i < 200; i++) {
      const [x, y] = ['x', 'y'].map((name) => drawn('fp16', `${name}${i}`, 100, (random) => random.normal()));
      const error = errorOf(computed('fp16', 'sequential', x, y), x, y);
      expect(error).toBeLessThanOrEqual(bound('dotProb', { x, y, format: 'fp16', lambda: 3 }));
    }
  });
  it('the root mean square of the errors is what dotRms says, within 10 %', () => {
    let [observed, predicted] = [0, 0];
    for (let i = 0; i < 600; i++) {
      const [x, y] = ['x', 'y'].map((name) => drawn('fp16', `${name}${i}`, 64, (random) => random.normal()));
      const result = computed('fp16', 'sequential', x, y);
      observed += errorOf(result, x, y) ** 2;
      predicted += bound('dotRms', { products: result.products, sums: result.sums, format: 'fp16' }) ** 2;
    }
    // 600 squares of about normal numbers: their mean is within √(2/600) = 6 % of itself once in three times.
    expect(Math.sqrt(observed / predicted)).toBeGreaterThan(0.9);
    expect(Math.sqrt(observed / predicted)).toBeLessThan(1.1);
  });
});

describe('a store to bf16', () => {
  /** The mean of (stored − exact)/(u·|exact|) over all pairs of bf16 numbers in [1, 2), with a tail added in fp32. */
  function bias(tail: number): number {
    const { bf16, fp32 } = formats;
    let [sum, pairs] = [0, 0];
    for (let i = 0; i < 128; i++) {
      for (let j = 0; j < 128; j++) {
        const exact = 2 + (i + j) / 128 + tail;
        sum += (round(round(exact, fp32), bf16) - exact) / (bf16.u * exact);
        pairs++;
      }
    }
    return sum / pairs;
  }
  it('is biased where a tail of small terms breaks every tie one way, and is not without it', () => {
    expect(Math.abs(bias(0))).toBeLessThan(0.02);
    expect(bias(2 ** -12)).toBeGreaterThan(0.1);
    expect(bias(-(2 ** -12))).toBeLessThan(-0.1);
  });
});

describe('Kahan’s sum', () => {
  it('of 2048 uniform numbers in bf16 is within 3u, where the plain one is 50 times as far off', () => {
    const x = drawn('bf16', 'kahan', 2048, (random) => random.uniform());
    const y = ones(2048);
    const size = formats.bf16.u * absoluteProduct(x, y);
    expect(errorOf(computed('bf16', 'kahan', x, y), x, y) / size).toBeLessThan(3);
    expect(errorOf(computed('bf16', 'sequential', x, y), x, y) / size).toBeGreaterThan(150);
  });
});

describe('the running error bound', () => {
  it('is above the error, and at most (1 + nu) times the one from the data', () => {
    for (let i = 0; i < 200; i++) {
      const n = 1 + (i % 70);
      const [x, y] = ['x', 'y'].map((name) => drawn('fp32', `${name}${i}`, n, (random) => random.normal()));
      const { products, sums, ...rest } = computed('fp32', 'sequential', x, y);
      const given = { products, ...(sums.length > 0 && { sums }), format: 'fp32' };
      const running = bound('dotRunning', given);
      expect(errorOf({ products, sums, ...rest }, x, y)).toBeLessThanOrEqual(running);
      // |ẑ_k| ≤ (1 + u)|t_k| and |ŝ_k| ≤ (1 + ku)X: the n products and n − 1 sums are at most n(1 + nu)X.
      expect(running).toBeLessThanOrEqual((1 + n * formats.fp32.u) * bound('dotSeq', { x, y, format: 'fp32' }));
    }
  });
});

describe('orders of a sum', () => {
  const n = 768;
  const rows = Array.from({ length: 60 }, (_, i) =>
    ['x', 'y'].map((name) => drawn('bf16', `${name}${i}`, n, (random) => random.normal())),
  );

  it('of the same tiles give the same bits', () => {
    for (const [x, y] of rows) {
      const of = (order: string): number => computed('bf16', order, x, y).value;
      expect(of('splitk(24)')).toBe(of('blocked(32)'));
      expect(of('blocked(768)')).toBe(of('sequential'));
      expect(of('lanes(1)')).toBe(of('sequential'));
      expect(of('lanes(768)')).toBe(of('pairwise'));
    }
  });
  it.each([
    ['blocked(16)', 'blocked(32)'],
    ['blocked(64)', 'sequential'],
    ['pairwise', 'lanes(8)'],
  ])('of different tiles, %s and %s, mostly differ, by no more than orderDiff', (order1, order2) => {
    let different = 0;
    for (const [x, y] of rows) {
      const difference = Math.abs(computed('bf16', order1, x, y).value - computed('bf16', order2, x, y).value);
      if (difference > 0) different++;
      expect(difference).toBeLessThanOrEqual(bound('orderDiff', { x, y, order1, order2, format: 'bf16' }));
    }
    expect(different).toBeGreaterThan(rows.length / 2);
  });
});
