/** One head, from its queries, keys and values to its context: exact values and componentwise bounds of the errors. */
import type { Order } from '../../tensor/order.ts';
import { depthOf } from '../dot/depth.ts';
import { innerProductError } from '../growth.ts';
import { type Matrix, visibleRows } from '../inputs.ts';
import { absolute, timesTransposed, transposed } from '../matrices.ts';
import { largestOf } from '../softmax/probabilities.ts';
import { shiftedRow } from '../softmax/shifted.ts';
import { type ArithmeticInputs, unitRoundoff } from '../unit-roundoff.ts';
import { scalingGrowth } from './scaling.ts';

/** A matrix with bounds of the errors of its computed entries. */
export interface Uncertain {
  readonly exact: Matrix;
  readonly error: Matrix;
}

export interface HeadInputs extends ArithmeticInputs {
  readonly order: Order;
  readonly causal?: boolean | undefined;
}

/**
 * a·bᵀ computed from inexact factors: |fl(âb̂ᵀ) − abᵀ| ≤ e^g(|da||b|ᵀ + |a||db|ᵀ + |da||db|ᵀ) + (e^g − 1)|a||b|ᵀ + underflow.
 */
function inexactProduct(a: Uncertain, b: Uncertain, inputs: HeadInputs): Uncertain & { readonly size: Matrix } {
  const { growth, underflow } = innerProductError(a.exact.columns, inputs.order, inputs);
  const [sizeA, sizeB] = [absolute(a.exact), absolute(b.exact)];
  const size = timesTransposed(sizeA, sizeB);
  const left = timesTransposed(a.error, { ...sizeB, data: sizeB.data.map((x, k) => x + b.error.data[k]) }).data;
  const right = timesTransposed(sizeA, b.error).data;
  const [factor, more] = [Math.exp(growth), Math.expm1(growth)];
  const data = size.data.map((x, k) => factor * (left[k] + right[k]) + more * x + underflow);
  return { exact: timesTransposed(a.exact, b.exact), error: { ...size, data }, size };
}

export interface Head {
  readonly context: Uncertain;
  /** No number on the way is computed beyond it, those of softmax apart. */
  readonly largest: number;
  /** The widest row of scores, their errors included. */
  readonly apart: number;
  /**
   * What float64 can be off by in the exponents of the exact probabilities of this very evaluation: the scores' error for
   * 2^−53 in place of u, twice for the difference from the largest, and as much again to be safe; and the softmax itself.
   */
  readonly own: number;
}

/** Steps 2 to 4 of attnChain in theory/attention.md. */
export function attentionHead(query: Uncertain, key: Uncertain, value: Uncertain, inputs: HeadInputs): Head {
  const d = query.exact.columns;
  const n = key.exact.rows;
  const { u, eta } = unitRoundoff(inputs);
  const products = inexactProduct(query, key, inputs);
  const [c, root] = [scalingGrowth(d, inputs), Math.sqrt(d)];
  const scores = { ...products.exact, data: products.exact.data.map((x) => x / root) };
  const error = {
    ...scores,
    data: scores.data.map((s, k) => (Math.exp(c) * products.error.data[k]) / root + Math.expm1(c) * Math.abs(s) + eta),
  };
  const [p, pError] = [new Float64Array(scores.data.length), new Float64Array(scores.data.length)];
  const errors = visibleRows(error, inputs.causal);
  const h = depthOf(inputs.order, n).additions;
  let apart = 0;
  visibleRows(scores, inputs.causal).forEach((logits, i) => {
    const row = shiftedRow({ ...inputs, logits, errors: errors[i] });
    apart = Math.max(apart, largestOf(row.gaps) + 2 * row.moved);
    const { v, spread } = row;
    p.set(row.p, i * n);
    pError.set(
      row.p.map((x, j) => x * Math.expm1(row.w[j] + spread + (h + 1) * v + n * eta) + (2 + u) * eta),
      i * n,
    );
  });
  const probabilities = { exact: { ...scores, data: p }, error: { ...scores, data: pError } };
  const columns = { exact: transposed(value.exact), error: transposed(value.error) };
  const context = inexactProduct(probabilities, columns, inputs);
  const most = (values: Float64Array) => values.reduce((a, b) => Math.max(a, b));
  const reach = ({ error: e, size }: { readonly error: Matrix; readonly size: Matrix }) =>
    most(e.data) + most(size.data);
  return {
    context,
    largest: Math.max(reach(products), reach(context)),
    apart,
    own: (most(error.data) / u) * 2 ** -51 + (apart + n + 8) * 2 ** -52,
  };
}
