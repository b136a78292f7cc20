/** Trials of the predictors: one attention sublayer, its error beside what is predicted for it. */
import {
  conditionNumber,
  kappaScore,
  kappaSoftmaxMatrix,
  kappaSoftmaxRows,
  normOf,
} from '../../../bounds/attention/kappas.ts';
import type { Matrix } from '../../../bounds/inputs.ts';
import type { DD } from '../../../softfloat/double-double.ts';
import { simulatorOf } from '../../arithmetic.ts';
import type { Trial, TrialCase } from '../../trial.ts';
import { drawAttention } from './drawing.ts';
import { type AttentionTaps, attention, distances, exactArithmetic, length, sizesOf } from './program.ts';

interface Sublayer {
  readonly matrices: Readonly<Record<'query' | 'key' | 'value' | 'scores' | 'probabilities' | 'context', Matrix>>;
  readonly outWeight: Matrix;
  readonly error: number;
  readonly output: number;
}

const numbers = (data: ArrayLike<DD>): Float64Array => Float64Array.from({ length: data.length }, (_, k) => data[k].hi);

/** The sublayer of one head, undefined where it overflows or gives 0. */
function sublayer(trial: TrialCase): Sublayer | undefined {
  const { tokens, headWidth, outputs } = sizesOf(trial);
  const exact = attention(exactArithmetic, trial);
  const error = length(distances(attention(simulatorOf(trial), trial).output.data, exact.output.data));
  const output = length(numbers(exact.output.data));
  const matrix = (name: keyof AttentionTaps<unknown>, columns: number): Matrix => ({
    rows: tokens,
    columns,
    data: numbers(exact[name].data),
  });
  if (!Number.isFinite(error) || output === 0) return undefined;
  return {
    matrices: {
      query: matrix('query', headWidth),
      key: matrix('key', headWidth),
      value: matrix('value', headWidth),
      scores: matrix('scores', tokens),
      probabilities: matrix('probabilities', tokens),
      context: matrix('context', headWidth),
    },
    outWeight: { rows: outputs, columns: headWidth, data: Float64Array.from(trial.arrays.outWeight) },
    error,
    output,
  };
}

/** One head of moderate numbers; the predictors know nothing of underflow. */
const draw: Trial['draw'] = (random, format) => {
  const { arrays, scalars, ...trial } = drawAttention(random, format);
  const { headWidth, width, outputs } = scalars;
  const count = headWidth * width;
  const normal = (n: number, scale: number) => Array.from({ length: n }, () => scale * random.normal());
  const scale = random.pick([0.3, 1, 2]);
  return {
    ...trial,
    arrays: {
      tokens: normal(scalars.tokens * width, 1),
      queryWeight: normal(count, scale),
      keyWeight: normal(count, scale),
      valueWeight: normal(count, 1),
      outWeight: normal(outputs * headWidth, 1),
    },
    scalars: { ...scalars, heads: 1 },
  };
};

const noCase: TrialCase = {
  format: 'bf16',
  mode: 'nearest-even',
  subnormals: 'keep',
  order: 'sequential',
  arrays: { tokens: [1], queryWeight: [1], keyWeight: [1], valueWeight: [1], outWeight: [1] },
  scalars: { tokens: 1, width: 1, heads: 1, headWidth: 1, outputs: 1, causal: 0 },
};

/** Ridge of κ(V) in the first version's experiments. */
const RIDGE = 3e-6;

export const predictorTrials: readonly Trial[] = [
  {
    bound: 'baekPredictor',
    draw,
    observe: (trial) => {
      const seen = sublayer(trial);
      if (seen === undefined) return undefined;
      const { query, key, value, scores, probabilities } = seen.matrices;
      const kappa = kappaScore(query, key, scores, 'spectral');
      if (!Number.isFinite(kappa)) return undefined;
      const inputs = {
        kappaSoftmax: [kappaSoftmaxRows(scores, probabilities)],
        kappaScore: [kappa],
        kappaV: [conditionNumber(value, RIDGE)],
        normO: [normOf(seen.outWeight, 'spectral')],
        kappaEff: [0],
        cLN: [0],
        format: trial.format,
      };
      return { inputs, observed: Float64Array.of(seen.error / seen.output) };
    },
    sharp: { trial: noCase, ratio: 0 },
    outside: {},
  },
  {
    bound: 'riskA2',
    draw,
    observe: (trial) => {
      const seen = sublayer(trial);
      if (seen === undefined) return undefined;
      const { query, key, value, scores, probabilities, context } = seen.matrices;
      const softmax = kappaSoftmaxMatrix(scores, probabilities);
      const score = kappaScore(query, key, scores);
      if (!Number.isFinite(score)) return undefined;
      const inputs = {
        kappaSoftmax: [softmax],
        chi: [softmax * score],
        normP: [normOf(probabilities, 'frobenius')],
        normV: [normOf(value, 'spectral')],
        ln: [0],
        remainder: [normOf(seen.outWeight, 'spectral') * normOf(context, 'frobenius')],
        attentionGain: [0],
        mlpGain: [0],
        finalNorm: seen.output,
        format: trial.format,
      };
      return { inputs, observed: Float64Array.of(seen.error / seen.output) };
    },
    sharp: { trial: noCase, ratio: 0 },
    outside: {},
  },
];
