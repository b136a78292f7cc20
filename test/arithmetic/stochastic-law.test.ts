/**
 * Stochastic rounding by its law. The words are those of Philox at consecutive addresses, for seeds that are fixed: a test
 * passes or fails once and for all. Under the law that the words are independent and uniform each test fails with the
 * probability that it states, at most 10^−9 for each.
 */
import { describe, expect, it } from 'vitest';
import { CpuArithmetic } from '../../src/backends/cpu/cpu-arithmetic.ts';
import { formats, round } from '../../src/formats/index.ts';
import { parseSpec } from '../../src/tensor/index.ts';

const arithmetic = (text: string): CpuArithmetic => {
  const spec = parseSpec(`${text}, mode=stochastic`);
  return new CpuArithmetic(text, () => spec);
};

/**
 * P(|X − np| ≥ d) ≤ 2·exp(−n·D) for X ~ Binomial(n, p), D the smaller of the relative entropies at p ± d/n (Chernoff):
 * the smallest d for which that is below 10^−9.
 */
function deviation(n: number, p: number): number {
  const term = (a: number, b: number): number => (a === 0 ? 0 : a * Math.log(a / b));
  const bound = (q: number): number => (q < 0 || q > 1 ? 0 : Math.exp(-n * (term(q, p) + term(1 - q, 1 - p))));
  let d = 0;
  while (bound(p + d / n) + bound(p - d / n) > 1e-9) d++;
  return d;
}

describe('how often a number is rounded away', () => {
  const n = 1 << 16;
  const fractions = [2 ** -12, 1 / 16, 0.25, 1 / 3, 0.49, 0.5, 0.51, 2 / 3, 0.99, 1 - 2 ** -12];
  it.each(fractions)('%d of a gap above the lower neighbour', (f) => {
    for (const [format, base] of [
      [formats.bf16, 1],
      [formats.bf16, -3],
      [formats.fp16, 1000],
      [formats.e4m3, formats.e4m3.smallestSubnormal],
    ] as const) {
      const gap = 2 ** (Math.max(Math.floor(Math.log2(Math.abs(base))), format.emin) + 1 - format.precision);
      const x = Math.fround(base + Math.sign(base) * f * gap);
      const exact = (Math.abs(x) - Math.abs(base)) / gap;
      const p = Math.floor(exact * 2 ** 32) / 2 ** 32;
      const A = arithmetic(`${format.name}; seed=${Math.round(f * 1000)}`);
      const sums = A.add(
        'site',
        { shape: [n], data: new Float32Array(n).fill(x) },
        { shape: [], data: new Float32Array(1) },
      );
      const away = Array.from(sums.data as Float32Array).filter((y) => Math.abs(y) > Math.abs(base)).length;
      expect(Math.abs(away - n * p)).toBeLessThan(deviation(n, p));
    }
  });
  it('never, or always, where the probability says so', () => {
    const A = arithmetic('fp16; seed=4');
    const add = (x: number, y: number): Set<number> =>
      new Set(
        A.add('site', { shape: [n], data: new Float32Array(n).fill(x) }, { shape: [], data: Float32Array.of(y) })
          .data as Float32Array,
      );
    expect(add(1, 0)).toEqual(new Set([1]));
    // Below 2^−32 of a gap.
    expect(add(1, 2 ** -43)).toEqual(new Set([1]));
    expect(add(1, -(2 ** -11))).toEqual(new Set([1 - 2 ** -11]));
  });
});

