/** What tables and figures of the depth experiment share: rows by format and depth. */
import type { Row } from '../experiment.ts';
import { groupBy, mean, median, numbersIn, quantileOf } from '../statistics.ts';

/** What an error is measured by, and how it is called. */
export const MEASURES = [
  ['componentwise', 'max |dᵢ|/|xᵢ|'],
  ['entry', '|dᵢ|/|xᵢ| of one entry'],
  ['normwise', '‖d‖_F/‖x‖_F'],
] as const;

export const ofStudy = (rows: readonly Row[], study: string): Row[] => rows.filter((row) => row.study === study);

export function lastLayer(rows: readonly Row[]): number {
  return rows.reduce((most, { layer }) => Math.max(most, Number(layer)), 0);
}

/** The paper's samples by format and L: mean and quantiles. */
export function byDepth(rows: readonly Row[]): Row[] {
  return groupBy(ofStudy(rows, 'paper'), 'format', 'layer').map(({ key, rows: samples }) => {
    const [componentwise, normwise] = [numbersIn(samples, 'componentwise'), numbersIn(samples, 'normwise')];
    const [average, middle] = [mean(componentwise), median(componentwise)];
    return {
      ...key,
      mean: average,
      median: middle,
      q05: quantileOf(componentwise, 0.05),
      q95: quantileOf(componentwise, 0.95),
      ratio: Number(average) / Number(middle),
      normMean: mean(normwise),
      normMedian: median(normwise),
    };
  });
}

/** Median errors at the last depth by format, σ_max and κ. */
export function prescribedRows(rows: readonly Row[]): Row[] {
  const prescribed = ofStudy(rows, 'prescribed');
  const last = lastLayer(prescribed);
  return groupBy(
    prescribed.filter(({ layer }) => layer === last),
    'format',
    'norm',
  ).map(({ key, rows: samples }) => ({
    ...key,
    ...Object.fromEntries(
      groupBy(samples, 'condition').map((group) => [
        String(group.key.condition),
        median(numbersIn(group.rows, 'normwise')),
      ]),
    ),
  }));
}

/** By format and L: medians over the bounded samples. */
export function boundRows(rows: readonly Row[]): Row[] {
  const columns = ['normwise', 'rootSumSquare', 'triangle', 'certified', 'bound', 'conditions'];
  return groupBy(ofStudy(rows, 'bounds'), 'format', 'layer').map(({ key, rows: samples }) => ({
    ...key,
    ...Object.fromEntries(columns.map((column) => [column, median(numbersIn(samples, column))])),
  }));
}
