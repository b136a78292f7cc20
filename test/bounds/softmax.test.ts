/** Softmax: identities that its bounds rest on, and cases where what is often called a bound is none. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bounds } from '../../src/bounds/index.ts';
import type { Matrix } from '../../src/bounds/inputs.ts';
import { mostEvenSplit, softmaxJacobianNorm } from '../../src/bounds/softmax/jacobian.ts';
import { probabilitiesOf } from '../../src/bounds/softmax/probabilities.ts';
import { singularValues } from '../../src/bounds/spectra/singular-values.ts';
import { trials } from '../../src/testing/trials/index.ts';

const logits = (most: number) =>
  fc
    .array(fc.double({ min: -30, max: 30, noNaN: true }), { minLength: 1, maxLength: most })
    .map((x) => Float64Array.from(x));

function boundOf(id: string, inputs: Record<string, unknown>): number {
  const result = bounds.get(id).evaluate(inputs);
  if (!result.valid) throw new Error(result.because);
  return result.value as number;
}

/** diag(p) − ppᵀ. */
function jacobian(p: Float64Array): Matrix {
  const n = p.length;
  const data = Float64Array.from({ length: n * n }, (_, k) => {
    const [i, j] = [Math.floor(k / n), k % n];
    return (i === j ? p[i] : 0) - p[i] * p[j];
  });
  return { rows: n, columns: n, data };
}

function difference(x: Float64Array, d: Float64Array): number {
  const [before, after] = [x, x.map((value, j) => value + d[j])].map((row) => probabilitiesOf(row).p);
  return before.reduce((sum, p, j) => sum + Math.abs(p - after[j]), 0) / 2;
}

describe('the Jacobian of softmax', () => {
  it('has the norm that bisection finds, from above', () => {
    fc.assert(
      fc.property(logits(7), (x) => {
        const { p } = probabilitiesOf(x);
        const exact = singularValues(jacobian(p))[0];
        const found = softmaxJacobianNorm(p);
        // The decomposition of numbers p − p² is off by about 2^−52.
        expect(found).toBeGreaterThanOrEqual(exact - 1e-14);
        expect(found).toBeLessThanOrEqual(exact * (1 + 1e-12) + 1e-14);
        const [first, second = 0] = [...p].sort((a, b) => b - a);
        expect(found).toBeGreaterThanOrEqual(second * (1 - 1e-14));
        expect(found).toBeLessThanOrEqual(Math.min(first, 0.5));
      }),
    );
  });

  it('maps the ∞-norm to the 1-norm with θ: equality, by enumeration', () => {
    fc.assert(
      fc.property(logits(7), (x) => {
        const { p } = probabilitiesOf(x);
        const n = p.length;
        let most = 0;
        for (let signs = 0; signs < 2 ** n; signs++) {
          const d = p.map((_, j) => ((signs >> j) & 1 ? 1 : -1));
          const mean = p.reduce((sum, q, j) => sum + q * d[j], 0);
          most = Math.max(
            most,
            p.reduce((sum, q, j) => sum + q * Math.abs(d[j] - mean), 0),
          );
        }
        expect(Math.abs(boundOf('thetaOp', { weights: p }) - most)).toBeLessThanOrEqual(1e-14);
      }),
      { numRuns: 50 },
    );
  });

  it('has θ = 4p(1 − p) where one probability is a half or more, and θ from above where there are too many sets', () => {
    expect(boundOf('thetaOp', { weights: [0.6, 0.25, 0.15] })).toBeCloseTo(0.96, 15);
    expect(boundOf('thetaOp', { weights: new Array(17).fill(1) })).toBe(1);
    expect(boundOf('thetaOp', { weights: new Array(5).fill(1) })).toBeCloseTo(0.96, 15);
    expect(boundOf('thetaOp', { weights: [1] })).toBe(0);
  });

  it('splits weights no worse than any set does', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 9 }), (weights) => {
        const { inside, outside } = mostEvenSplit(Float64Array.from(weights));
        for (let set = 0; set < 2 ** weights.length; set++) {
          const [part, others] = [1, 0].map((bit) =>
            weights.reduce((sum, w, j) => sum + (((set >> j) & 1) === bit ? w : 0), 0),
          );
          expect(part * others).toBeLessThanOrEqual(inside * outside * (1 + 1e-13));
        }
      }),
      { numRuns: 50 },
    );
  });

  it('has columns of 1-norm 2p(1 − p)|x| times x: the identity of LAMP', () => {
    fc.assert(
      fc.property(logits(6), (x) => {
        const { p, rest } = probabilitiesOf(x);
        const { data, columns } = jacobian(p);
        p.forEach((_, j) => {
          const column = Array.from(p, (__, i) => Math.abs(data[i * columns + j] * x[j]));
          const norm = column.reduce((a, b) => a + b, 0);
          expect(Math.abs(norm - 2 * p[j] * rest[j] * Math.abs(x[j]))).toBeLessThanOrEqual(
            1e-13 * Math.abs(x[j]) + 1e-300,
          );
        });
      }),
    );
  });
});

