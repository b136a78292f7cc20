import { describe, expect, it } from 'vitest';
import { spearman } from '../../src/bounds/correlation.ts';
import type { Row } from '../../src/experiments/experiment.ts';
import { parametersOf } from '../../src/experiments/parameters.ts';
import { correlations, type Pair } from '../../src/experiments/predictor/correlate.ts';
import { predictorExperiment as experiment } from '../../src/experiments/predictor/index.ts';
import { Random } from '../../src/testing/random.ts';
import { context } from './small.ts';

async function rowsOf(...assignments: string[]): Promise<Row[]> {
  const parameters = parametersOf(experiment, assignments);
  const rows: Row[] = [];
  for (const cell of experiment.cells(parameters)) rows.push(...(await experiment.run(parameters, cell, context)));
  return rows;
}

describe('correlations', () => {
  const random = new Random(1, 'pairs', 0);
  const pairs = (noise: number): Pair[] =>
    Array.from({ length: 60 }, (_, i) => {
      const x = random.normal();
      return { draw: i % 20, predicted: Math.exp(x), observed: Math.exp(3 * x + noise * random.normal()) };
    });
  it('are 1 for a power law, with no interval about it', () => {
    const { pearson, spearman: rank, runs } = correlations(pairs(0), 100, 1);
    expect(runs).toBe(60);
    for (const found of [pearson, rank]) {
      for (const x of [found?.value, found?.low, found?.high]) expect(x).toBeCloseTo(1, 12);
    }
  });
  it('are those of all pairs, inside their interval, which is narrower for less noise', () => {
    const [close, far] = [pairs(0.5), pairs(6)];
    const widths = [close, far].map((drawn) => {
      const { spearman: found } = correlations(drawn, 400, 1);
      if (found === null) throw new Error('no correlation');
      const [x, y] = [drawn.map(({ predicted }) => predicted), drawn.map(({ observed }) => observed)];
      expect(found.value).toBeCloseTo(spearman(x, y) as number, 12);
      expect(found.low).toBeLessThan(found.value);
      expect(found.high).toBeGreaterThan(found.value);
      return found.high - found.low;
    });
    expect(widths[0]).toBeLessThan(widths[1] / 2);
  });
  it('count draws, not runs: copies of a run make an interval no narrower', () => {
    const once = pairs(6);
    const often = Array.from({ length: 10 }, () => once).flat();
    expect(correlations(often, 200, 1).pearson?.low).toBeCloseTo(correlations(once, 200, 1).pearson?.low as number, 12);
  });
  it('leave out what has no logarithm, and say nothing of two draws or of constants', () => {
    const drawn = pairs(1);
    const broken = [0, -1, Number.NaN, Number.POSITIVE_INFINITY].map((predicted) => ({ ...drawn[0], predicted }));
    expect(correlations([...drawn, ...broken], 50, 1)).toEqual(correlations(drawn, 50, 1));
    expect(
      correlations(
        drawn.filter(({ draw }) => draw < 2),
        50,
        1,
      ),
    ).toMatchObject({ pearson: null, spearman: null });
    const same = drawn.map((pair) => ({ ...pair, predicted: 2 }));
    expect(correlations(same, 50, 1)).toMatchObject({ pearson: null, spearman: null });
  });
});

describe('predictor', () => {
  const shape = ['widths=16', 'depths=2', 'draws=2', 'tokens=8'];
  it('has the same predictors for every format, whichever is first, and a bound above the error', async () => {
    const [rows, other] = [await rowsOf(...shape), await rowsOf(...shape, 'formats=bf16,fp32')];
    const at = (found: readonly Row[], draw: number, format: string) =>
      found.find((row) => row.draw === draw && row.format === format) as Row;
    for (const row of rows) {
      // To first order; bf16 errs by a few u.
      expect(Number(row.chain) * Number(row.epsMach)).toBeGreaterThan(Number(row.observed));
      const { observed, chain, format, epsMach, ...of } = at(rows, Number(row.draw), 'fp32');
      expect(row).toMatchObject(of);
    }
    for (const draw of [0, 1]) {
      const [a, b] = [at(rows, draw, 'bf16'), at(other, draw, 'bf16')];
      expect(b.observed).toBe(a.observed);
      // u of another format is divided out again: a power of two.
      for (const key of ['first', 'final', 'final_untransported', 'entropy']) expect(b[key]).toBe(a[key]);
      expect(Number(a.final)).toBeGreaterThan(Number(a.final_untransported));
      expect(Number(a.first)).toBeGreaterThan(Number(a.first_attention));
    }
    expect(rows[0].gain).not.toBe(rows[3].gain);
  });
});
