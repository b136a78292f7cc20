/** Attention: its condition numbers, and what they do not bound. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  conditionNumber,
  kappaScore,
  kappaSoftmaxMatrix,
  kappaSoftmaxRows,
  kappaValue,
  normOf,
} from '../../src/bounds/attention/kappas.ts';
import { theta } from '../../src/bounds/attention/softmax-rows.ts';
import { bounds } from '../../src/bounds/index.ts';
import type { Matrix } from '../../src/bounds/inputs.ts';
import { frobenius, spectralNormFromAbove, timesTransposed, transposed } from '../../src/bounds/matrices.ts';
import { probabilitiesOf } from '../../src/bounds/softmax/probabilities.ts';
import { singularValues } from '../../src/bounds/spectra/singular-values.ts';
import type { Observation, Trial } from '../../src/testing/trial.ts';
import { trials } from '../../src/testing/trials/index.ts';

const matrixOf = (rows: readonly (readonly number[])[]): Matrix => ({
  rows: rows.length,
  columns: rows[0].length,
  data: Float64Array.from(rows.flat()),
});

const matrices = (mostRows: number, columns: number, leastRows = 1) =>
  fc
    .array(fc.array(fc.double({ min: -8, max: 8, noNaN: true }), { minLength: columns, maxLength: columns }), {
      minLength: leastRows,
      maxLength: mostRows,
    })
    .map(matrixOf);

const scaled = (m: Matrix, factor: number): Matrix => ({ ...m, data: m.data.map((x) => x * factor) });

function softmaxRows(scores: Matrix): Matrix {
  const rows = Array.from({ length: scores.rows }, (_, i) => {
    const row = scores.data.slice(i * scores.columns, (i + 1) * scores.columns);
    const visible = row.filter((x) => x !== Number.NEGATIVE_INFINITY);
    return [...probabilitiesOf(visible).p, ...new Array(row.length - visible.length).fill(0)];
  });
  return matrixOf(rows);
}

describe('norms', () => {
  it('the spectral norm from above is one, and no more than 0.2 % above', () => {
    fc.assert(
      fc.property(matrices(6, 4), (a) => {
        // Nothing near the smallest subnormal has digits to compare.
        fc.pre(a.data.every((x) => x === 0) || a.data.some((x) => Math.abs(x) > 2 ** -900));
        const exact = singularValues(a)[0];
        const above = spectralNormFromAbove(a);
        expect(above).toBeGreaterThanOrEqual(exact * (1 - 1e-14));
        expect(above).toBeLessThanOrEqual(exact * 1.002);
      }),
    );
  });
  it('of matrices of any scale', () => {
    for (const scale of [1e-200, 1e200]) {
      expect(frobenius([3 * scale, 4 * scale]) / scale).toBeCloseTo(5, 12);
      expect(spectralNormFromAbove(matrixOf([[3 * scale, 4 * scale]])) / scale).toBeCloseTo(5, 12);
    }
    expect(spectralNormFromAbove(matrixOf([[0, 0]]))).toBe(0);
  });
});

describe('κ_score', () => {
  it('is at least 1 in the Frobenius norm, masked or not', () => {
    fc.assert(
      fc.property(matrices(4, 3), matrices(4, 3), fc.boolean(), (q, k, causal) => {
        const s = scaled(timesTransposed(q, k), 1 / Math.sqrt(3));
        const masked = s.data.map((x, i) =>
          causal && i % s.columns > Math.floor(i / s.columns) ? Number.NEGATIVE_INFINITY : x,
        );
        fc.pre(masked.some((x) => Math.abs(x) > 1e-100 && Number.isFinite(x)));
        expect(kappaScore(q, k, { ...s, data: masked })).toBeGreaterThanOrEqual(1 - 1e-14);
      }),
    );
  });
  it('is below 1 in the spectral norm where scores are masked', () => {
    // Rank one, so that unmasked it is 1 exactly. The mask takes signs that cancelled in the spectral norm.
    const [q, k] = [matrixOf([[1], [1], [1]]), matrixOf([[1], [1], [-1]])];
    const s = timesTransposed(q, k);
    expect(kappaScore(q, k, s, 'spectral')).toBeCloseTo(1, 14);
    const rotation = matrixOf([
      [1, 0],
      [0, 1],
    ]);
    const orthogonal = matrixOf([
      [Math.SQRT1_2, Math.SQRT1_2],
      [-Math.SQRT1_2, Math.SQRT1_2],
    ]);
    const product = scaled(timesTransposed(rotation, orthogonal), 1 / Math.SQRT2);
    const masked = { ...product, data: product.data.map((x, i) => (i === 1 ? Number.NEGATIVE_INFINITY : x)) };
    const kappa = kappaScore(rotation, orthogonal, masked, 'spectral');
    expect(kappa).toBeLessThan(0.9);
    expect(kappaScore(rotation, orthogonal, masked)).toBeGreaterThanOrEqual(1);
  });
});

describe('the scaling of scores', () => {
  it('is two roundings: with one, κ_score·g + u is exceeded', () => {
    const { sharp, observe } = trials.get('scoreN') as Trial;
    const seen = observe(sharp.trial) as Observation;
    const scope = bounds.get('scoreN').scope(seen.inputs) as Readonly<Record<string, number>>;
    const u = 2 ** -11;
    expect(seen.observed).toBeGreaterThan((scope.kappa * 3 * u + u) * 1.12);
    // At d = 4 it is none: c = 1/2 is exact, and so is the product with it.
    const four = bounds.get('scoreN').scope({ query: [[1, 1, 1, 1]], key: [[1, 1, 1, 1]], format: 'fp16' });
    expect((four as Readonly<Record<string, number>>).c).toBe(0);
  });
});

describe('κ_softmax', () => {
  const scores = matrixOf([
    [2, Number.NEGATIVE_INFINITY],
    [1, -1],
  ]);
  const probabilities = softmaxRows(scores);
  it('leaves masked scores out', () => {
    const p = probabilitiesOf(Float64Array.of(1, -1)).p;
    const jacobian = 2 * p[0] * p[1];
    expect(kappaSoftmaxRows(scores, probabilities)).toBeCloseTo((jacobian * Math.SQRT2) / frobenius(p), 12);
    expect(kappaSoftmaxMatrix(scores, probabilities)).toBeCloseTo((jacobian * Math.sqrt(6)) / Math.hypot(1, ...p), 12);
  });
  it('changes with a constant added to a row, although softmax does not', () => {
    const [a, b] = [matrixOf([[1, -1]]), matrixOf([[101, 99]])];
    expect(kappaSoftmaxRows(b, softmaxRows(b))).toBeGreaterThan(50 * kappaSoftmaxRows(a, softmaxRows(a)));
  });
});

describe('κ(V)', () => {
  it('is no upper bound of κ_val for more tokens than head width', () => {
    // Columns of mean zero: uniform attention gives O = 0, whatever the condition number of V.
    const value = matrixOf([
      [3, 1],
      [-3, 1],
      [0, -2],
    ]);
    const uniform = matrixOf([[0.25, 0.25, 0.25]]);
    const output = timesTransposed(uniform, transposed(value));
    expect(conditionNumber(value)).toBeLessThan(2);
    expect(kappaValue(uniform, value, output)).toBe(Number.POSITIVE_INFINITY);
    const nearly = matrixOf([[0.25, 0.25, 0.2500001]]);
    const ratio = kappaValue(nearly, value, timesTransposed(nearly, transposed(value)));
    expect(ratio).toBeGreaterThan(1e6);
    const inputs = {
      probabilities: [[0.25, 0.25, 0.25]],
      value: [
        [3, 1],
        [-3, 1],
        [0, -2],
      ],
      format: 'bf16',
    };
    expect(bounds.get('valueN').evaluate(inputs)).toMatchObject({ valid: false });
  });
  it('is one for no more tokens than head width', () => {
    fc.assert(
      fc.property(matrices(3, 3), matrices(3, 5, 3), (p, v) => {
        fc.pre(conditionNumber(v) < 1e8 && frobenius(p.data) > 1e-100);
        const output = timesTransposed(p, transposed(v));
        expect(kappaValue(p, v, output)).toBeLessThanOrEqual(conditionNumber(v) * (1 + 1e-6));
        expect(kappaValue(p, v, output)).toBeGreaterThanOrEqual(1 - 1e-12);
      }),
    );
  });
  it('has its ridge', () => {
    expect(
      conditionNumber(
        matrixOf([
          [1, 0],
          [0, 0],
        ]),
        1e-6,
      ),
    ).toBeCloseTo(1e6, 0);
    expect(
      conditionNumber(
        matrixOf([
          [1, 0],
          [0, 0],
        ]),
      ),
    ).toBe(Number.POSITIVE_INFINITY);
    expect(normOf(matrixOf([[3, 4]]), 'spectral')).toBeCloseTo(5, 14);
  });
});

describe('θ', () => {
  it('is between 0 and 1, and at least 1 − p_max²', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: 1, maxLength: 20 }), (x) => {
        const { p } = probabilitiesOf(Float64Array.from(x));
        const most = Math.max(...p);
        // 4ab/(a + b)² in five roundings, the sum's counted twice.
        expect(theta(p)).toBeLessThanOrEqual(1 + 2 ** -50);
        if (most < 0.5) expect(theta(p)).toBeGreaterThanOrEqual((1 - most ** 2) * (1 - 1e-12));
        else expect(theta(p)).toBeCloseTo(4 * most * (1 - most), 12);
      }),
    );
  });
});

describe('predictors', () => {
  const value = (id: string, inputs: Record<string, unknown>): number[] => {
    const result = bounds.get(id).evaluate(inputs);
    if (!result.valid) throw new Error(result.because);
    expect(result.guaranteed).toBeUndefined();
    return [...(result.value as Float64Array)];
  };
  const two = {
    kappaSoftmax: [2, 1],
    normO: [3, 1],
    kappaV: [5, 1],
    kappaScore: [1, 1],
    kappaEff: [7, 0],
    cLN: [11, 0],
  };
  it('sum over layers what the papers do', () => {
    expect(value('baekPredictor', { ...two, format: 'bf16' })).toEqual([(2 * 2 * 5 * 3 + 18) * 2 ** -7, 2 * 2 ** -7]);
  });
  it('carry a layer’s risk through those after it', () => {
    const ones = [1, 1, 1];
    const risk = value('riskA2', {
      ...{ kappaSoftmax: ones, chi: ones, normP: ones, normV: ones, ln: ones, remainder: ones },
      ...{ attentionGain: [9, 1, 2], mlpGain: [9, 3, 0], finalNorm: 4, format: 'bf16' },
    });
    expect(risk).toEqual([24 * 2 ** -8, 3 * 2 ** -8, 2 ** -8]);
  });
  it('refuse lists that are not equally long', () => {
    expect(() => value('baekPredictor', { ...two, cLN: [1], format: 'bf16' })).toThrow('cLN: one number a layer');
  });
});