describe('a sum of 4096 ones in bf16', () => {
  /**
   * From 256 on the gap is g = 2, 4, 8, 16, 32; s + 1 becomes s + g with the probability 1/g: the mean of every step is
   * s + 1, whatever s, so E s_n = n exactly, and the variance of a step is (g − 1)²/g + (1 − 1/g) = g − 1. So
   * Var s_n = Σ E(g_k − 1) over the steps. With g_k by the mean path (g = 2^j while s is in [2^(7+j), 2^(8+j))) that is
   * Σ_j 2^(7+j)·(2^j − 1) = 256·1 + 512·3 + 1024·7 + 2048·15 = 39 680: a deviation of 199.2. The exact one is computed
   * by the chain's own distribution below.
   */
  const exact = (n: number): { mean: number; variance: number } => {
    let distribution = new Map<number, number>([[1, 1]]);
    for (let k = 1; k < n; k++) {
      const next = new Map<number, number>();
      const put = (s: number, p: number): void => void next.set(s, (next.get(s) ?? 0) + p);
      for (const [s, p] of distribution) {
        const gap = s < 256 ? 1 : 2 ** (Math.floor(Math.log2(s)) - 7);
        if (gap > 1) put(s, p * (1 - 1 / gap));
        put(s + gap, p / gap);
      }
      distribution = next;
    }
    let [mean, square] = [0, 0];
    for (const [s, p] of distribution) [mean, square] = [mean + s * p, square + s * s * p];
    return { mean, variance: square - mean * mean };
  };

  it('has the mean 4096 and the deviation of its law', () => {
    const n = 4096;
    const { mean, variance } = exact(n);
    expect(mean).toBeCloseTo(n, 6);
    expect(Math.sqrt(variance)).toBeCloseTo(199, -1);
    const columns = 2048;
    const sums: number[] = [];
    for (const seed of [1, 2, 3, 2 ** 40]) {
      const A = arithmetic(`bf16; seed=${seed}`);
      const ones = { shape: [1, n], data: new Float32Array(n).fill(1) };
      const matrix = { shape: [n, columns / 4], data: new Float32Array((n * columns) / 4).fill(1) };
      sums.push(...Array.from(A.matmul('site', ones, matrix).data as Float32Array));
    }
    // Freedman's inequality: a martingale of steps of at most 31 and variance v exceeds d with a probability of at most
    // 2·exp(−d²/(2v + 62d/3)); for 6.6 deviations of 2048 sums that is 8·10^−10. Their mean square has the relative
    // deviation √(2/2048), if the law is about normal.
    const average = sums.reduce((a, b) => a + b) / columns;
    expect(Math.abs(average - n)).toBeLessThan(6.6 * Math.sqrt(variance / columns));
    const meanSquare = sums.reduce((a, b) => a + (b - n) ** 2, 0) / columns;
    expect(Math.abs(meanSquare / variance - 1)).toBeLessThan(6.6 * Math.sqrt(2 / columns));
    // Rounded to nearest, the sum stops at 256.
    expect(round(257, formats.bf16)).toBe(256);
  });
});

/** χ² of one degree of freedom is above 37.4 with a probability of 10^−9. */
const CHI_SQUARE_1 = 37.4;

function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((a, b) => a + b) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

describe('roundings do not depend on each other', () => {
  const n = 1 << 16;
  /** Whether each of n halves of a gap was rounded away. */
  const flips = (A: CpuArithmetic, site = 'site'): number[] => {
    const halves = { shape: [n], data: new Float32Array(n).fill(1 + 2 ** -8) };
    return Array.from(
      A.add(site, halves, { shape: [], data: new Float32Array(1) }).data as Float32Array,
      (y) => +(y > 1),
    );
  };
  /** (x + y) mod 2 is even or odd equally often if x and y are independent and fair. */
  const together = (x: readonly number[], y: readonly number[]): number => {
    const odd = x.filter((bit, i) => bit !== y[i]).length;
    return chiSquare([odd, x.length - odd]);
  };

  it('on those of neighbours, at any distance', () => {
    const bits = flips(arithmetic('bf16; seed=11'));
    for (const distance of [1, 2, 3, 4, 8, 16, 256, 4096]) {
      expect(together(bits.slice(distance), bits.slice(0, n - distance)), `${distance}`).toBeLessThan(CHI_SQUARE_1);
    }
    // Runs of eight: 256 patterns, χ² of 255 degrees of freedom is above 415 with a probability below 10^−9.
    const patterns = new Array<number>(256).fill(0);
    for (let i = 0; i < n; i += 8) patterns[bits.slice(i, i + 8).reduce((byte, bit) => 2 * byte + bit)]++;
    expect(chiSquare(patterns)).toBeLessThan(415);
  });
  it('on those of other steps, sites and seeds', () => {
    const A = arithmetic('bf16; seed=12');
    const first = flips(A);
    for (const [what, other] of [
      ['the next step', flips(A)],
      ['another site', flips(A, 'layers.0.probs')],
      ['another seed', flips(arithmetic('bf16; seed=13'))],
      ['a seed with another high word', flips(arithmetic(`bf16; seed=${2 ** 32 + 12}`))],
    ] as const) {
      expect(together(first, other), what).toBeLessThan(CHI_SQUARE_1);
    }
    expect(flips(arithmetic('bf16; seed=12'))).toEqual(first);
  });
});
