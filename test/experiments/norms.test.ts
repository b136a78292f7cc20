import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bounds } from '../../src/bounds/index.ts';
import { lnConditions } from '../../src/bounds/norms/conditions.ts';
import type { Row } from '../../src/experiments/experiment.ts';
import { normsExperiment } from '../../src/experiments/norms/index.ts';
import { parametersOf } from '../../src/experiments/parameters.ts';
import { context } from './small.ts';

describe('norms', () => {
  it('the condition number from the Jacobian is at most lnCondC, and that of [−1, 0, 4] by hand', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -100, max: 100, noNaN: true }).map(Math.fround), { minLength: 3, maxLength: 12 }),
        (numbers) => {
          const x = Float64Array.from(numbers);
          const bound = bounds.get('lnCondC').evaluate({ x, epsilon: 1e-5 });
          if (!bound.valid) return;
          const mean = x.reduce((sum, entry) => sum + entry, 0) / x.length;
          const most = x.reduce((largest, entry) => Math.max(largest, Math.abs(entry)), 0);
          lnConditions(x, 1e-5).forEach((K, i) => {
            // Nearer to the mean, K is not known: a deviation of this size is known to 13·2^−53·2^20 < 2^−29, K to 2^−27.
            if (Math.abs(x[i] - mean) < 2 ** -20 * most) return;
            expect(K).toBeLessThanOrEqual((bound.guaranteed as Float64Array)[i] * (1 + 2 ** -27));
          });
        },
      ),
    );
    // mean 1, c = (−2, −1, 3), Σc² = 14: row 0 of √v·J is (1 − 1/3 − 4/14, …), times |x|/2.
    const [K] = lnConditions(Float64Array.of(-1, 0, 4), 0);
    const expected = (Math.abs(1 - 1 / 3 - 4 / 14) * 1 + Math.abs(-1 / 3 + 6 / 14) * 4) / 2;
    expect(K).toBeCloseTo(expected, 14);
  });
  it('RMSNorm errs by a few u on every row; LayerNorm with the shift, and under an outlier with D·B/M', async () => {
    const parameters = parametersOf(normsExperiment, [
      ...['formats=bf16', 'width=256', 'samples=10', 'shifts=0,100', 'outliers=300,30000', 'backgrounds=1'],
    ]);
    const rows: Row[] = [];
    for (const cell of normsExperiment.cells(parameters))
      rows.push(...(await normsExperiment.run(parameters, cell, context)));
    const of = (study: string, level: number, norm: string) =>
      rows.filter((row) => row.study === study && row.level === level && row.norm === norm);
    // 3.5u and half of (h + 2)u, h = 8 additions deep, and the last rounding of γ·z: catalogue 6.2.
    for (const row of rows.filter(({ norm }) => norm === 'rmsNorm')) expect(row.errorC).toBeLessThan(10);
    for (const row of rows) if (row.ratio !== null) expect(row.ratio).toBeLessThanOrEqual(1);
    for (const row of of('shift', 100, 'layerNorm')) expect(row.cond2).toBeGreaterThan(90);
    for (const row of of('shift', 0, 'layerNorm')) expect(row.cond2).toBeLessThan(1.1);
    // D·B/M = 0.85 and 0.0085.
    for (const row of of('outlier', 300, 'layerNorm')) expect(row.condC).toBeGreaterThan(2);
    for (const row of of('outlier', 30000, 'layerNorm')) expect(row.condC).toBeLessThan(0.2);
  });
});
