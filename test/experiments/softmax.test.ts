import { describe, expect, it } from 'vitest';
import type { Row } from '../../src/experiments/experiment.ts';
import { parametersOf } from '../../src/experiments/parameters.ts';
import { softmaxExperiment } from '../../src/experiments/softmax/index.ts';
import { median, numbersIn } from '../../src/experiments/statistics.ts';
import { context } from './small.ts';

async function rowsOf(...assignments: string[]): Promise<Row[]> {
  const parameters = parametersOf(softmaxExperiment, assignments);
  const rows: Row[] = [];
  for (const cell of softmaxExperiment.cells(parameters))
    rows.push(...(await softmaxExperiment.run(parameters, cell, context)));
  return rows;
}

describe('softmax', () => {
  it('no error exceeds its bound, and rows have the range and the sink they are to have', async () => {
    const rows = await rowsOf('samples=30', 'length=48', 'formats=fp32,bf16');
    for (const row of rows) {
      if (row.boundInf !== null) expect(row.errorInf).toBeLessThanOrEqual(Number(row.boundInf));
      if (row.boundL1 !== null) expect(row.errorL1).toBeLessThanOrEqual(Number(row.boundL1));
      // Each end of the range, or the sink's logit, is rounded once to the format: a factor (1 + u).
      if (row.study === 'range') expect(Math.abs(Number(row.range) / Number(row.level) - 1)).toBeLessThan(2 ** -7);
      // Below ½ another logit may be the largest.
      else if (row.format === 'fp32' && Number(row.level) >= 0.5) expect(row.pMax).toBeCloseTo(Number(row.level), 5);
    }
  });
  it('a sink lowers error and bound; without a shift, fp16 overflows above ln 65504', async () => {
    const rows = await rowsOf('samples=30', 'formats=fp16', 'ranges=32', 'sinks=0.5,0.9999', 'length=64');
    const of = (level: number, column: string) =>
      Number(
        median(
          numbersIn(
            rows.filter((row) => row.level === level && row.variant === 'shifted'),
            column,
          ),
        ),
      );
    expect(of(0.9999, 'errorL1')).toBeLessThan(of(0.5, 'errorL1') / 2);
    expect(of(0.9999, 'boundL1')).toBeLessThan(of(0.5, 'boundL1'));
    const unshifted = rows.filter((row) => row.variant === 'unshifted' && row.level === 32);
    expect(unshifted.length).toBe(30);
    for (const row of unshifted) expect(row).toMatchObject({ errorInf: Number.NaN, boundInf: null });
  });
});
