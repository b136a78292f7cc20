/** Trials of single arguments: the exponential of a rounded one, softmax with one logit rounded. */
import { doubleDouble as dd } from '../../../softfloat/double-double.ts';
import { orderedInputs, scalarsOfCase } from '../../arithmetic.ts';
import type { Random } from '../../random.ts';
import type { Trial, TrialCase } from '../../trial.ts';
import { drawArithmetic, drawLength, drawLogits, shorter } from './drawing.ts';
import { distance, exactly, exactSoftmax } from './exact.ts';

/** Real numbers near the drawn ones: between neighbours, at ties, or far finer. */
function blurred(random: Random, x: readonly number[], u: number): number[] {
  const kind = random.integer(0, 2);
  return x.map((value) => value * (1 + (kind === 0 ? u : kind === 1 ? u * (2 * random.uniform() - 1) : u * 2 ** -20)));
}

const draw: Trial['draw'] = (random, format) => {
  const arithmetic = drawArithmetic(random, format);
  const logits = drawLogits(random, format, drawLength(random), arithmetic.subnormals);
  return { ...arithmetic, arrays: { logits: blurred(random, logits, format.u) }, scalars: {} };
};

/** Beyond it double-doubles lose bits. */
const EXPONENT_RANGE = 600;

const single = (format: string, logits: readonly number[]): TrialCase => ({
  format,
  mode: 'nearest-even',
  subnormals: 'keep',
  order: 'sequential',
  arrays: { logits },
  scalars: {},
});

export const elementTrials: readonly Trial[] = [
  {
    bound: 'expInput',
    draw,
    simpler: shorter,
    observe: (trial) => {
      const x = trial.arrays.logits.filter((value) => Math.abs(value) < EXPONENT_RANGE);
      if (x.length === 0) return undefined;
      const { exp, fromNumber } = scalarsOfCase(trial);
      const observed = Float64Array.from(x, (value) => {
        const exact = dd.exp(exactly(value));
        return distance(exactly(exp(fromNumber(value))), exact) / exact.hi;
      });
      const { format, mode, subnormals } = trial;
      return { inputs: { x, format, mode, subnormals }, observed };
    },
    sharp: { trial: single('bf16', [64.25000284366598]), ratio: 0.98 },
    outside: { overflow: { x: [12], format: 'fp16' } },
  },
  {
    bound: 'lampCol',
    draw,
    simpler: shorter,
    observe: (trial) => {
      const { logits } = trial.arrays;
      const { fromNumber } = scalarsOfCase(trial);
      const rounded = logits.map(fromNumber);
      if (rounded.some((x, j) => !(Math.abs(x - logits[j]) < EXPONENT_RANGE))) return undefined;
      const { p } = exactSoftmax(logits.map(exactly));
      const observed = Float64Array.from(p, (value, j) => {
        // p_j becomes p_j·e^t/(1 + p_j(e^t − 1)), and the others shrink alike.
        const change = dd.sub(dd.exp(dd.sub(exactly(rounded[j]), exactly(logits[j]))), exactly(1));
        const total = dd.add(exactly(1), dd.mul(value, change));
        const moved = dd.div(dd.mul(value, dd.add(exactly(1), change)), total);
        const others = dd.mul(dd.sub(exactly(1), value), dd.sub(exactly(1), dd.div(exactly(1), total)));
        // The references are off by 2^−94 of each probability.
        return Math.max(0, distance(moved, value) + Math.abs(others.hi) - 2 ** -92);
      });
      const { order: _, ...inputs } = orderedInputs(trial);
      return { inputs: { logits, ...inputs }, observed };
    },
    sharp: { trial: single('fp32', [1 + 2 ** -24, 1]), ratio: 0.9999 },
    outside: { overflow: { logits: [500, 1], format: 'e4m3' } },
  },
];
