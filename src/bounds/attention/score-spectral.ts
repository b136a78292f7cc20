import type { Order } from '../../tensor/order.ts';
import { defineBound } from '../define.ts';
import { innerProductError } from '../growth.ts';
import { arithmetic, type Matrix, matrix, order, requireEqual } from '../inputs.ts';
import { absolute, frobenius, spectralNormFromAbove, timesTransposed, transposed } from '../matrices.ts';
import { once } from '../once.ts';
import { type ArithmeticInputs, unitRoundoff } from '../unit-roundoff.ts';
import { tokenAssumptions } from './assumptions.ts';
import { largestComputed, projection } from './projection.ts';
import { scalingGrowth } from './scaling.ts';

interface SpectralInputs extends ArithmeticInputs {
  readonly tokens: Matrix;
  readonly queryWeight: Matrix;
  readonly keyWeight: Matrix;
  readonly order: Order;
}

const parts = once((inputs: SpectralInputs) => {
  const { tokens, queryWeight, keyWeight, order: sumOrder } = inputs;
  requireEqual('queryWeight: as wide as tokens', tokens.columns, queryWeight.columns);
  requireEqual('keyWeight: as wide as tokens', tokens.columns, keyWeight.columns);
  requireEqual('keyWeight: as many rows as queryWeight', queryWeight.rows, keyWeight.rows);
  const [query, key] = [queryWeight, keyWeight].map((weight) => projection(tokens, weight, sumOrder, inputs));
  const d = queryWeight.rows;
  const { growth: g, underflow } = innerProductError(d, sumOrder, inputs);
  const c = scalingGrowth(d, inputs);
  const { eta } = unitRoundoff(inputs);
  // Step 3 of scoreSpec in theory/attention.md: Σ|q̂_i||k̂_i| beyond the growth of the exact products, for each pair.
  const row = (m: Matrix, t: number) => m.data.subarray(t * d, (t + 1) * d).reduce((s, x) => s + x, 0);
  const cross = (t: number, j: number) => {
    const [alpha, beta] = [query.underflow[t], key.underflow[j]];
    const mixed = beta * Math.exp(query.growth) * row(query.size, t) + alpha * Math.exp(key.growth) * row(key.size, j);
    return Math.exp(g) * (mixed + d * alpha * beta) + underflow;
  };
  return { query, key, d, g, c, eta, cross };
});

export const scoreSpec = defineBound({
  id: 'scoreSpec',
  title: 'Attention scores from tokens, by a spectral norm',
  quantity: '|ŝ_tj − s_tj|, s_tj = (W_q x_t)·(W_k x_j)/√d, for all pairs of tokens',
  kind: 'rigorous',
  norm: 'componentwise',
  scale: 'absolute',
  formula: 'expm1(a + b + g + c) * sigma * x * y / sqrt(d) + z',
  symbols: {
    a: 'ln(1 + g_D)(1 + u_w) of the queries: an inner product of length D, u_w the rounding of weights that are not stored exactly',
    b: 'the same of the keys',
    g: 'ln(1 + g_d) of an inner product of length d',
    c: 'ln((1 + |c√d − 1|)(1 + u)), without u where c is a power of two',
    sigma: 'σ_max(|W_k|ᵀ|W_q|), from above',
    x: '‖x_t‖₂ of the query',
    y: '‖x_j‖₂ of the key',
    d: 'head width',
    z: 'what underflow can add',
  },
  inputs: {
    tokens: matrix('X: tokens × width, stored exactly'),
    queryWeight: matrix('W_q: head width × width'),
    keyWeight: matrix('W_k: head width × width'),
    order,
    ...arithmetic,
  },
  assumptions: [
    ...tokenAssumptions,
    {
      id: 'overflow',
      text: 'nothing overflows',
      violated: (inputs) => {
        const { query, key, d, g, cross } = parts(inputs);
        const sizes = timesTransposed(query.size, key.size);
        let most = Math.max(largestComputed(query), largestComputed(key));
        sizes.data.forEach((size, k) => {
          const sum = size * Math.exp(query.growth + key.growth + g);
          most = Math.max(most, sum + cross(Math.floor(k / sizes.columns), k % sizes.columns));
        });
        return most <= inputs.format.largest ? undefined : `${most} in ${inputs.format.name}, head width ${d}`;
      },
    },
  ],
  compute: (inputs) => {
    const { query, key, d, g, c, eta, cross } = parts(inputs);
    const { tokens, queryWeight, keyWeight } = inputs;
    const n = tokens.rows;
    const norms = Float64Array.from({ length: n }, (_, t) =>
      frobenius(tokens.data.subarray(t * tokens.columns, (t + 1) * tokens.columns)),
    );
    const weights = timesTransposed(transposed(absolute(keyWeight)), transposed(absolute(queryWeight)));
    const pair = (of: (t: number, j: number) => number) =>
      Float64Array.from({ length: n * n }, (_, k) => of(Math.floor(k / n), k % n));
    return {
      a: query.growth,
      b: key.growth,
      g,
      c,
      sigma: spectralNormFromAbove(weights),
      x: pair((t) => norms[t]),
      y: pair((_, j) => norms[j]),
      d,
      z: pair((t, j) => (Math.exp(c) * cross(t, j)) / Math.sqrt(d) + eta),
    };
  },
  value: ({ a, b, g, c, sigma, x, y, d, z }) => (Math.expm1(a + b + g + c) * sigma * x * y) / Math.sqrt(d) + z,
  theory: 'theory/attention.md',
  source: 'after Budzinskiy, Fang, Zeng, Petersen (2025); derived here',
});
