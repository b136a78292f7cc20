import { describe, expect, it } from 'vitest';
import type { Row } from '../../src/experiments/experiment.ts';
import { parametersOf } from '../../src/experiments/parameters.ts';
import { residualScaleExperiment as experiment } from '../../src/experiments/residual-scale/index.ts';
import { context } from './small.ts';

/** The final relative error in u by scale, median over tokens and samples, as the table has it. */
async function finalErrors(stream: number, scales: readonly number[]): Promise<number[]> {
  const parameters = parametersOf(experiment, [`streams=${stream}`, `scales=${scales.join(',')}`, 'samples=1'], true);
  const rows: Row[] = [];
  for (const cell of experiment.cells(parameters)) rows.push(...(await experiment.run(parameters, cell, context)));
  const [row] = experiment.tables(rows, parameters)[0].rows;
  return scales.map((s) => Number(row[String(s)]));
}

describe('residual-scale', () => {
  it('a unit embedding: a few u while it dominates the stream, then a monotone transition', async () => {
    const scales = [0.02, 0.1, 0.5, 1, 2, 5];
    const errors = await finalErrors(1, scales);
    const known = [2.66, 3.0, 3.45, 5.82, 17.8, 48.6];
    // The catalogue's replica has one initialisation: the ends within a factor of 2.
    for (const i of [0, 1, scales.length - 1]) {
      expect(errors[i] / known[i], `s = ${scales[i]}`).toBeGreaterThan(0.5);
      expect(errors[i] / known[i], `s = ${scales[i]}`).toBeLessThan(2);
    }
    const transition = errors.slice(2);
    expect(transition).toEqual(transition.toSorted((a, b) => a - b));
    expect(errors[errors.length - 1]).toBeGreaterThan(8 * errors[0]);
  });
  it('a small embedding: the plateau where updates dominate for every scale but the least', async () => {
    const [least, ...plateau] = await finalErrors(0.03, [0.02, 0.5, 1, 5, 20, 100]);
    expect(least / 3.67).toBeGreaterThan(0.5);
    expect(least / 3.67).toBeLessThan(2);
    // Errors of one size over two hundredfold in s, at least 4 times that of the least scale.
    expect(Math.min(...plateau)).toBeGreaterThan(4 * least);
    expect(Math.max(...plateau)).toBeLessThan(8 * Math.min(...plateau));
  });
});