describe('finite changes of logits', () => {
  it('tanh(range/4) is attained by exchanging two probabilities', () => {
    for (const D of [2 ** -10, 0.5, 1, 4, 10]) {
      const distance = difference(Float64Array.of(-D / 2, D / 2), Float64Array.of(D, -D));
      expect(Math.abs(distance / boundOf('softmaxTV', { change: [D, -D] }) - 1)).toBeLessThanOrEqual(1e-12);
    }
  });

  it('tanh(range/8) is not an upper bound', () => {
    expect(difference(Float64Array.of(-0.5, 0.5), Float64Array.of(1, -1))).toBeGreaterThan(Math.tanh(2 / 8));
  });

  it('θ‖d‖∞/2, the first-order form, is not an upper bound', () => {
    const x = Float64Array.of(0, 8);
    const d = Float64Array.of(8, -8);
    const theta = boundOf('thetaOp', { weights: probabilitiesOf(x).p });
    expect(difference(x, d)).toBeGreaterThan((theta * 8) / 2);
  });
});

describe('shifted softmax', () => {
  it('without the gap is not within (h + 3)u: the gap is needed', () => {
    const trial = {
      format: 'bf16',
      mode: 'nearest-even' as const,
      subnormals: 'keep' as const,
      order: 'sequential',
      arrays: { logits: [29.75, -35.5] },
      scalars: {},
    };
    const seen = trials.get('softmaxShiftedC')?.observe(trial);
    const errors = seen?.observed as Float64Array;
    const { p } = probabilitiesOf(Float64Array.from(trial.arrays.logits));
    expect(errors[1] / p[1]).toBeGreaterThan(4 * 2 ** -8);
  });

  it('has a bound that falls to the arithmetic’s own as a sink saturates the row', () => {
    const row = (sink: number) => boundOf('softmaxL1', { logits: [sink, 0, 0, 0], format: 'fp32' });
    const own = Math.expm1(-4 * Math.log1p(-(2 ** -24)));
    expect(row(64)).toBeGreaterThanOrEqual(own);
    expect(row(64)).toBeLessThan(own * 1.001);
    expect(row(64)).toBeLessThan(row(8));
    expect(row(8)).toBeLessThan(row(1));
  });

  it('has a bound of probabilities that float64 takes for 0, where errors of logits may lift them', () => {
    const result = bounds.get('softmaxShiftedC').evaluate({ logits: [0, -760], errors: [0, 700], format: 'fp32' });
    // The stored logit may be −60.
    expect((result as { value: Float64Array }).value[1]).toBeGreaterThan(Math.exp(-60));
  });

  it('has a bound that does not depend on the order of the logits', () => {
    const inputs = { format: 'bf16', order: 'pairwise' };
    const [a, b] = [
      [1, -3, 2, 0.5],
      [2, 0.5, -3, 1],
    ].map((x) => boundOf('softmaxL1', { logits: x, ...inputs }));
    expect(Math.abs(a / b - 1)).toBeLessThanOrEqual(1e-14);
  });
});

describe('inputs', () => {
  it('are refused where they do not fit together', () => {
    const errors = { logits: [1, 2], format: 'bf16', errors: [0] };
    expect(() => bounds.get('softmaxL1').evaluate(errors)).toThrow('one for each logit: expected 2, got 1');
    const negative = { ...errors, errors: [0, -1] };
    expect(() => bounds.get('softmaxL1').evaluate(negative)).toThrow('nonnegative');
    const masked = { scores: [[1], [2]], causal: true, format: 'bf16' };
    expect(() => bounds.get('softmaxRow').evaluate(masked)).toThrow('at least as many keys as queries');
  });
});
