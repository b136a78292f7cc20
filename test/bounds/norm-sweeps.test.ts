/** Rows far from zero and rows with an outlier: where LayerNorm is worse than RMSNorm, and where it is better. */
import { describe, expect, it } from 'vitest';
import { DoubleDoubleArithmetic } from '../../src/arithmetic/double-double.ts';
import { bounds, type Values } from '../../src/bounds/index.ts';
import { type BinaryFormat, formats, round } from '../../src/formats/index.ts';
import { tensor } from '../../src/tensor/index.ts';
import { Random } from '../../src/testing/random.ts';
import type { Observation, Trial, TrialCase } from '../../src/testing/trial.ts';
import { trials } from '../../src/testing/trials/index.ts';

const exact = new DoubleDoubleArithmetic();

function caseOf(format: BinaryFormat, x: readonly number[], epsilon: number): TrialCase {
  const gamma = new Array<number>(x.length).fill(1);
  const arithmetic = { format: format.name, mode: 'nearest-even', subnormals: 'keep', order: 'pairwise' } as const;
  return { ...arithmetic, arrays: { x, gamma }, scalars: { epsilon } };
}

interface Errors {
  /** The largest |δyᵢ|/(u|yᵢ|). */
  readonly largest: number;
  /** ‖δy‖/(u‖y‖). */
  readonly whole: number;
}

/** Of norms with γ = 1 and sums in pairs, after they are held against the bound. */
function errors(id: 'lnRound' | 'rmsRound', format: BinaryFormat, x: readonly number[], epsilon = 1e-5): Errors {
  const { observe } = trials.get(id) as Trial;
  const { observed, inputs } = observe(caseOf(format, x, epsilon)) as Observation;
  const result = bounds.get(id).evaluate(inputs);
  if (!result.valid) throw new Error(result.because);
  const limits = result.guaranteed as Float64Array;
  (observed as Float64Array).forEach((error, i) => {
    expect(error).toBeLessThanOrEqual(limits[i]);
  });
  const row = exact.lift(tensor([1, x.length], Float64Array.from(x)));
  const norm = { gamma: tensor([x.length], new Float64Array(x.length).fill(1)) };
  const y = id === 'lnRound' ? exact.layerNorm('', row, norm, epsilon) : exact.rmsNorm('', row, norm, epsilon);
  const sizes = Array.from({ length: x.length }, (_, i) => Math.abs(y.data[i].hi));
  // Where y is 0, so is the bound.
  const relative = Array.from(observed as Float64Array, (error, i) => (error === 0 ? 0 : error / sizes[i]));
  const whole = Math.hypot(...(observed as Float64Array)) / Math.hypot(...sizes);
  return { largest: most(relative) / format.u, whole: whole / format.u };
}

const most = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.max(a, b), 0);

const normals = (name: string, length: number): number[] => {
  const random = new Random(5, name, 0);
  return Array.from({ length }, () => random.normal());
};
/** What tree sums leave of the bound on rows of a few hundred numbers (measured; the bound has 8u and more). */
const RMS_AT_MOST = 3.3;

describe.each([
  ['fp32', 64],
  ['fp32', 768],
  ['fp16', 64],
  ['bf16', 64],
  ['bf16', 768],
] as const)('rows with a shift, in %s, of %i numbers', (name, length) => {
  const format = formats[name];
  it('LayerNorm loses what the shift cancels, RMSNorm nothing', () => {
    const [none, some, large] = [0, 3, 30].map((shift) => {
      const rows = Array.from({ length: 8 }, (_, i) =>
        normals(`${name}${length} ${i}`, length).map((z) => round(z + shift, format)),
      );
      for (const x of rows) expect(errors('rmsRound', format, x).largest).toBeLessThan(RMS_AT_MOST);
      return rows.reduce((sum, x) => sum + errors('lnRound', format, x).whole, 0) / rows.length;
    });
    expect(none).toBeLessThan(some);
    expect(large).toBeGreaterThan(5 * none);
  });
});

