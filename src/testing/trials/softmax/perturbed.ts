/** Trials of inequalities between exact probabilities. */

import type { BinaryFormat } from '../../../formats/index.ts';
import { type DD, doubleDouble as dd } from '../../../softfloat/double-double.ts';
import type { Random } from '../../random.ts';
import type { Trial, TrialCase } from '../../trial.ts';
import { drawLength, drawLogits, shorter } from './drawing.ts';
import { distance, exactly, exactSoftmax } from './exact.ts';

const exactCase = (format: string, arrays: TrialCase['arrays']): TrialCase => ({
  format,
  mode: 'nearest-even',
  subnormals: 'keep',
  order: 'sequential',
  arrays,
  scalars: {},
});

function draw(random: Random, format: BinaryFormat): TrialCase {
  const n = drawLength(random);
  const logits = drawLogits(random, format, n);
  const size = random.pick([2 ** -12, 0.1, 1, 10]);
  const change = random.integer(0, 1)
    ? logits.map(() => size * (random.integer(0, 1) ? 1 : -1))
    : drawLogits(random, format, n);
  return exactCase(format.name, { logits, change });
}

/** Errors of the references below: 2^−92 of probabilities and of exponents within ±2^10, n of them. */
const REFERENCE = 2 ** -80;

function moved({ logits, change }: TrialCase['arrays']): { before: readonly DD[]; after: readonly DD[] } {
  const before = exactSoftmax(logits.map(exactly)).p;
  return { before, after: exactSoftmax(logits.map((x, j) => dd.add(exactly(x), exactly(change[j])))).p };
}

/** KL(p ‖ p') = ln Σ p_j exp(d_j − c) − Σ p_j(d_j − c), c the largest d. */
function divergence({ logits, change }: TrialCase['arrays']): number {
  const { p } = exactSoftmax(logits.map(exactly));
  const most = change.reduce((a, b) => Math.max(a, b));
  const d = change.map((x) => dd.sub(exactly(x), exactly(most)));
  const mean = (of: (x: DD) => DD): DD => p.reduce((s, q, j) => dd.add(s, dd.mul(q, of(d[j]))), dd.zero);
  const logMean = dd.log(mean((x) => (x.hi < -690 ? dd.zero : dd.exp(x))));
  return dd.sub(
    logMean,
    mean((x) => x),
  ).hi;
}

export const exactTrials: readonly Trial[] = [
  {
    bound: 'softmaxTV',
    draw,
    simpler: shorter,
    observe: ({ arrays }) => {
      const { before, after } = moved(arrays);
      const total = before.reduce((sum, p, j) => sum + distance(p, after[j]), 0) / 2;
      return { inputs: { change: arrays.change }, observed: Math.max(0, total - REFERENCE) };
    },
    sharp: { trial: exactCase('fp32', { logits: [-0.5, 0.5], change: [1, -1] }), ratio: 0.999999 },
    outside: {},
  },
  {
    bound: 'softmaxKL',
    draw,
    simpler: shorter,
    observe: ({ arrays }) => {
      // Beyond, the reference's error is no longer small.
      if (arrays.change.some((d) => Math.abs(d) > 2 ** 10)) return undefined;
      return { inputs: { change: arrays.change }, observed: Math.max(0, divergence(arrays) - REFERENCE) };
    },
    sharp: { trial: exactCase('fp32', { logits: [0, 0], change: [2 ** -8, 0] }), ratio: 0.999999 },
    outside: {},
  },
  {
    bound: 'thetaOp',
    draw: (random, format) => {
      const n = random.integer(1, random.uniform() < 0.9 ? 9 : 40);
      const weights = drawLogits(random, format, n).map((x) =>
        random.uniform() < 0.5 ? Math.abs(x) : random.uniform(),
      );
      const signs = random.uniform() < 0.7;
      const direction = Array.from({ length: n }, () => (signs ? (random.integer(0, 1) ? 1 : -1) : random.normal()));
      return exactCase(format.name, { weights, direction });
    },
    simpler: shorter,
    observe: ({ arrays: { weights, direction } }) => {
      const total = weights.reduce((sum, x) => dd.add(sum, exactly(x)), dd.zero);
      const most = direction.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      if (!(total.hi > 0) || most === 0) return undefined;
      const p = weights.map((x) => dd.div(exactly(x), total));
      const mean = p.reduce((sum, x, j) => dd.add(sum, dd.mul(x, exactly(direction[j]))), dd.zero);
      const size = p.reduce((sum, x, j) => sum + distance(dd.mul(x, exactly(direction[j])), dd.mul(x, mean)), 0);
      return { inputs: { weights }, observed: Math.max(0, size / most - REFERENCE) };
    },
    sharp: { trial: exactCase('fp32', { weights: [3, 1, 2, 1, 5], direction: [1, 1, 1, -1, -1] }), ratio: 0.999999 },
    outside: { weights: { weights: [1, -1] } },
  },
];
