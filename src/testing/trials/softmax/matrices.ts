/** Trials of whole attention matrices of one head. */
import { causalMask } from '../../../tensor/index.ts';
import { orderedInputs } from '../../arithmetic.ts';
import type { Trial, TrialCase } from '../../trial.ts';
import { drawArithmetic, drawLogits, plainer, stored } from './drawing.ts';
import { distance, exactly, exactSoftmax } from './exact.ts';
import { computedSoftmax } from './simulate.ts';

/** Rows of `columns` numbers. */
export function rowsOf(data: readonly number[], columns: number): number[][] {
  return Array.from({ length: data.length / columns }, (_, i) => data.slice(i * columns, (i + 1) * columns));
}

export const matrixTrials: readonly Trial[] = [
  {
    bound: 'softmaxRow',
    draw: (random, format) => {
      const arithmetic = drawArithmetic(random, format);
      const keys = random.integer(1, 12);
      const causal = random.integer(0, 1);
      const queries = causal ? keys : random.integer(1, 6);
      const exact = Array.from({ length: queries }, () =>
        drawLogits(random, format, keys, arithmetic.subnormals),
      ).flat();
      const size = random.pick([0, 0, format.u, 0.1, 1]);
      const scores = exact.map((x) => stored(x + size * random.normal(), format, arithmetic.subnormals));
      return { ...arithmetic, arrays: { exact, scores }, scalars: { keys, causal } };
    },
    simpler: plainer,
    observe: (trial) => {
      const { exact, scores } = trial.arrays;
      const { keys } = trial.scalars;
      const causal = trial.scalars.causal === 1;
      const mask = causal ? causalMask([{ start: 0, end: keys }], keys) : undefined;
      const computed = rowsOf(Array.from(computedSoftmax(trial, scores, keys, 'shifted', mask)), keys);
      let [error, size] = [0, 0];
      rowsOf([...exact], keys).forEach((row, i) => {
        const { p } = exactSoftmax(row.slice(0, causal ? i + 1 : keys).map(exactly));
        p.forEach((value, j) => {
          error += distance(exactly(computed[i][j]), value) ** 2;
          size += value.hi ** 2;
        });
      });
      const inputs = {
        scores: rowsOf([...exact], keys),
        errors: rowsOf(
          exact.map((x, j) => Math.abs(x - scores[j])),
          keys,
        ),
        causal,
        ...orderedInputs(trial),
      };
      return { inputs, observed: Math.sqrt(error / size) };
    },
    sharp: { trial: storedRow('bf16', [-0.08544921875, -3.0625]), ratio: 0.61 },
    outside: {
      representable: { scores: [[0.1, 2]], format: 'bf16' },
      order: { scores: [[1, 2]], format: 'bf16', order: 'kahan' },
      scores: { scores: [[0, 0]], format: 'bf16' },
      overflow: { scores: [[448, -448]], format: 'e4m3' },
    },
  },
];

/** One row of scores that are stored exactly. */
function storedRow(format: string, scores: readonly number[]): TrialCase {
  return {
    format,
    mode: 'nearest-even',
    subnormals: 'keep',
    order: 'sequential',
    arrays: { exact: scores, scores },
    scalars: { keys: scores.length, causal: 0 },
  };
}
