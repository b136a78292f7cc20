import { z } from 'zod';
import { defineBound } from '../define.ts';
import { type Matrix, matrix, requireEqual, vector } from '../inputs.ts';
import { absolute, frobenius, rowSums } from '../matrices.ts';
import { omegaKq, omegaOv } from './functionals.ts';
import { headCount, headWeights } from './weights.ts';

export const attnLip = defineBound({
  id: 'attnLip',
  title: 'Lipschitz constant of attention in the block-∞ norm, whatever the length',
  quantity: 'max_t ‖att(X′)_t − att(X)_t‖∞ / max_t ‖x′_t − x_t‖∞, for all X, X′ with tokens within the radius',
  kind: 'rigorous',
  norm: 'operator',
  scale: 'relative',
  formula: 'ov * (1 + kq * R^2 + b * R)',
  symbols: {
    ov: 'ω_ov = ‖W_O‖∞ max_h ‖W_v,h‖∞',
    kq: 'ω_kq = (2/√d) max_h ‖|W_k,h|1‖₂ ‖|W_q,h|1‖₂',
    b: '(1/√d) max_h (‖|W_q,h|1‖₂ ‖b_k,h‖₂ + ‖|W_k,h|1‖₂ ‖b_q,h‖₂), 0 without biases',
    R: 'the radius: no token has a larger ∞-norm',
  },
  inputs: {
    queryWeight: matrix('W_q: H·d × width, heads one after the other'),
    keyWeight: matrix('W_k: H·d × width'),
    valueWeight: matrix('W_v: H·d × width'),
    outWeight: matrix('W_O: outputs × H·d'),
    heads: headCount,
    queryBias: vector('b_q: H·d').optional(),
    keyBias: vector('b_k: H·d').optional(),
    radius: z.number().nonnegative().describe('R: no token has a larger ∞-norm'),
    tokens: matrix('tokens × width: tokens to check against the radius').optional(),
  },
  assumptions: [
    {
      id: 'radius',
      text: 'no token has an ∞-norm above the radius',
      violated: ({ tokens, radius }) => {
        const most = tokens?.data.reduce((a, b) => Math.max(a, Math.abs(b)), 0) ?? 0;
        return most <= radius ? undefined : `${most} above ${radius}`;
      },
    },
  ],
  compute: (inputs) => {
    const heads = headWeights(inputs);
    const d = heads[0].query.rows;
    const length = (weight: Matrix) => frobenius(rowSums(absolute(weight)));
    const biasLengths = (name: 'queryBias' | 'keyBias'): number[] => {
      const bias = inputs[name];
      if (bias !== undefined) requireEqual(`attnLip: ${name}`, heads.length * d, bias.length);
      return heads.map((_, h) => (bias === undefined ? 0 : frobenius(bias.subarray(h * d, (h + 1) * d))));
    };
    const [ofQuery, ofKey] = [biasLengths('queryBias'), biasLengths('keyBias')];
    const biased = heads.map(({ query, key }, h) => length(query) * ofKey[h] + length(key) * ofQuery[h]);
    return {
      ov: omegaOv(inputs.outWeight, heads),
      kq: omegaKq(heads),
      b: biased.reduce((a, b) => Math.max(a, b)) / Math.sqrt(d),
      R: inputs.radius,
    };
  },
  value: ({ ov, kq, b, R }) => ov * (1 + kq * R ** 2 + b * R),
  theory: 'theory/attention.md',
  source: 'functionals of Budzinskiy, Fang, Zeng, Petersen (2026); the bound is derived here',
});
