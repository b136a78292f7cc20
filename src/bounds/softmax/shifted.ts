/** What the bounds of shifted softmax share: its exact probabilities, and the errors of its exponents. */

import type { Order } from '../../tensor/order.ts';
import { depthOf } from '../dot/depth.ts';
import { computedSumFromAbove, logRoundoff } from '../growth.ts';
import { arithmetic, magnitudes, order, requireEqual, vector } from '../inputs.ts';
import { once } from '../once.ts';
import { notStored } from '../operands.ts';
import type { ArithmeticInputs } from '../unit-roundoff.ts';
import { unitRoundoff } from '../unit-roundoff.ts';
import { largestOf, type Probabilities, probabilitiesOf, sum } from './probabilities.ts';

export const shiftedInputs = {
  logits: vector('x: the row of logits, masked entries left out'),
  errors: magnitudes('bounds of |stored − x|, one for each logit (default: the logits are stored exactly)').optional(),
  order,
  ...arithmetic,
};

export interface ShiftedInputs extends ArithmeticInputs {
  readonly logits: Float64Array;
  readonly errors?: Float64Array | undefined;
  readonly order: Order;
}

export interface ShiftedRow extends Probabilities {
  readonly n: number;
  /** The largest error of a logit. */
  readonly moved: number;
  /** Depth of the sum. */
  readonly h: number;
  readonly u: number;
  /** −ln(1 − u). */
  readonly v: number;
  readonly eta: number;
  readonly etaSum: number;
  /** |δ_j + gap_j| and the rounding of exp, together: e_j = exp(−gap_j + c)·exp(±w_j), c the same for all j. */
  readonly w: Float64Array;
  /** ln Σ p_k exp(w_k). */
  readonly spread: number;
}

/**
 * Steps 1 and 2 of softmaxShiftedC in theory/softmax.md.
 * @throws InputError where there are not as many errors as logits
 */
export const shiftedRow = once((inputs: ShiftedInputs): ShiftedRow => {
  const { logits, errors, order: sumOrder } = inputs;
  const n = logits.length;
  if (errors !== undefined) requireEqual('errors: one for each logit', n, errors.length);
  const { u, eta, etaSum } = unitRoundoff(inputs);
  const v = logRoundoff(u);
  const row = probabilitiesOf(logits);
  const moved = errors === undefined ? 0 : largestOf(errors);
  const w = row.gaps.map((gap, j) => {
    const error = errors?.[j] ?? 0;
    const stored = gap + error + moved;
    // The difference of equal numbers is 0 and exp(0) is 1, exactly.
    return stored === 0 ? 0 : error + u * stored + etaSum + v;
  });
  const spread = Math.log1p(sum(w.map((x, k) => row.p[k] * Math.expm1(x))));
  return { ...row, n, moved, h: depthOf(sumOrder, n).additions, u, v, eta, etaSum, w, spread };
});

const representable = {
  id: 'representable',
  text: 'logits without an error are numbers of the format, none of them subnormal where subnormals are flushed',
  violated: (inputs: ShiftedInputs) => notStored(inputs.logits, inputs, inputs.errors),
};

export const plainOrder = {
  id: 'order',
  text: 'the sum is not compensated',
  violated: ({ order: sumOrder, logits }: { readonly order: Order; readonly logits: Float64Array }) =>
    sumOrder.kind === 'kahan' && logits.length > 1 ? 'the order is kahan' : undefined,
};

const overflow = {
  id: 'overflow',
  text: 'no difference of logits and no sum overflows',
  violated: (inputs: ShiftedInputs) => {
    const { format, order: sumOrder } = inputs;
    const { n, u, eta, gaps, moved, total, spread } = shiftedRow(inputs);
    const apart = largestOf(gaps) + 2 * moved;
    if (apart * (1 + u) > format.largest) return `logits ${apart} apart in ${format.name}`;
    // Each term is at most 1, the exponential of a number that is not positive.
    const terms = Math.min(n, total * Math.exp(spread + moved) + n * eta);
    const most = computedSumFromAbove(terms, n, sumOrder, inputs);
    return most > format.largest ? `a sum of ${n} terms may reach ${most} in ${format.name}` : undefined;
  },
};

export const shiftedAssumptions = [representable, plainOrder, overflow] as const;
