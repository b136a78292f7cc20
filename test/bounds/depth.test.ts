/** The slopes of the activations, and why a sensitivity at one point is no Lipschitz constant. */
import { describe, expect, it } from 'vitest';
import { steepest } from '../../src/bounds/depth/mlp.ts';
import { bounds } from '../../src/bounds/index.ts';
import { float64Functions } from '../../src/softfloat/float64.ts';
import type { Observation, Trial } from '../../src/testing/trial.ts';
import { trials } from '../../src/testing/trials/index.ts';

const { erf, exp, tanh } = float64Functions;

describe('the largest slopes of the activations', () => {
  it('GELU, erf form: at √2, where its second derivative is 0', () => {
    const slope = (1 + erf(1)) / 2 + Math.SQRT2 * (exp(-1) / Math.sqrt(2 * Math.PI));
    expect(slope).toBeLessThan(steepest['gelu-erf']);
    expect(slope).toBeGreaterThan(steepest['gelu-erf'] - 2e-6);
  });
  it('SiLU: where x·tanh(x/2) = 2', () => {
    const root = 2.39935728051547;
    expect(root * tanh(root / 2)).toBeCloseTo(2, 12);
    const sigma = 1 / (1 + exp(-root));
    const slope = sigma + root * sigma * (1 - sigma);
    expect(slope).toBeLessThan(steepest.silu);
    expect(slope).toBeGreaterThan(steepest.silu - 2e-6);
  });
  it('GELU, tanh form: on a grid whose gaps are covered by the third derivative', () => {
    const [c1, c2] = [Math.sqrt(2 / Math.PI), 0.044715];
    let largest = 0;
    for (let i = -3 * 2 ** 13; i <= 3 * 2 ** 13; i++) {
      const x = i * 2 ** -13;
      const t = Math.tanh(c1 * (x + c2 * x ** 3));
      largest = Math.max(largest, Math.abs((1 + t) / 2 + (x / 2) * (1 - t * t) * c1 * (1 + 3 * c2 * x * x)));
    }
    expect(largest + 0.5 * 128 * 2 ** -28).toBeLessThan(steepest['gelu-tanh']);
    // The 1.12899 that is quoted is below it.
    expect(largest).toBeGreaterThan(1.12899);
  });
});

describe('a residual block', () => {
  it.each([0, 0.1, 0.5, 0.9, 0.99])(
    'multiplies a relative error by (1 + ρ)/(1 − ρ) in the worst case, ρ = %f',
    (rho) => {
      const { sharp, observe } = trials.get('residualRel') as Trial;
      const { observed, inputs } = observe({ ...sharp.trial, scalars: { ...sharp.trial.scalars, rho } }) as Observation;
      const result = bounds.get('residualRel').evaluate(inputs);
      if (!result.valid) throw new Error(result.because);
      expect((result.value as number) / (inputs.dx as number)).toBeCloseTo((1 + rho) / (1 - rho), 9);
      expect((observed as number) / (result.value as number)).toBeGreaterThan(1 - 2 ** -40);
      expect(observed as number).toBeLessThanOrEqual(result.guaranteed as number);
    },
  );
});

describe('blockInf', () => {
  it('holds at a finite distance, where the sensitivity at the exact point is exceeded', () => {
    const D = 768;
    const x = Array.from({ length: D }, (_, i) => (i % 2 === 0 ? 1 : -1));
    const other = x.map((_, i) => (i === 0 ? 1e-3 : 0));
    const normed = (row: readonly number[]): number[] => {
      const mean = row.reduce((a, b) => a + b, 0) / D;
      const c = row.map((entry) => entry - mean);
      const root = Math.sqrt(c.reduce((sum, entry) => sum + entry * entry, 0) / D);
      return c.map((entry) => entry / root);
    };
    const [y, to] = [normed(x), normed(other)];
    const moved = Math.max(...to.map((entry, i) => Math.abs(entry - y[i])));
    const at = bounds.get('lnLipInf').evaluate({ x, epsilon: 0, gamma: new Array(D).fill(1) });
    if (!at.valid) throw new Error(at.because);
    const distance = 1;
    expect(moved / (distance * Math.max(...(at.value as Float64Array)))).toBeGreaterThan(8.8);
    const steps = { lipschitz: [1], gamma: [1], sigma: [1], deviation: [1], local: [0] };
    const inputs = { width: D, initial: distance, ...steps };
    // The distance reaches the constant row, where nothing is known without ε …
    expect(bounds.get('blockInf').evaluate({ ...inputs, epsilon: [0] })).toMatchObject({ valid: false });
    // … and a half of it does not.
    const half = bounds.get('blockInf').evaluate({ ...inputs, initial: 0.5, epsilon: [0] });
    expect(half).toMatchObject({ valid: true });
  });
  it('grows by one factor a half block', () => {
    const pair = (number: number): number[] => [number, number];
    const steps = { lipschitz: pair(2), gamma: pair(1), sigma: pair(1), deviation: pair(1), local: pair(0) };
    const result = bounds.get('blockInf').evaluate({ width: 2, initial: 2 ** -40, epsilon: pair(0), ...steps });
    if (!result.valid) throw new Error(result.because);
    // 1 + 2·(2 − 2/2 + 1) = 5.
    expect((result.value as Float64Array)[1] / 2 ** -40).toBeCloseTo(25, 6);
  });
});
