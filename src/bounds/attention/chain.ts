import type { Order } from '../../tensor/order.ts';
import { defineBound } from '../define.ts';
import { computedSumFromAbove, innerProductError } from '../growth.ts';
import { arithmetic, causal, type Matrix, matrix, order, requireEqual } from '../inputs.ts';
import { absolute, rowSums, timesTransposed } from '../matrices.ts';
import { once } from '../once.ts';
import type { ArithmeticInputs } from '../unit-roundoff.ts';
import { tokenAssumptions } from './assumptions.ts';
import { attentionHead, type Head, type Uncertain } from './head.ts';
import { largestComputed, type Projection, projection, weightError } from './projection.ts';
import { headCount, headWeights } from './weights.ts';

interface ChainInputs extends ArithmeticInputs {
  readonly tokens: Matrix;
  readonly queryWeight: Matrix;
  readonly keyWeight: Matrix;
  readonly valueWeight: Matrix;
  readonly outWeight: Matrix;
  readonly heads?: number | undefined;
  readonly causal?: boolean | undefined;
  readonly order: Order;
}

function uncertain({ exact, size, growth, underflow }: Projection): Uncertain {
  const data = size.data.map((x, k) => x * Math.expm1(growth) + underflow[Math.floor(k / size.columns)]);
  return { exact, error: { ...size, data } };
}

const heads = once((inputs: ChainInputs): { readonly heads: readonly Head[]; readonly projected: number } => {
  const { tokens, order: sumOrder } = inputs;
  let projected = 0;
  const made = headWeights(inputs).map(({ query, key, value }) => {
    const [q, k, v] = [query, key, value].map((weight) => {
      requireEqual('weights: as wide as tokens', tokens.columns, weight.columns);
      const made = projection(tokens, weight, sumOrder, inputs);
      projected = Math.max(projected, largestComputed(made));
      return uncertain(made);
    });
    return attentionHead(q, k, v, inputs);
  });
  return { heads: made, projected };
});

/** Matrices side by side. */
function joined(parts: readonly Matrix[]): Matrix {
  const columns = parts.reduce((sum, part) => sum + part.columns, 0);
  const { rows } = parts[0];
  const data = new Float64Array(rows * columns);
  let at = 0;
  for (const part of parts) {
    for (let i = 0; i < rows; i++)
      data.set(part.data.subarray(i * part.columns, (i + 1) * part.columns), i * columns + at);
    at += part.columns;
  }
  return { rows, columns, data };
}

export const attnChain = defineBound({
  id: 'attnChain',
  title: 'Attention from tokens to its output, component by component',
  quantity: '|ŷ − y|, y the output projection of all heads, weights without biases',
  kind: 'rigorous',
  norm: 'componentwise',
  scale: 'absolute',
  formula: '(exp(g) * r + expm1(g) * m + z) * own',
  symbols: {
    g: 'ln(1 + g)(1 + u_w) of the output projection: an inner product of length H·d',
    r: '(E_O|W_O|ᵀ)_ij, E_O the bound of the context’s error',
    m: '(|O||W_O|ᵀ)_ij, O the exact context',
    z: 'what underflow can add in the output projection',
    own: '1 + 8ρ, ρ the relative error of this evaluation’s own probabilities',
  },
  inputs: {
    tokens: matrix('X: tokens × width, stored exactly'),
    queryWeight: matrix('W_q: H·d × width, heads one after the other'),
    keyWeight: matrix('W_k: H·d × width'),
    valueWeight: matrix('W_v: H·d × width'),
    outWeight: matrix('W_O: outputs × H·d'),
    heads: headCount,
    causal,
    order,
    ...arithmetic,
  },
  assumptions: [
    ...tokenAssumptions,
    {
      id: 'float64',
      text: 'float64 knows the probabilities to ten bits',
      violated: (inputs) => {
        const own = heads(inputs).heads.reduce((most, head) => Math.max(most, head.own), 0);
        return own < 2 ** -10 ? undefined : `only to ${own}`;
      },
    },
    {
      id: 'overflow',
      text: 'nothing overflows',
      violated: (inputs, { r, m, z, g }) => {
        const { format, tokens } = inputs;
        const { heads: made, projected } = heads(inputs);
        let most = Math.max(projected, computedSumFromAbove(tokens.rows, tokens.rows, inputs.order, inputs));
        for (const head of made) most = Math.max(most, head.largest, 2 * head.apart);
        const outputs = (m as Float64Array).map((x, k) => {
          const inexact = x + (r as Float64Array)[k];
          return inexact * Math.exp(g as number) + (z as Float64Array)[k];
        });
        most = outputs.reduce((a, b) => Math.max(a, b), most);
        return most <= format.largest ? undefined : `${most} in ${format.name}`;
      },
    },
  ],
  compute: (inputs) => {
    const { outWeight, order: sumOrder } = inputs;
    const { heads: made } = heads(inputs);
    const error = joined(made.map(({ context }) => context.error));
    const context = absolute(joined(made.map((head) => head.context.exact)));
    const { growth, underflow } = innerProductError(outWeight.columns, sumOrder, inputs);
    const load = weightError(outWeight, inputs);
    const sizes = absolute(outWeight);
    const lengths = rowSums({ ...context, data: context.data.map((x, k) => x + error.data[k]) });
    const m = timesTransposed(context, sizes).data;
    return {
      g: growth + Math.log1p(load.u),
      r: timesTransposed(error, sizes).data,
      m,
      z: m.map((_, k) => underflow + load.eta * Math.exp(growth) * lengths[Math.floor(k / outWeight.rows)]),
      own: 1 + 8 * made.reduce((most, head) => Math.max(most, head.own), 0),
    };
  },
  value: ({ g, r, m, z, own }) => (Math.exp(g) * r + Math.expm1(g) * m + z) * own,
  theory: 'theory/attention.md',
  source: 'derived here',
});
