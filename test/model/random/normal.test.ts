import { describe, expect, it } from 'vitest';
import { randomNormals } from '../../../src/backends/cpu/random-normals.ts';
import { KernelMemory } from '../../../src/backends/cpu/wasm.ts';
import { normalNumbers } from '../../../src/model/random/normal.ts';
import { nodeWorkers } from '../../../src/platform/node-workers.ts';
import { float64Functions } from '../../../src/softfloat/float64.ts';
import { fnv1a, keyOf, philox } from '../../../src/softfloat/philox.ts';
import { firstDifference } from '../../support/bits.ts';
import { normalQuantile } from './quantile.ts';

describe('normalQuantile', () => {
  it.each([
    // Wichura's own checks, section 3 of AS241.
    [0.25, -0.6744897501960817],
    [0.001, -3.090232306167814],
    [1e-20, -9.262340089798409],
    // mpmath 1.3, sqrt(2)·erfinv(2p − 1) with 40 digits.
    [0.5, 0],
    [0.975, 1.959963984540054],
    [2 ** -53, -8.209536151601386],
  ])('at %f lies within 4 units in the last place of the exact value', (p, expected) => {
    expect(Math.abs(normalQuantile(p, Math.log) - expected)).toBeLessThanOrEqual(4 * 2 ** -53 * Math.abs(expected));
  });

  it('is odd about 1/2, bit for bit, where 1 − p is exact', () => {
    for (let k = 1; k < 2 ** 12; k++) {
      const p = k * 2 ** -13;
      expect(normalQuantile(1 - p, Math.log)).toBe(-normalQuantile(p, Math.log));
    }
  });

  it('does not fall, across both seams', () => {
    for (const seam of [0.075, 0.925, Math.exp(-25), 1 - Math.exp(-25)]) {
      const step = Math.min(seam, 1 - seam) * 1e-9;
      for (let k = -50; k < 50; k++) {
        const [low, high] = [seam + k * step, seam + (k + 1) * step].map((p) => normalQuantile(p, Math.log));
        expect(high).toBeGreaterThanOrEqual(low);
      }
    }
  });
});

describe('normalNumbers', () => {
  /** Element i from the counter (i, 0, hash, 0). */
  function element(i: number, name: string, seed: number, deviation: number): number {
    const words = new Uint32Array(4);
    philox([i, 0, fnv1a(name), 0], keyOf(seed), words);
    const p = Number((BigInt(words[0]) << 20n) | BigInt(words[1] >>> 12)) * 2 ** -52 + 2 ** -53;
    return Math.fround(normalQuantile(p, float64Functions.log) * deviation);
  }

  it('follows its own description', () => {
    for (const seed of [2 ** 40 + 3, 0, Date.now()]) {
      const numbers = normalNumbers(20_000, 'x.weight', seed, 0.02);
      const expected = Float32Array.from(numbers, (_, i) => element(i, 'x.weight', seed, 0.02));
      expect(firstDifference(numbers, expected), `seed ${seed}`).toBe(-1);
    }
    expect(normalNumbers(0, 'x.weight', 1, 1)).toEqual(new Float32Array(0));
  });

  it('is the same in pieces and on any number of threads', () => {
    const size = 2 ** 18 + 10_001;
    const source = { key: keyOf(7), name: fnv1a('a'), standardDeviation: 1 };
    const one = normalNumbers(size, 'a', 7, 1);
    for (const i of [2 ** 18 - 1, 2 ** 18, size - 1]) expect(one[i]).toBe(element(i, 'a', 7, 1));
    for (const threads of [2, 3]) {
      const memory = new KernelMemory({ workers: () => ({ ...nodeWorkers, threads }) });
      expect(firstDifference(randomNormals(memory, size, source), one)).toBe(-1);
      memory.pool()?.stop();
    }
  });

  it('depends on name and seed, not on how many are asked for', () => {
    const numbers = normalNumbers(64, 'a', 1, 1);
    expect(normalNumbers(32, 'a', 1, 1)).toEqual(numbers.slice(0, 32));
    expect(normalNumbers(32, 'b', 1, 1)[0]).not.toBe(numbers[0]);
    expect(normalNumbers(32, 'a', 2, 1)[0]).not.toBe(numbers[0]);
  });

  it('has the moments and the distribution of a normal variable', () => {
    const n = 200_000;
    const numbers = Float64Array.from(normalNumbers(n, 'moments', 1, 1)).sort();
    const moment = (k: number) => numbers.reduce((sum, x) => sum + x ** k, 0) / n;
    // Five standard errors: those of the moments are √(1/n), √(2/n), √(15/n), √(96/n).
    expect(Math.abs(moment(1))).toBeLessThan(5 * Math.sqrt(1 / n));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    expect(Math.abs(moment(3))).toBeLessThan(5 * Math.sqrt(15 / n));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(5 * Math.sqrt(96 / n));
    // Kolmogorov–Smirnov through the quantiles: 1.95/√n is exceeded with probability 0.001.
    for (let k = 1; k < 100; k++) {
      const below = numbers.findLastIndex((x) => x <= normalQuantile(k / 100, Math.log)) + 1;
      expect(Math.abs(below / n - k / 100)).toBeLessThan(1.95 / Math.sqrt(n));
    }
  });
});
