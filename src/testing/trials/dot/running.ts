/** Trials of dotRunning and dotRms, which read what was computed on the way. */
import { formats } from '../../../formats/index.ts';
import { type Mode, parseOrder } from '../../../tensor/index.ts';
import { drawRounding, drawSubnormals } from '../../arithmetic.ts';
import type { Random } from '../../random.ts';
import type { Trial, TrialCase } from '../../trial.ts';
import { absoluteProduct, computed, distance, exactProduct } from './compute.ts';
import { criticalPath, drawFactors, onePlusU32 } from './inputs.ts';

const orders = ['sequential', 'reversed', 'pairwise', 'blocked(8)', 'lanes(4)', 'splitk(3)'];

function observe(trial: TrialCase): ReturnType<Trial['observe']> {
  const result = computed(trial);
  if (result === undefined) return undefined;
  const { x, y } = trial.arrays;
  const { format, mode, subnormals } = trial;
  const { products, sums } = result;
  const given = { ...(products.length > 0 && { products }), ...(sums.length > 0 && { sums }) };
  return {
    inputs: { ...given, format, mode, subnormals },
    observed: distance(result.value, exactProduct(x, y), x.length, absoluteProduct(x, y)),
  };
}

function draw(random: Random, format: Parameters<Trial['draw']>[1], modes?: readonly Mode[]): TrialCase {
  const [rounding, subnormals, order] = [drawRounding(random, modes), drawSubnormals(random), random.pick(orders)];
  const fma = order !== 'pairwise' && random.uniform() < 0.3;
  const { x, y } = drawFactors(random, format, subnormals, order);
  return { format: format.name, ...rounding, subnormals, order, arrays: { x, y }, scalars: { fma: Number(fma) } };
}

const path = criticalPath(parseOrder('sequential'), 64, formats.fp32.u, onePlusU32);
const sharpCase: TrialCase = {
  ...{ format: 'fp32', mode: 'nearest-even', subnormals: 'keep', order: 'sequential', arrays: { ...path } },
  scalars: { fma: 0 },
};

const outside = {
  results: { products: [0.1], format: 'fp16' },
  range: { products: [1], sums: [65504], format: 'fp16' },
};

export const runningTrials: readonly Trial[] = [
  {
    bound: 'dotRunning',
    draw,
    observe,
    sharp: { trial: sharpCase, ratio: 0.99999 },
    outside,
  },
  {
    bound: 'dotRms',
    draw: (random, format) => draw(random, format, ['nearest-away', 'stochastic']),
    observe,
    sharp: { trial: sharpCase, ratio: 1 },
    outside: { unbiased: { sums: [1], format: 'fp16', mode: 'up' }, ...outside },
  },
];
