/** Trials of the normwise bounds of single steps: scores from queries and keys, context from probabilities and values. */
import type { BinaryFormat } from '../../../formats/index.ts';
import { doubleDouble as dd } from '../../../softfloat/double-double.ts';
import { tensor } from '../../../tensor/index.ts';
import { orderedInputs, simulatorOf } from '../../arithmetic.ts';
import type { Random } from '../../random.ts';
import type { Trial, TrialCase } from '../../trial.ts';
import { drawArithmetic, plainer, stored } from '../softmax/drawing.ts';
import { rowsOf } from '../softmax/matrices.ts';
import { drawNumbers } from './drawing.ts';
import { distances, exactArithmetic, length, scoresOf } from './program.ts';

/** ‖stored − exact‖/‖exact‖ from above; 0 where the exact ones are 0 and nothing is off. */
function relativeError(exact: readonly number[], stores: readonly number[]): number | undefined {
  const error = length(Float64Array.from(exact, (x, k) => stores[k] - x));
  const size = length(Float64Array.from(exact));
  return error === 0 ? 0 : size === 0 ? undefined : (error / size) * (1 + 2 ** -40);
}

/** Numbers of the format near exact ones: each moved by a few parts in 2^p, or not at all. */
function near(random: Random, exact: readonly number[], format: BinaryFormat, subnormals: 'keep' | 'flush'): number[] {
  const size = random.pick([0, 0, 4 * format.u, 0.1]);
  return exact.map((x) => stored(x * (1 + size * random.normal()), format, subnormals));
}

function visible(trial: TrialCase, values: Float64Array): Float64Array {
  const { tokens, causal } = trial.scalars;
  return values.filter((_, k) => causal !== 1 || k % tokens <= Math.floor(k / tokens));
}

const oneByOne = (format: string, arrays: TrialCase['arrays'], headWidth: number): TrialCase => ({
  format,
  mode: 'nearest-even',
  subnormals: 'keep',
  order: 'sequential',
  arrays,
  scalars: { tokens: 1, headWidth, causal: 0 },
});

export const normTrials: readonly Trial[] = [
  {
    bound: 'scoreN',
    draw: (random, format) => {
      const arithmetic = drawArithmetic(random, format);
      const tokens = random.integer(1, 5);
      const headWidth = random.pick([1, 2, 3, 4, 5, 8, 16, 33]);
      const [query, key] = [0, 1].map(() => drawNumbers(random, format, tokens * headWidth, arithmetic.subnormals));
      const storedQuery = near(random, query, format, arithmetic.subnormals);
      const storedKey = near(random, key, format, arithmetic.subnormals);
      const scalars = { tokens, headWidth, causal: random.integer(0, 1) };
      return { ...arithmetic, arrays: { query, key, storedQuery, storedKey }, scalars };
    },
    simpler: plainer,
    observe: (trial) => {
      const { tokens, headWidth } = trial.scalars;
      const { query, key, storedQuery = query, storedKey = key } = trial.arrays;
      const shape = [1, 1, tokens, headWidth];
      const run = <V>(A: Parameters<typeof scoresOf<V>>[0], q: readonly number[], k: readonly number[]): V =>
        scoresOf(
          A,
          A.lift(tensor(shape, Float64Array.from(q))),
          A.lift(tensor(shape, Float64Array.from(k))),
          headWidth,
        );
      const exact = run(exactArithmetic, query, key).data;
      const errors = visible(trial, distances(run(simulatorOf(trial), storedQuery, storedKey).data, exact));
      const size = length(
        visible(
          trial,
          Float64Array.from({ length: exact.length }, (_, k) => exact[k].hi),
        ),
      );
      const [queryError, keyError] = [relativeError(query, storedQuery), relativeError(key, storedKey)];
      if (size === 0 || queryError === undefined || keyError === undefined || !errors.every(Number.isFinite)) return;
      const inputs = {
        query: rowsOf(query, headWidth),
        key: rowsOf(key, headWidth),
        queryError,
        keyError,
        causal: trial.scalars.causal === 1,
        ...orderedInputs(trial),
      };
      return { inputs, observed: length(errors) / size };
    },
    sharp: {
      trial: oneByOne(
        'fp16',
        {
          query: [1.9990234375, 0.033477783203125, -0.033477783203125],
          key: [1.00390625, 0.0291595458984375, -0.0291595458984375],
        },
        3,
      ),
      ratio: 0.95,
    },
    outside: {
      representable: { query: [[0.1]], key: [[1]], format: 'bf16' },
      order: { query: [[1, 2]], key: [[1, 2]], format: 'bf16', order: 'kahan' },
      scores: { query: [[1, 2]], key: [[2, -1]], format: 'bf16' },
      overflow: { query: [[320]], key: [[2]], format: 'e4m3' },
    },
  },
  {
    bound: 'valueN',
    draw: (random, format) => {
      const arithmetic = drawArithmetic(random, format);
      const tokens = random.integer(1, 6);
      const headWidth = random.integer(1, 4);
      const probabilities = Array.from({ length: tokens }, () => {
        const sharpness = random.pick([0, 1, 8]);
        const e = Array.from({ length: tokens }, () => Math.exp(sharpness * random.normal()));
        const sum = e.reduce((a, b) => a + b);
        return e.map((x) => x / sum);
      }).flat();
      const value = drawNumbers(random, format, tokens * headWidth, arithmetic.subnormals);
      const storedProbabilities = near(random, probabilities, format, arithmetic.subnormals).map(Math.abs);
      const storedValue = near(random, value, format, arithmetic.subnormals);
      return {
        ...arithmetic,
        arrays: { probabilities, value, storedProbabilities, storedValue },
        scalars: { tokens, headWidth, causal: 0 },
      };
    },
    simpler: plainer,
    observe: (trial) => {
      const { tokens, headWidth } = trial.scalars;
      const { probabilities, value, storedProbabilities = probabilities, storedValue = value } = trial.arrays;
      if (probabilities.some((p) => p < 0)) return undefined;
      const run = <V>(A: Parameters<typeof scoresOf<V>>[0], p: readonly number[], v: readonly number[]): V =>
        A.matmul(
          '',
          A.lift(tensor([1, 1, p.length / tokens, tokens], Float64Array.from(p))),
          A.lift(tensor([1, 1, tokens, headWidth], Float64Array.from(v))),
        );
      const exact = run(exactArithmetic, probabilities, value).data;
      const errors = distances(run(simulatorOf(trial), storedProbabilities, storedValue).data, exact);
      const size = length(Float64Array.from({ length: exact.length }, (_, k) => dd.toNumber(exact[k])));
      const probabilityError = relativeError(probabilities, storedProbabilities);
      const valueError = relativeError(value, storedValue);
      if (size === 0 || probabilityError === undefined || valueError === undefined) return;
      if (!errors.every(Number.isFinite)) return;
      const inputs = {
        probabilities: rowsOf(probabilities, tokens),
        value: rowsOf(value, headWidth),
        probabilityError,
        valueError,
        ...orderedInputs(trial),
      };
      return { inputs, observed: length(errors) / size };
    },
    sharp: { trial: oneByOne('bf16', { probabilities: [0.875], value: [1.15625] }, 1), ratio: 0.98 },
    outside: {
      representable: { probabilities: [[1]], value: [[0.1]], format: 'bf16' },
      order: { probabilities: [[0.5, 0.5]], value: [[1], [2]], format: 'bf16', order: 'kahan' },
      output: { probabilities: [[0.5, 0.5]], value: [[1], [-1]], format: 'bf16' },
      overflow: { probabilities: [[2]], value: [[320]], format: 'e4m3' },
    },
  },
];