describe('rows with an outlier', () => {
  const [format, D] = [formats.fp32, 768];
  const row = (M: number, B: number): number[] =>
    normals('background', D).map((z, i) => round(i === 5 ? M : Math.max(-B, Math.min(B, (B * z) / 3)), format));
  /** Of the background: the condition numbers themselves, which lnCondC bounds. */
  const condition = (x: readonly number[]): number => {
    const { observed } = (trials.get('lnCondC') as Trial).observe({
      ...caseOf(format, x, 0),
      arrays: { x },
    }) as Observation;
    return most([...(observed as Float64Array)].filter((_, i) => i !== 5));
  };

  it.each([0.1, 1])('RMSNorm is as good for every size of it, B = %f', (B) => {
    for (const M of [0, 10, 100, 1000, 1e4, 1e5]) {
      expect(errors('rmsRound', format, row(M, B)).largest, `M = ${M}`).toBeLessThan(RMS_AT_MOST);
    }
  });
  it.each([0.1, 1])('LayerNorm is better conditioned than RMSNorm beyond DB, and worse below, B = %f', (B) => {
    for (const share of [0.001, 0.01, 0.1, 0.25]) {
      const M = (D * B) / share;
      expect(condition(row(M, B)), `DB/M = ${share}`).toBeLessThan(2);
    }
    for (const share of [4, 10, 100]) {
      const M = (D * B) / share;
      expect(condition(row(M, B)), `DB/M = ${share}`).toBeGreaterThan(2);
    }
  });
  it('where it is large enough, the background is within lnOutlier, far below what it is elsewhere', () => {
    const { observe } = trials.get('lnOutlier') as Trial;
    for (const M of [5e3, 1e4, 1e5]) {
      const x = row(M, 1);
      const { observed, inputs } = observe({ ...caseOf(format, x, 0), arrays: { x } }) as Observation;
      const result = bounds.get('lnOutlier').evaluate(inputs);
      if (!result.valid) throw new Error(result.because);
      expect(observed as number).toBeLessThanOrEqual(result.guaranteed as number);
      expect((result.value as number) / format.u).toBeLessThan(50);
    }
    // DB/M = 7.68: some deviations cross zero.
    const { inputs } = observe({ ...caseOf(format, row(100, 1), 0), arrays: { x: row(100, 1) } }) as Observation;
    expect(bounds.get('lnOutlier').evaluate(inputs)).toMatchObject({ valid: false });
    expect(errors('lnRound', format, row(100, 1)).largest).toBeGreaterThan(100);
  });
});

describe('Jacobians, beside central differences in double-double', () => {
  const h = 2 ** -30;
  const x = normals('jacobian', 6).map((z) => 2 + z);
  type Row = readonly { readonly hi: number; readonly lo: number }[];
  /** ∂fᵢ/∂xⱼ, off by h² times a third derivative and 2^−100/h. */
  function differences(f: (at: readonly number[]) => Row): number[][] {
    const columns = x.map((_, j) => {
      const [up, down] = [h, -h].map((step) => f(x.with(j, x[j] + step)));
      return up.map(({ hi, lo }, i) => (hi - down[i].hi + (lo - down[i].lo)) / (2 * h));
    });
    return x.map((_, i) => columns.map((column) => column[i]));
  }
  const lifted = (at: readonly number[]) => exact.lift(tensor([1, at.length], Float64Array.from(at)));
  const gamma = [1, -2, 0.5, 1, 3, 1];
  const layerNorm = (gains: readonly number[]) => (at: readonly number[]) =>
    exact.layerNorm('', lifted(at), { gamma: tensor([6], Float64Array.from(gains)) }, 1e-5).data as unknown as Row;
  const ones = new Array<number>(6).fill(1);
  const observedOf = (id: string, arrays: TrialCase['arrays']): Float64Array => {
    const seen = (trials.get(id) as Trial).observe({ ...caseOf(formats.fp32, x, 1e-5), arrays: { x, ...arrays } });
    return (seen as Observation).observed as Float64Array;
  };
  const expectClose = (found: Values, expected: readonly number[]): void =>
    expected.forEach((value, i) => {
      expect(Math.abs((found as Float64Array)[i] / value - 1), `component ${i}`).toBeLessThan(2 ** -30);
    });
  const x1 = (row: readonly number[]): number => row.reduce((sum, entry) => sum + Math.abs(entry), 0);
  const xx = (row: readonly number[]): number => row.reduce((sum, entry, j) => sum + Math.abs(entry * x[j]), 0);

  it('of LayerNorm: its ∞-norm and its componentwise condition number', () => {
    expectClose(observedOf('lnLipInf', { gamma }), differences(layerNorm(gamma)).map(x1));
    const y = layerNorm(ones)(x);
    expectClose(
      observedOf('lnCondC', {}),
      differences(layerNorm(ones)).map((row, i) => xx(row) / Math.abs(y[i].hi)),
    );
  });
  it('of RMSNorm: its componentwise condition number', () => {
    const rmsNorm = (at: readonly number[]) =>
      exact.rmsNorm('', lifted(at), { gamma: tensor([6], Float64Array.from(ones)) }, 1e-5).data as unknown as Row;
    const y = rmsNorm(x);
    const result = bounds.get('rmsCondC').evaluate({ x, epsilon: 1e-5 });
    if (!result.valid) throw new Error(result.because);
    expectClose(
      result.value,
      differences(rmsNorm).map((row, i) => xx(row) / Math.abs(y[i].hi)),
    );
  });
  it('of softmax: p_i(δ_ij − p_j), whose columns have the norm 2p(1 − p)', () => {
    const softmax = (at: readonly number[]) => exact.softmax('', lifted(at)).data as unknown as Row;
    const p = Array.from(softmax(x), ({ hi }) => hi);
    const J = differences(softmax);
    J.forEach((row, i) => {
      row.forEach((entry, j) => {
        expect(Math.abs(entry - p[i] * ((i === j ? 1 : 0) - p[j]))).toBeLessThan(2 ** -40);
      });
    });
    p.forEach((pj, j) => {
      expect(x1(J.map((row) => row[j])) / (2 * pj * (1 - pj))).toBeCloseTo(1, 9);
    });
  });
});
