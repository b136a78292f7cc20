import type { Order } from '../../tensor/order.ts';
import { defineBound } from '../define.ts';
import { innerProductError } from '../growth.ts';
import { arithmetic, causal, type Matrix, matrix, order, relativeError, requireEqual, visibleRows } from '../inputs.ts';
import { absolute, frobenius, timesTransposed } from '../matrices.ts';
import { once } from '../once.ts';
import { notStored } from '../operands.ts';
import { type ArithmeticInputs, unitRoundoff } from '../unit-roundoff.ts';
import { scalingGrowth } from './scaling.ts';

interface ScoreInputs extends ArithmeticInputs {
  readonly query: Matrix;
  readonly key: Matrix;
  readonly queryError?: number | undefined;
  readonly keyError?: number | undefined;
  readonly causal?: boolean | undefined;
  readonly order: Order;
}

const parts = once((inputs: ScoreInputs) => {
  const { query, key, queryError = 0, keyError = 0, causal: masked } = inputs;
  const d = query.columns;
  requireEqual('key: as wide as query', d, key.columns);
  const visible = (scores: Matrix) => frobenius(visibleRows(scores, masked).map(frobenius));
  const sizes = timesTransposed(absolute(query), absolute(key));
  const found = visible(timesTransposed(query, key));
  // What float64 can have added to it.
  const uncertain = (d + 4) * 2 ** -53 * visible(sizes);
  const { growth, underflow } = innerProductError(d, inputs.order, inputs);
  return {
    d,
    products: frobenius(query.data) * frobenius(key.data),
    /** √d‖S‖_F from below. */
    least: found * (1 - 2 ** -48) - uncertain,
    a: growth + Math.log1p(queryError) + Math.log1p(keyError),
    largestSum: sizes.data.reduce((x, y) => Math.max(x, y)),
    growth,
    underflow,
    entries: visibleRows(sizes, masked).reduce((count, row) => count + row.length, 0),
  };
});

export const scoreN = defineBound({
  id: 'scoreN',
  title: 'Attention scores, normwise, by κ_score',
  quantity: '‖Ŝ − S‖_F / ‖S‖_F, Ŝ = R(c·fl(Q̂K̂ᵀ)), c = R(1/√d), S = QKᵀ/√d',
  kind: 'rigorous',
  norm: 'Frobenius',
  scale: 'relative',
  formula: 'kappa * exp(c) * expm1(a) + expm1(c) + (exp(c) * N + eta) * sqrt(entries) / S',
  symbols: {
    kappa: 'κ_score = ‖Q‖_F‖K‖_F/(√d‖S‖_F), masked entries left out of S',
    c: 'ln((1 + |c√d − 1|)(1 + u)), without u where c is a power of two',
    a: 'ln((1 + g)(1 + e_Q)(1 + e_K)), g of an inner product of length d',
    N: 'what underflow can add to an inner product, over √d',
    eta: 'η, half the smallest subnormal number',
    entries: 'number of visible scores',
    S: '‖S‖_F',
  },
  inputs: {
    query: matrix('Q: queries × head width'),
    key: matrix('K: keys × head width'),
    queryError: relativeError('‖Q̂ − Q‖_F/‖Q‖_F, Q̂ the stored queries (default: 0)'),
    keyError: relativeError('‖K̂ − K‖_F/‖K‖_F, K̂ the stored keys (default: 0)'),
    causal,
    order,
    ...arithmetic,
  },
  assumptions: [
    {
      id: 'representable',
      text: 'queries and keys without an error are numbers of the format, none of them subnormal where subnormals are flushed',
      violated: (inputs) =>
        ((inputs.queryError ?? 0) === 0 ? notStored(inputs.query.data, inputs) : undefined) ??
        ((inputs.keyError ?? 0) === 0 ? notStored(inputs.key.data, inputs) : undefined),
    },
    {
      id: 'order',
      text: 'the sum is not compensated',
      violated: ({ order: { kind }, query }) =>
        kind === 'kahan' && query.columns > 1 ? 'the order is kahan' : undefined,
    },
    {
      id: 'scores',
      text: 'the scores are not all 0, beyond the rounding of float64',
      violated: (inputs) => {
        const { least } = parts(inputs);
        return least > 0 ? undefined : 'they may be';
      },
    },
    {
      id: 'overflow',
      text: 'no sum overflows',
      violated: (inputs) => {
        const { largestSum, products, growth, a, underflow } = parts(inputs);
        const most = Math.exp(growth) * (largestSum + products * Math.expm1(a - growth)) + underflow;
        return most <= inputs.format.largest ? undefined : `one may reach ${most} in ${inputs.format.name}`;
      },
    },
  ],
  compute: (inputs) => {
    const { d, products, least, a, underflow, entries } = parts(inputs);
    return {
      kappa: products / least,
      c: scalingGrowth(d, inputs),
      a,
      N: underflow / Math.sqrt(d),
      eta: unitRoundoff(inputs).eta,
      entries,
      S: least / Math.sqrt(d),
    };
  },
  value: ({ kappa, c, a, N, eta, entries, S }) =>
    kappa * Math.exp(c) * Math.expm1(a) + Math.expm1(c) + ((Math.exp(c) * N + eta) * Math.sqrt(entries)) / S,
  theory: 'theory/attention.md',
  source: 'κ_score of Baek (2025); the bound is derived here',
});
