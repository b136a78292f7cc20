/** Trials of one row: softmax with and without shift, log-sum-exp. */

import { sumInOrder } from '../../../arithmetic/sums.ts';
import { parseOrder } from '../../../tensor/order.ts';
import { orderedInputs, scalarsOfCase } from '../../arithmetic.ts';
import type { Trial, TrialCase } from '../../trial.ts';
import { drawArithmetic, drawLength, drawLogits, shorter, stored } from './drawing.ts';
import { distance, exactly, exactSoftmax } from './exact.ts';
import { computedSoftmax } from './simulate.ts';

const draw: Trial['draw'] = (random, format) => {
  const arithmetic = drawArithmetic(random, format);
  const logits = drawLogits(random, format, drawLength(random), arithmetic.subnormals);
  return { ...arithmetic, arrays: { logits }, scalars: {} };
};

/** Logits with an error: the stored row is the exact one, moved and rounded again. */
const drawInexact: Trial['draw'] = (random, format) => {
  const { arrays, ...trial } = draw(random, format);
  const size = random.pick([0, 0, format.u, 0.1, 1, 4, 300]);
  const logits = arrays.logits.map((x) => stored(x + size * random.normal(), format, trial.subnormals));
  return { ...trial, arrays: { logits, exact: size === 0 ? logits : arrays.logits } };
};

function inputsOf(trial: TrialCase): Record<string, unknown> {
  const { logits, exact } = trial.arrays;
  if (exact === undefined) return { logits, ...orderedInputs(trial) };
  const errors = logits.map((x, j) => Math.abs(x - exact[j]));
  return { logits: exact, errors, ...orderedInputs(trial) };
}

function softmaxErrors(trial: TrialCase, kind: 'shifted' | 'unshifted') {
  const { logits, exact = logits } = trial.arrays;
  const computed = computedSoftmax(trial, logits, logits.length, kind);
  const { p } = exactSoftmax(exact.map(exactly));
  return { p, errors: Float64Array.from(p, (value, j) => distance(exactly(computed[j]), value)) };
}

function logSumExp(trial: TrialCase, shifted: boolean): number {
  const { add, sub, exp, log, zero, fromNumber } = scalarsOfCase(trial);
  const { logits } = trial.arrays;
  const most = logits.reduce((a, b) => Math.max(a, b));
  // What the site would make of a subnormal result on its way to the next operation is done already: results are flushed.
  const e = logits.map((x) => exp(shifted ? sub(x, most) : x));
  const s = sumInOrder(
    parseOrder(trial.order),
    e.length,
    { start: (k) => fromNumber(e[k]), extend: (sum, k) => add(sum, e[k]) },
    { zero, add, subtract: sub, negate: (x) => -x },
  );
  return shifted ? add(most, log(s)) : log(s);
}

const observeLogSumExp =
  (shifted: boolean): Trial['observe'] =>
  (trial) => {
    const computed = logSumExp(trial, shifted);
    const { logits, exact = logits } = trial.arrays;
    return { inputs: inputsOf(trial), observed: distance(exactly(computed), exactSoftmax(exact.map(exactly)).logSum) };
  };

const plain = (format: string, logits: readonly number[], order = 'sequential'): TrialCase => ({
  format,
  mode: 'nearest-even',
  subnormals: 'keep',
  order,
  arrays: { logits },
  scalars: {},
});

const shiftedOutside = {
  representable: { logits: [0.1, 2], format: 'bf16' },
  order: { logits: [1, 2], format: 'bf16', order: 'kahan' },
  overflow: { logits: [448, -448], format: 'e4m3' },
};
const unshiftedOutside = {
  representable: { logits: [0.1, 2], format: 'bf16' },
  order: { logits: [1, 2], format: 'bf16', order: 'kahan' },
  overflow: { logits: [6, 6], format: 'e4m3' },
  underflow: { logits: [-20, -20], format: 'fp16' },
};

export const rowTrials: readonly Trial[] = [
  {
    bound: 'softmaxUnshifted',
    draw,
    simpler: shorter,
    observe: (trial) => ({ inputs: inputsOf(trial), observed: softmaxErrors(trial, 'unshifted').errors }),
    sharp: { trial: plain('bf16', [1.390625, -1.9609375, -4.03125]), ratio: 0.83 },
    outside: unshiftedOutside,
  },
  {
    bound: 'softmaxShifted',
    draw: drawInexact,
    simpler: shorter,
    observe: (trial) => {
      const { p, errors } = softmaxErrors(trial, 'shifted');
      const most = p.reduce((a, b) => Math.max(a, b.hi), 0);
      return { inputs: inputsOf(trial), observed: errors.reduce((a, b) => Math.max(a, b)) / most };
    },
    sharp: { trial: plain('bf16', [0.04248046875, 0.1689453125], 'pairwise'), ratio: 0.4 },
    outside: shiftedOutside,
  },
  {
    bound: 'softmaxShiftedC',
    draw: drawInexact,
    simpler: shorter,
    observe: (trial) => ({ inputs: inputsOf(trial), observed: softmaxErrors(trial, 'shifted').errors }),
    sharp: { trial: plain('bf16', [11.5625, 8.1875, -5]), ratio: 0.87 },
    outside: shiftedOutside,
  },
  {
    bound: 'softmaxL1',
    draw: drawInexact,
    simpler: shorter,
    observe: (trial) => {
      const { errors } = softmaxErrors(trial, 'shifted');
      return { inputs: inputsOf(trial), observed: errors.reduce((a, b) => a + b) };
    },
    sharp: { trial: plain('bf16', [5.625, 0.07861328125, 0.07861328125, 1.703125]), ratio: 0.73 },
    outside: shiftedOutside,
  },
  {
    bound: 'lse',
    draw,
    simpler: shorter,
    observe: observeLogSumExp(false),
    sharp: { trial: plain('bf16', [0.0038909912109375]), ratio: 0.98 },
    outside: unshiftedOutside,
  },
  {
    bound: 'lseShifted',
    draw: drawInexact,
    simpler: shorter,
    observe: observeLogSumExp(true),
    sharp: { trial: plain('bf16', [4, 0.0703125]), ratio: 0.96 },
    outside: { ...shiftedOutside, result: { logits: [320, 320], format: 'e4m3' } },
  },
];
