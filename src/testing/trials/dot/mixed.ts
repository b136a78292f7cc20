/** The trial of dotMixed: factors of any float64, a narrow format for them, a wider one for the sum. */
import { type BinaryFormat, formats, parseFormat } from '../../../formats/index.ts';
import { parseOrder } from '../../../tensor/index.ts';
import { drawRounding, drawSubnormals, scalarsOfCase } from '../../arithmetic.ts';
import type { Trial, TrialCase } from '../../trial.ts';
import { absoluteProduct, distance, exactProduct, innerProduct } from './compute.ts';
import { drawFactors } from './inputs.ts';

const wider = { fp32: 'fp32', tf32: 'fp32', fp16: 'fp32', bf16: 'fp32', e5m2: 'fp16', e4m3: 'fp16' } as const;
const orders = ['sequential', 'reversed', 'pairwise', 'blocked(8)', 'lanes(4)', 'splitk(3)'];

/** out = 0: the result is rounded to the narrow format; 1: it stays in the accumulator's. */
const outOf = ({ format, scalars }: TrialCase): string => (scalars.out === 1 ? wider[format as 'fp16'] : format);

// Both factors round 1 + u down to 1, and so does the sum.
const { u } = formats.fp16;
const sharpCase: TrialCase = {
  ...{ format: 'fp16', mode: 'nearest-even', subnormals: 'keep', order: 'sequential', scalars: { out: 0 } },
  arrays: { x: [1 + u, u], y: [1 + u, 1] },
};

export const dotMixed: Trial = {
  bound: 'dotMixed',
  draw(random, format: BinaryFormat) {
    const [rounding, subnormals, order] = [drawRounding(random), drawSubnormals(random), random.pick(orders)];
    // Numbers of a wider format, so that rounding them is part of the error.
    const wide = formats[wider[format.name as 'fp16']] as BinaryFormat;
    const { x, y } = drawFactors(random, random.uniform() < 0.7 ? wide : format, 'keep', order);
    const scalars = { out: random.integer(0, 1) };
    return { format: format.name, ...rounding, subnormals, order, arrays: { x, y }, scalars };
  },
  observe(trial) {
    const { mode, subnormals, order, format: input } = trial;
    const { x, y } = trial.arrays;
    const [accumulate, out] = [wider[input as 'fp16'], outOf(trial)];
    const at = (format: string) => scalarsOfCase(trial, format);
    const { smallestNormal } = parseFormat(out);
    const stored = (v: number): number =>
      at(input).fromNumber(subnormals === 'flush' && Math.abs(v) < smallestNormal ? 0 : v);
    // An exact product that is added with one rounding is a multiply-add.
    const factors = { fma: true, x: x.map(stored), y: y.map(stored) };
    const sum = innerProduct(scalarsOfCase(trial, accumulate), parseOrder(order), factors);
    if (sum === undefined) return undefined;
    const value = at(out).fromNumber(sum.value);
    if (!Number.isFinite(value)) return undefined;
    return {
      inputs: { x, y, input, accumulate, out, mode, subnormals },
      observed: distance(value, exactProduct(x, y), x.length, absoluteProduct(x, y)),
    };
  },
  sharp: { trial: sharpCase, ratio: 0.99 },
  outside: { range: { x: [300], y: [300], input: 'fp16', accumulate: 'fp32', out: 'fp16' } },
};
