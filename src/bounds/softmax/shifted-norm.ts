import { defineBound } from '../define.ts';
import { largestOf } from './probabilities.ts';
import { shiftedAssumptions, shiftedInputs, shiftedRow } from './shifted.ts';

export const softmaxShifted = defineBound({
  id: 'softmaxShifted',
  title: 'Softmax with shift, normwise',
  quantity: '‖p̂ − p‖∞ / ‖p‖∞, p̂ the computed softmax of a row',
  kind: 'rigorous',
  norm: '∞-norm',
  scale: 'relative',
  formula: 'expm1(2 * w + (h + 1) * v + n * eta) + (2 + u) * eta / pmax',
  symbols: {
    w: 'the largest error of an exponent: u times the spread of the logits, and v = −ln(1 − u) for exp',
    h: 'depth of the sum',
    u: 'unit roundoff',
    v: '−ln(1 − u)',
    n: 'number of logits',
    eta: 'η, half the smallest subnormal number',
    pmax: 'the largest probability',
  },
  inputs: shiftedInputs,
  assumptions: shiftedAssumptions,
  compute: (inputs) => {
    const { p, w, h, u, v, n, eta } = shiftedRow(inputs);
    return { w: largestOf(w), h, u, v, n, eta, pmax: largestOf(p) };
  },
  value: ({ w, h, u, v, n, eta, pmax }) => Math.expm1(2 * w + (h + 1) * v + n * eta) + ((2 + u) * eta) / pmax,
  theory: 'theory/softmax.md',
  source: 'after Blanchard, D. Higham, N. Higham (2021), theorem 4.3',
});
