/** The rows of a cell in one line: quantiles of the errors, the bounds, and the largest observed/bound. */
import type { Row } from '../experiment.ts';
import { groupBy, largest, median, numbersIn } from '../statistics.ts';

export function summarise(rows: readonly Row[]): Row[] {
  return groupBy(rows, 'format', 'level', 'variant').map(({ key, rows: cell }) => {
    const finite = cell.filter((row) => Number.isFinite(row.errorInf as number));
    const ratios = (error: string, bound: string) =>
      cell.flatMap((row) => (row[bound] === null ? [] : [Number(row[error]) / Number(row[bound])]));
    return {
      ...key,
      errorInfMedian: median(numbersIn(finite, 'errorInf')),
      errorInfMax: largest(numbersIn(finite, 'errorInf')),
      boundInf: median(numbersIn(cell, 'boundInf')),
      ratioInf: largest(ratios('errorInf', 'boundInf')),
      errorL1Median: median(numbersIn(finite, 'errorL1')),
      errorL1Max: largest(numbersIn(finite, 'errorL1')),
      boundL1: median(numbersIn(cell, 'boundL1')),
      ratioL1: largest(ratios('errorL1', 'boundL1')),
      lost: cell.length - finite.length,
    };
  });
}
