/** What the bounds of softmax and log-sum-exp without shift share. */
import type { Order } from '../../tensor/order.ts';
import { depthOf } from '../dot/depth.ts';
import { computedSumFromAbove, logRoundoff } from '../growth.ts';
import { arithmetic, order, vector } from '../inputs.ts';
import { once } from '../once.ts';
import { notStored } from '../operands.ts';
import { type ArithmeticInputs, unitRoundoff } from '../unit-roundoff.ts';
import { probabilitiesOf } from './probabilities.ts';
import { plainOrder } from './shifted.ts';

export const unshiftedInputs = {
  logits: vector('x: the row of logits, masked entries left out'),
  order,
  ...arithmetic,
};

export interface UnshiftedInputs extends ArithmeticInputs {
  readonly logits: Float64Array;
  readonly order: Order;
}

/** Step 1 of softmaxUnshifted in theory/softmax.md. */
export const unshiftedRow = once((inputs: UnshiftedInputs) => {
  const { logits, order: sumOrder } = inputs;
  const n = logits.length;
  const { u, eta } = unitRoundoff(inputs);
  const v = logRoundoff(u);
  const { largest, total, p } = probabilitiesOf(logits);
  /** Σ exp(x_k). */
  const S = Math.exp(largest) * total;
  /** What underflow of the exponentials can take from their sum, relative to it. */
  const lost = (n * eta * Math.exp(v)) / S;
  return { n, h: depthOf(sumOrder, n).additions, u, v, eta, p, S, logSum: largest + Math.log(total), lost };
});

const representable = {
  id: 'representable',
  text: 'the logits are numbers of the format, none of them subnormal where subnormals are flushed',
  violated: (inputs: UnshiftedInputs) => notStored(inputs.logits, inputs),
};

const overflow = {
  id: 'overflow',
  text: 'no exponential and no sum overflows',
  violated: (inputs: UnshiftedInputs) => {
    const { n, v, eta, S } = unshiftedRow(inputs);
    const most = computedSumFromAbove(S * Math.exp(v) + n * eta, n, inputs.order, inputs);
    return most > inputs.format.largest ? `a sum may reach ${most} in ${inputs.format.name}` : undefined;
  },
};

const underflow = {
  id: 'underflow',
  text: 'underflow takes less than half of the sum',
  violated: (inputs: UnshiftedInputs) => {
    const { lost } = unshiftedRow(inputs);
    return lost <= 0.5 ? undefined : `${lost} of it`;
  },
};

export const unshiftedAssumptions = [representable, plainOrder, overflow, underflow] as const;
