/** The trial of linear: one row of a layer, its weights and bias of a wider format than the layer computes in. */
import { type BinaryFormat, formats, nextUp, round } from '../../../formats/index.ts';
import { ddAdd } from '../../../softfloat/double-double.ts';
import { parseOrder } from '../../../tensor/index.ts';
import { drawRounding, drawSubnormals, scalarsOfCase } from '../../arithmetic.ts';
import type { Trial, TrialCase } from '../../trial.ts';
import { absoluteProduct, distance, exactProduct, innerProduct } from './compute.ts';
import { drawFactors } from './inputs.ts';

const orders = ['sequential', 'reversed', 'pairwise', 'blocked(8)', 'lanes(4)', 'splitk(3)'];

// The load of a weight, each addition and the bias lose u; the result stays 1.
const { u } = formats.fp32;
const sharpCase: TrialCase = {
  ...{ format: 'fp32', mode: 'nearest-even', subnormals: 'keep', order: 'sequential', scalars: {} },
  arrays: { x: [1, ...Array(63).fill(u)], w: [1 + u, ...Array(63).fill(1)], b: [u] },
};

export const linear: Trial = {
  bound: 'linear',
  draw(random, format: BinaryFormat) {
    const [rounding, subnormals, order] = [drawRounding(random), drawSubnormals(random), random.pick(orders)];
    const { x, y } = drawFactors(random, format, subnormals, order);
    // Half of the weights are numbers of the format, half have more bits, near halfway between two of these.
    const exact = random.uniform() < 0.5;
    const halfway = (w: number): number => (w + nextUp(w, format)) / 2;
    const w = exact
      ? y
      : y.map((yi) => (random.uniform() < 0.5 ? halfway(yi) : yi * (1 + format.u * random.uniform())));
    const scale = Math.max(absoluteProduct(x, w) * 2 ** -random.integer(0, 8), format.smallestNormal);
    const b = random.normal() * scale;
    const bias = [[], [round(b, format)], [b]][random.integer(0, 2)].filter(Number.isFinite);
    return { format: format.name, ...rounding, subnormals, order, arrays: { x, w, b: bias }, scalars: {} };
  },
  observe(trial) {
    const { format, mode, subnormals, order } = trial;
    const { x, w, b } = trial.arrays;
    const scalars = scalarsOfCase(trial);
    const load = scalarsOfCase({ ...trial, mode: 'nearest-even' }).fromNumber;
    const sum = innerProduct(scalars, parseOrder(order), { fma: false, x, y: w.map(load) });
    if (sum === undefined) return undefined;
    const value = b.length === 0 ? sum.value : scalars.add(sum.value, load(b[0]));
    if (!Number.isFinite(value)) return undefined;
    const bias = b.length === 0 ? undefined : b;
    const exact = bias === undefined ? exactProduct(x, w) : ddAdd(exactProduct(x, w), { hi: bias[0], lo: 0 });
    const scale = absoluteProduct(x, w) + Math.abs(bias?.[0] ?? 0);
    return {
      inputs: { x, weight: [w], ...(bias && { bias }), format, mode, subnormals, order },
      observed: Float64Array.of(distance(value, exact, x.length + 1, scale)),
    };
  },
  sharp: { trial: sharpCase, ratio: 0.98 },
  outside: {
    representable: { x: [0.1], weight: [[1]], format: 'fp16' },
    tree: { x: [1], weight: [[1]], format: 'fp16', order: 'kahan' },
    range: { x: [256], weight: [[256]], format: 'fp16' },
  },
};
