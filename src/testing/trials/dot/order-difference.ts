/** The trial of orderDiff. */
import { type BinaryFormat, formats, roundingModes } from '../../../formats/index.ts';
import { orderText, parseOrder } from '../../../tensor/index.ts';
import { drawRounding, drawSubnormals, scalarsOfCase } from '../../arithmetic.ts';
import type { Trial, TrialCase } from '../../trial.ts';
import { innerProduct } from './compute.ts';
import { drawFactors } from './inputs.ts';
import { outsideOfFormat } from './plain.ts';

const orders = ['sequential', 'reversed', 'pairwise', 'blocked(2)', 'blocked(8)', 'lanes(2)', 'lanes(8)', 'splitk(3)'];

// (z₁ + z₂) + z₃ goes up, (z₁ + z₃) + z₂ goes down, at each addition.
const { u } = formats.fp32;
const sharpCase: TrialCase = {
  ...{ format: 'fp32', mode: 'nearest-even', subnormals: 'keep', order: 'sequential' },
  arrays: { x: [1 + 2 * u, u, -u], y: [1, 1, 1] },
  scalars: { other: orders.indexOf('lanes(2)') },
};

export const orderDiff: Trial = {
  bound: 'orderDiff',
  draw(random, format: BinaryFormat) {
    const [rounding, subnormals, order] = [
      drawRounding(random, roundingModes),
      drawSubnormals(random),
      random.pick(orders),
    ];
    const { x, y } = drawFactors(random, format, subnormals, order);
    const scalars = { other: random.integer(0, orders.length - 1) };
    return { format: format.name, ...rounding, subnormals, order, arrays: { x, y }, scalars };
  },
  observe(trial) {
    const { x, y } = trial.arrays;
    const { format, mode, subnormals } = trial;
    const [order1, order2] = [parseOrder(trial.order), parseOrder(orders[trial.scalars.other])];
    const scalars = scalarsOfCase(trial);
    const first = innerProduct(scalars, order1, { fma: false, x, y });
    const second = innerProduct(scalars, order2, { fma: false, x, y });
    if (first === undefined || second === undefined) return undefined;
    return {
      inputs: { x, y, order1: orderText(order1), order2: orderText(order2), format, mode, subnormals },
      // From below: the difference may have more bits than a float64.
      observed: Math.abs(first.value - second.value) * (1 - 2 ** -52),
    };
  },
  sharp: { trial: sharpCase, ratio: 0.99999 },
  outside: {
    ...outsideOfFormat({ order1: 'sequential', order2: 'pairwise' }),
    'same-products': {
      ...{ x: [1], y: [1], format: 'fp16', order1: 'sequential', order2: 'pairwise' },
      mode: 'stochastic',
    },
    tree: { x: [1], y: [1], format: 'fp16', order1: 'kahan', order2: 'pairwise' },
  },
};
