/** Trials of the sublayer from its tokens: all of it, its scores, and how far it moves. */
import { doubleDouble as dd } from '../../../softfloat/double-double.ts';
import { tensor } from '../../../tensor/index.ts';
import { orderedInputs, simulatorOf } from '../../arithmetic.ts';
import type { Trial, TrialCase } from '../../trial.ts';
import { plainer } from '../softmax/drawing.ts';
import { drawAttention } from './drawing.ts';
import { attention, distances, exactArithmetic, projected, scoresOf, sizesOf } from './program.ts';

const shaped = (shape: readonly [number, number], data: readonly number[]) => ({ shape, data });

/** The matrices of a case, as inputs of a bound. */
function matrices(trial: TrialCase) {
  const { tokens: n, width, heads, headWidth, outputs } = sizesOf(trial);
  const inner = heads * headWidth;
  const { tokens, queryWeight, keyWeight, valueWeight, outWeight } = trial.arrays;
  return {
    tokens: shaped([n, width], tokens),
    queryWeight: shaped([inner, width], queryWeight),
    keyWeight: shaped([inner, width], keyWeight),
    valueWeight: shaped([inner, width], valueWeight),
    outWeight: shaped([outputs, inner], outWeight),
  };
}

/** Scores beyond have exponentials that the reference does not know well enough. */
const LARGEST_SCORE = 2 ** 18;

const finite = (values: Float64Array): boolean => values.every(Number.isFinite);

/** One token of width 1 and one head of width d, every product one number. */
function scalarCase(format: string, arrays: TrialCase['arrays'], headWidth = 1): TrialCase {
  return {
    format,
    mode: 'nearest-even',
    subnormals: 'keep',
    order: 'sequential',
    arrays,
    scalars: { tokens: 1, width: 1, heads: 1, headWidth, outputs: 1, causal: 0 },
  };
}

