import { defineBound } from '../define.ts';
import { largestOf, pathGrowth, sum } from './probabilities.ts';
import { shiftedAssumptions, shiftedInputs, shiftedRow } from './shifted.ts';

export const softmaxL1 = defineBound({
  id: 'softmaxL1',
  title: 'Softmax with shift, in the 1-norm',
  quantity: '‖p̂ − p‖₁, p̂ the computed softmax of a row of inexact logits',
  kind: 'rigorous',
  norm: '1-norm',
  scale: 'absolute',
  formula: 'min(2 * D * phi, 2 * tanh(m / 2)) + expm1((h + 1) * v) + 3 * n * eta',
  symbols: {
    D: 'Σ p_j(1 − p_j) w_j, w_j = |dx_j| + u(gap_j + |dx_j| + max|dx|) + v',
    phi: '(e^{2m} − 1)/(2m)',
    m: 'the largest w_j',
    h: 'depth of the sum',
    v: '−ln(1 − u)',
    n: 'number of logits',
    eta: 'η, half the smallest subnormal number',
  },
  inputs: shiftedInputs,
  assumptions: shiftedAssumptions,
  compute: (inputs) => {
    const { p, rest, w, h, v, n, eta } = shiftedRow(inputs);
    const m = largestOf(w);
    return { D: sum(w.map((x, j) => p[j] * rest[j] * x)), phi: pathGrowth(2 * m), m, h, v, n, eta };
  },
  value: ({ D, phi, m, h, v, n, eta }) =>
    Math.min(2 * D * phi, 2 * Math.tanh(m / 2)) + Math.expm1((h + 1) * v) + 3 * n * eta,
  theory: 'theory/softmax.md',
  source: 'derived here',
});
