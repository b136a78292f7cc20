/** orderDiff: how far two orders of the same sum can be apart. */
import { type Order, orderText } from '../../tensor/order.ts';
import { defineBound } from '../define.ts';
import { order } from '../inputs.ts';
import { unitRoundoff } from '../unit-roundoff.ts';
import { depthOf } from './depth.ts';
import { dotInputs, dotScope, dotTexts, grown, inRange, representable } from './terms.ts';

interface DifferenceScope {
  readonly u: number;
  readonly g: number;
  readonly h: number;
  readonly X: number;
  readonly A: number;
  readonly B: number;
}

const bound = ({ u, g, h, X, A, B }: DifferenceScope): number =>
  (grown(g, u) + grown(h, u)) * (X * (1 + u) + A) + B * (1 + u) ** Math.max(g, h);

function additions(one: Order, n: number): number {
  return depthOf(one, n).additions;
}

export const orderDiff = defineBound({
  id: 'orderDiff',
  title: 'Difference of one inner product computed in two orders of additions',
  quantity: '|fl₁(x·y) − fl₂(x·y)|',
  kind: 'rigorous',
  norm: 'componentwise',
  scale: 'absolute',
  theory: 'theory/dot.md',
  source: 'derived here',
  inputs: {
    ...dotInputs,
    order1: order.describe('one order of additions, such as sequential'),
    order2: order.describe('the other order, such as blocked(32)'),
  },
  formula: '(expm1(g * log1p(u)) + expm1(h * log1p(u))) * (X * (1 + u) + A) + B * (1 + u)^max(g, h)',
  symbols: {
    u: dotTexts.u,
    g: 'additions that a term passes at most in one order; 0 where both orders are the same',
    h: 'and in the other',
    X: dotTexts.X,
    A: 'what underflow can add to the products: nη',
    B: 'what it can add to the sums where tiny ones are flushed: η for each addition of both orders',
  },
  compute(inputs) {
    const { order1, order2 } = inputs;
    const { n, u, X } = dotScope(inputs);
    const { eta, etaSum } = unitRoundoff(inputs);
    const same = orderText(order1) === orderText(order2);
    return {
      ...{ u, X, A: n * eta, B: same ? 0 : 2 * (n - 1) * etaSum },
      ...(same ? { g: 0, h: 0 } : { g: additions(order1, n), h: additions(order2, n) }),
    };
  },
  value: bound,
  assumptions: [
    representable,
    {
      id: 'same-products',
      text: 'both round the products alike: not stochastically',
      violated: ({ mode }) => (mode === 'stochastic' ? 'the mode is stochastic' : undefined),
    },
    {
      id: 'tree',
      text: 'both orders are trees of additions',
      violated: ({ order1, order2 }) =>
        [order1, order2].some(({ kind }) => kind === 'kahan') ? 'a compensated sum is none' : undefined,
    },
    inRange((s: DifferenceScope) => (1 + s.u) * s.X + s.A + bound(s)),
  ],
});
