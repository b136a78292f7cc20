/** What the catalogue says of norms, beside singular values, and the cases that earlier forms of the bounds missed. */
import { Matrix, SVD } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { bounds } from '../../src/bounds/index.ts';
import { formats } from '../../src/formats/index.ts';
import { Random } from '../../src/testing/random.ts';
import type { TrialCase } from '../../src/testing/trial.ts';
import { trials } from '../../src/testing/trials/index.ts';

function value(id: string, inputs: Record<string, unknown>): number {
  const result = bounds.get(id).evaluate(inputs);
  if (!result.valid) throw new Error(result.because);
  return typeof result.value === 'number' ? result.value : Math.max(...result.value);
}

/** observed/bound of the worst component. */
function ratio(id: string, trial: TrialCase): number {
  const seen = trials.get(id)?.observe(trial);
  const result = bounds.get(id).evaluate(seen?.inputs ?? {});
  if (seen === undefined || !result.valid) throw new Error(`${id} is not valid`);
  const [observed, limits] = [seen.observed, result.value].map((v) => (typeof v === 'number' ? [v] : [...v]));
  return Math.max(...observed.map((error, i) => error / limits[i]));
}

/** ‖J‖₂‖x‖₂/‖z‖₂ of z = (x − mean)/√(v + ε) by singular values. */
function condition(x: readonly number[], epsilon: number): number {
  const D = x.length;
  const mean = x.reduce((a, b) => a + b, 0) / D;
  const c = x.map((entry) => entry - mean);
  const total = c.reduce((sum, entry) => sum + entry * entry, 0) + D * epsilon;
  const J = new Matrix(c.map((ci, i) => c.map((cj, j) => (i === j ? 1 : 0) - 1 / D - (ci * cj) / total)));
  return (new SVD(J).norm2 * Math.hypot(...x)) / Math.hypot(...c);
}

describe('condition numbers', () => {
  const row = (i: number, length: number): number[] => {
    const random = new Random(3, 'rows', i);
    return Array.from({ length }, () => 4 + random.normal());
  };

  it('LayerNorm has RMS(x)/σ in the 2-norm, whatever ε is, from three entries on', () => {
    for (const length of [3, 4, 9]) {
      for (const epsilon of [0, 1e-5, 1, 100]) {
        const x = row(length, length);
        expect(condition(x, epsilon) / value('lnCond2', { x })).toBeCloseTo(1, 12);
      }
    }
  });
  it('and less for two', () => {
    expect(condition([1, 3], 1)).toBeLessThan(0.51 * value('lnCond2', { x: [1, 3] }));
  });
  it('RMSNorm has at most 2 componentwise, and 2 where an entry is 0', () => {
    expect(value('rmsCondC', { x: [0, 1, -3], epsilon: 0 })).toBe(2);
    for (let i = 0; i < 50; i++) expect(value('rmsCondC', { x: row(i, 5), epsilon: 1e-5 })).toBeLessThanOrEqual(2);
  });
  it('LayerNorm has at most 3‖x‖∞/min|c| componentwise', () => {
    for (let i = 0; i < 50; i++) {
      const x = row(i, 7);
      const mean = x.reduce((a, b) => a + b, 0) / 7;
      const nearest = Math.min(...x.map((entry) => Math.abs(entry - mean)));
      expect(value('lnCondC', { x, epsilon: 0 })).toBeLessThanOrEqual((3 * Math.max(...x)) / nearest);
    }
  });
  it('the sensitivity in the maximum norm is at most (2 + ‖z‖∞)·‖γ‖∞/√(v + ε)', () => {
    for (let i = 0; i < 50; i++) {
      const x = row(i, 6);
      const mean = x.reduce((a, b) => a + b, 0) / 6;
      const c = x.map((entry) => entry - mean);
      const root = Math.sqrt(c.reduce((sum, entry) => sum + entry * entry, 0) / 6 + 1e-5);
      const largest = Math.max(...c.map(Math.abs)) / root;
      const crude = (2 + largest) / root;
      expect(value('lnLipInf', { x, gamma: new Array(6).fill(1), epsilon: 1e-5 })).toBeLessThanOrEqual(crude);
    }
  });
});

describe('what earlier forms of the bounds missed', () => {
  const plain = { mode: 'nearest-even', subnormals: 'keep', order: 'sequential' } as const;
  const case1 = (format: string, arrays: TrialCase['arrays'], epsilon: number): TrialCase => ({
    ...{ ...plain, format, arrays },
    scalars: { epsilon },
  });

  it('an ε that is subnormal in the format', () => {
    const { u } = formats.fp16;
    const trial = case1('fp16', { x: [0.0009765625], gamma: [1] }, 1e-6);
    const seen = trials.get('rmsRound')?.observe(trial);
    const y = 0.0009765625 / Math.sqrt(0.0009765625 ** 2 + 1e-6);
    expect((seen as { observed: Float64Array }).observed[0] / (u * y)).toBeGreaterThan(5);
    expect(ratio('rmsRound', trial)).toBeLessThan(1);
  });
  it('a β that is rounded on load', () => {
    const trial = case1('bf16', { x: [1, -1], gamma: [2 ** -20, 2 ** -20], beta: [1 + 2 ** -8, 1 + 2 ** -8] }, 1e-5);
    expect(ratio('lnRound', trial)).toBeGreaterThan(0.49);
    expect(ratio('lnRound', trial)).toBeLessThanOrEqual(1);
  });
  it('the load of ε where it dominates', () => {
    // About 2.25u, where 2u was claimed.
    const trial = case1('fp16', { x: [0.0218811] }, 1.130361328);
    const x = [0.021881103515625];
    const observed = trials.get('lnVar')?.observe({ ...trial, arrays: { x } })?.observed as number;
    expect(observed / formats.fp16.u).toBeGreaterThan(2);
    expect(ratio('lnVar', { ...trial, arrays: { x } })).toBeLessThan(1);
  });
  it('gives a bound for wide rows in few bits, where ku is above 1', () => {
    const x = Array.from({ length: 768 }, (_, i) => (i % 5) - 2);
    for (const format of ['bf16', 'fp16']) {
      expect(value('lnRound', { x, gamma: new Array(768).fill(1), epsilon: 1e-5, format })).toBeGreaterThan(0);
    }
    const short = { x: x.slice(0, 64).map((entry) => entry / 4), gamma: new Array(64).fill(1), epsilon: 1e-5 };
    for (const order of ['pairwise', 'sequential']) {
      expect(value('rmsRound', { ...short, format: 'e4m3', order })).toBeGreaterThan(0);
    }
    // A smaller row, added one after the other, may be lost to rounding and underflow altogether.
    const smaller = short.x.map((entry) => entry / 4);
    const lost = bounds.get('rmsRound').evaluate({ ...short, x: smaller, format: 'e4m3' });
    expect(lost.valid ? '' : lost.because).toContain('w = 1.');
  });
});