export const chainTrials: readonly Trial[] = [
  {
    bound: 'scoreSpec',
    draw: (random, format) => {
      const { arrays, scalars, ...trial } = drawAttention(random, format);
      const { tokens, queryWeight, keyWeight } = arrays;
      const count = scalars.headWidth * scalars.width;
      return {
        ...trial,
        arrays: { tokens, queryWeight: queryWeight.slice(0, count), keyWeight: keyWeight.slice(0, count) },
        scalars: { ...scalars, heads: 1, causal: 0 },
      };
    },
    simpler: plainer,
    observe: (trial) => {
      const sizes = sizesOf(trial);
      const { tokens, queryWeight, keyWeight } = trial.arrays;
      const run = <V>(A: Parameters<typeof scoresOf<V>>[0]): V => {
        const x = A.lift(tensor([1, sizes.tokens, sizes.width], Float64Array.from(tokens)));
        const [q, k] = [queryWeight, keyWeight].map((weight) => projected(A, x, weight, sizes));
        return scoresOf(A, q, k, sizes.headWidth);
      };
      const observed = distances(run(simulatorOf(trial)).data, run(exactArithmetic).data);
      if (!finite(observed)) return undefined;
      const shape = [sizes.headWidth, sizes.width] as const;
      const inputs = {
        tokens: shaped([sizes.tokens, sizes.width], tokens),
        queryWeight: shaped([...shape], queryWeight),
        keyWeight: shaped([...shape], keyWeight),
        ...orderedInputs(trial),
      };
      return { inputs, observed };
    },
    sharp: {
      trial: scalarCase(
        'fp16',
        {
          tokens: [0.393310546875],
          queryWeight: [-0.5615234375, -0.0250701904296875, -0.0023593902587890625],
          keyWeight: [-5.8125, -4.08984375, -2.0078125],
        },
        3,
      ),
      ratio: 0.79,
    },
    outside: {
      representable: { tokens: [[0.1]], queryWeight: [[1]], keyWeight: [[1]], format: 'bf16' },
      order: { tokens: [[1]], queryWeight: [[1]], keyWeight: [[1]], format: 'bf16', order: 'kahan' },
      overflow: { tokens: [[416]], queryWeight: [[2]], keyWeight: [[1]], format: 'e4m3' },
    },
  },
  {
    bound: 'attnChain',
    draw: drawAttention,
    simpler: plainer,
    observe: (trial) => {
      const observed = distances(
        attention(simulatorOf(trial), trial).output.data,
        attention(exactArithmetic, trial).output.data,
      );
      if (!finite(observed)) return undefined;
      const { heads, causal } = trial.scalars;
      return { inputs: { ...matrices(trial), heads, causal: causal === 1, ...orderedInputs(trial) }, observed };
    },
    sharp: {
      trial: {
        ...scalarCase('fp16', {
          tokens: [-0.08673095703125, 1.1064453125],
          queryWeight: [0.7333984375],
          keyWeight: [-0.53466796875],
          valueWeight: [-0.485595703125],
          outWeight: [0.499755859375],
        }),
        scalars: { tokens: 2, width: 1, heads: 1, headWidth: 1, outputs: 1, causal: 0 },
      },
      ratio: 0.56,
    },
    outside: {
      representable: { ...outsideChain(0.1), format: 'bf16' },
      order: { ...outsideChain(1), format: 'bf16', order: 'kahan' },
      float64: { ...outsideChain(2 ** 30), format: 'fp32' },
      overflow: { ...outsideChain(12), format: 'e4m3' },
    },
  },
  {
    bound: 'attnLip',
    draw: (random, format) => {
      const trial = drawAttention(random, format, 3);
      const size = random.pick([0.01, 0.1, 1, 10]);
      const bounded = (x: number) => Math.max(-64, Math.min(64, x));
      const tokens = trial.arrays.tokens.map(bounded);
      const moved = tokens.map((x) => x + size * random.normal());
      const weights = (['queryWeight', 'keyWeight', 'valueWeight', 'outWeight'] as const).map(
        (name) => [name, trial.arrays[name].map(bounded)] as const,
      );
      const inner = trial.scalars.heads * trial.scalars.headWidth;
      const scale = random.pick([0, 1, 8]);
      const biases = (['queryBias', 'keyBias', 'valueBias'] as const).map(
        (name) => [name, Array.from({ length: inner }, () => bounded(scale * random.normal()))] as const,
      );
      const arrays = { tokens, moved, ...Object.fromEntries([...weights, ...biases]) };
      return { ...trial, order: 'sequential', arrays };
    },
    simpler: plainer,
    observe: (trial) => {
      const { tokens, moved } = trial.arrays;
      const distance = tokens.reduce((most, x, k) => Math.max(most, Math.abs(moved[k] - x)), 0);
      if (distance === 0) return undefined;
      const runs = [tokens, moved].map((x) => attention(exactArithmetic, trial, x));
      const scores = runs.flatMap((run) => Array.from(run.scores.data, (s) => s.hi));
      if (scores.some((s) => Number.isFinite(s) && Math.abs(s) > LARGEST_SCORE)) return undefined;
      const [before, after] = runs.map((run) => run.output.data);
      let [most, size] = [0, 0];
      for (let k = 0; k < before.length; k++) {
        most = Math.max(most, Math.abs(dd.sub(after[k], before[k]).hi));
        size = Math.max(size, Math.abs(before[k].hi), Math.abs(after[k].hi));
      }
      const radius = [...tokens, ...moved].reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      const { tokens: checked, ...weights } = matrices(trial);
      // The references' errors: 2^−90 of exponents.
      const observed = Math.max(0, most - 2 ** -70 * size) / distance;
      const { queryBias, keyBias } = trial.arrays;
      const biases = { ...(queryBias && { queryBias }), ...(keyBias && { keyBias }) };
      return { inputs: { ...weights, ...biases, tokens: checked, heads: trial.scalars.heads, radius }, observed };
    },
    sharp: {
      trial: scalarCase('fp32', {
        tokens: [1],
        moved: [2],
        queryWeight: [2 ** -10],
        keyWeight: [2 ** -10],
        valueWeight: [1],
        outWeight: [1],
      }),
      ratio: 0.99,
    },
    outside: {
      radius: {
        queryWeight: [[1]],
        keyWeight: [[1]],
        valueWeight: [[1]],
        outWeight: [[1]],
        radius: 1,
        tokens: [[2]],
      },
    },
  },
];

function outsideChain(token: number) {
  return {
    tokens: [[token], [0]],
    queryWeight: [[2 ** 15]].map(([x]) => [token > 100 ? x : 1]),
    keyWeight: [[1]],
    valueWeight: [[1]],
    outWeight: [[1]],
  };
}
