/**
 * Baek's controlled experiment (the final version's E1): the three parts of the predictor against small perturbations. The
 * settings are its published ones; the targets are those of the experiment's own code, run on them.
 */
import { describe, expect, it } from 'vitest';
import { float64Specs } from '../../src/arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../src/backends/cpu/cpu-arithmetic.ts';
import { localRisk } from '../../src/bounds/attention/predictors.ts';
import { softmaxCondition } from '../../src/bounds/attention/softmax-rows.ts';
import { pearson, spearman } from '../../src/bounds/correlation.ts';
import { bounds } from '../../src/bounds/index.ts';
import { frobenius } from '../../src/bounds/matrices.ts';
import { normGain, normRow } from '../../src/bounds/norms/conditions.ts';
import { spectralNorm } from '../../src/bounds/spectra/singular-values.ts';
import { tensor } from '../../src/tensor/index.ts';

const A = new CpuArithmetic('float64', float64Specs);
const falls = (numbers: readonly number[]) => numbers.every((x, i) => i === 0 || x <= numbers[i - 1]);

describe('the predictor’s parts under small perturbations', () => {
  it('attention: the proxy goes along with the change of the context', () => {
    const softmax = (scores: number[]) =>
      Float64Array.from(A.softmax('probs', tensor([2, 2], Float64Array.from(scores))).data);
    const [proxies, changes] = [[] as number[], [] as number[]];
    for (const margin of [0.25, 0.5, 1, 2, 4]) {
      for (const scale of [0.5, 1, 2, 4]) {
        const scores = [0, -margin, -margin, 0];
        const P = softmax(scores);
        const moved = softmax(scores.map((s) => s * 1.0025));
        const V = { rows: 2, columns: 2, data: Float64Array.of(scale, -scale, -scale, scale) };
        const difference = tensor(
          [2, 2],
          Float64Array.from(moved, (p, i) => p - P[i]),
        );
        changes.push(frobenius(Float64Array.from(A.matmul('context', difference, tensor([2, 2], V.data)).data)));
        const rows = [0, 2].map((from) => ({
          scores: Float64Array.from(scores.slice(from, from + 2)),
          probabilities: P.slice(from, from + 2),
        }));
        const { normScores, normProbabilities: normP, jacobian } = softmaxCondition(rows);
        const kappaSoftmax = (normScores / normP) * jacobian;
        proxies.push(localRisk({ kappaSoftmax, chi: 0, normP, normV: spectralNorm(V), ln: 0, remainder: 0 }));
      }
    }
    expect(pearson(proxies, changes)).toBeCloseTo(0.999999, 6);
    expect(spearman(proxies, changes)).toBeCloseTo(1, 12);
  });
  it('LayerNorm: both fall with ε, and the proxy is ten thousand times too large', () => {
    const x = Float64Array.of(1, 1.001, 0.999, 1.002);
    const moved = x.map((entry, i) => entry + (i % 2 === 0 ? 1e-4 : -1e-4));
    const gamma = tensor([4], Float64Array.of(1, 0.9, 1.1, 1));
    const [proxies, changes] = [[] as number[], [] as number[]];
    for (const epsilon of [1e-6, 3e-6, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2]) {
      const [z, other] = [x, moved].map((row) => A.layerNorm('norm', tensor([1, 4], row), { gamma }, epsilon).data);
      changes.push(frobenius(Float64Array.from(other, (entry, i) => entry - z[i])));
      const { v, squares } = normRow('layerNorm', x, epsilon);
      proxies.push(1.1 * normGain(v, epsilon) * Math.sqrt(squares));
    }
    expect(falls(proxies)).toBe(true);
    expect(falls(changes)).toBe(true);
    expect(pearson(proxies, changes)).toBeCloseTo(0.938, 3);
    for (const [i, proxy] of proxies.entries()) {
      expect(proxy / changes[i]).toBeGreaterThan(5e3);
      expect(proxy / changes[i]).toBeLessThan(5e4);
    }
  });
  it('residual: the product of 1 + ρ is never exceeded, and off by 4.911 at most', () => {
    const depth = 6;
    const [limits, reached] = [[] as number[], [] as number[]];
    for (const rho of [0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6]) {
      let limit = 1;
      for (let l = 0; l < depth; l++) {
        const result = bounds.get('residualAbs').evaluate({ rho, dx: limit });
        if (!result.valid) throw new Error(result.because);
        limit = result.value as number;
      }
      limits.push(limit);
      // I + f, f = diag(ρ, −ρ/4), of (1, 1).
      reached.push(Math.hypot((1 + rho) ** depth, (1 - rho / 4) ** depth) / Math.SQRT2);
    }
    // (1 + ρ)^6 in two orders of multiplication.
    for (const [i, limit] of limits.entries()) expect(reached[i]).toBeLessThanOrEqual(limit * (1 + 2 ** -50));
    expect(pearson(limits, reached)).toBeCloseTo(0.99982, 5);
    expect(Math.max(...limits.map((limit, i) => limit - reached[i]))).toBeCloseTo(4.911, 3);
  });
});
