import { defineBound } from '../define.ts';
import { unshiftedAssumptions, unshiftedInputs, unshiftedRow } from './unshifted.ts';

export const softmaxUnshifted = defineBound({
  id: 'softmaxUnshifted',
  title: 'Softmax without shift, component by component',
  quantity: '|p̂_j − p_j|, p̂ the computed softmax of a row',
  kind: 'rigorous',
  norm: 'componentwise',
  scale: 'absolute',
  formula: 'p * expm1((h + 3) * v + nu) + eta * (1 + exp((h + 2) * v + nu) / S)',
  symbols: {
    p: 'the exact probability p_j',
    h: 'depth of the sum',
    v: '−ln(1 − u)',
    nu: '−ln(1 − nηe^v/S): what underflow can take from the sum',
    eta: 'η, half the smallest subnormal number',
    S: 'Σ exp(x_k)',
  },
  inputs: unshiftedInputs,
  assumptions: unshiftedAssumptions,
  compute: (inputs) => {
    const { p, h, v, lost, eta, S } = unshiftedRow(inputs);
    return { p, h, v, nu: -Math.log1p(-lost), eta, S };
  },
  value: ({ p, h, v, nu, eta, S }) => p * Math.expm1((h + 3) * v + nu) + eta * (1 + Math.exp((h + 2) * v + nu) / S),
  theory: 'theory/softmax.md',
  source: 'after Blanchard, D. Higham, N. Higham (2021), theorem 3.3',
});
