import { defineBound } from '../define.ts';
import { shiftedAssumptions, shiftedInputs, shiftedRow } from './shifted.ts';

export const softmaxShiftedC = defineBound({
  id: 'softmaxShiftedC',
  title: 'Softmax with shift, component by component',
  quantity: '|p̂_j − p_j|, p̂ the computed softmax of a row',
  kind: 'rigorous',
  norm: 'componentwise',
  scale: 'absolute',
  formula: 'p * expm1(w + L + (h + 1) * v + n * eta) + (2 + u) * eta',
  symbols: {
    p: 'the exact probability p_j',
    w: 'error of the exponent and of exp: |dx_j| + u(gap_j + |dx_j| + max|dx|) + v, and 0 for the largest logit where dx = 0',
    L: 'ln Σ p_k exp(w_k)',
    h: 'depth of the sum',
    u: 'unit roundoff',
    v: '−ln(1 − u)',
    n: 'number of logits',
    eta: 'η, half the smallest subnormal number',
  },
  inputs: shiftedInputs,
  assumptions: shiftedAssumptions,
  compute: (inputs) => {
    const { p, w, spread: L, h, u, v, n, eta } = shiftedRow(inputs);
    return { p, w, L, h, u, v, n, eta };
  },
  value: ({ p, w, L, h, u, v, n, eta }) => p * Math.expm1(w + L + (h + 1) * v + n * eta) + (2 + u) * eta,
  theory: 'theory/softmax.md',
  source: 'derived here',
});
