import { defineBound } from '../define.ts';
import { type ShiftedInputs, shiftedAssumptions, shiftedInputs, shiftedRow } from './shifted.ts';
import { unshiftedAssumptions, unshiftedInputs, unshiftedRow } from './unshifted.ts';

export const lse = defineBound({
  id: 'lse',
  title: 'Log-sum-exp without shift',
  quantity: '|ŷ − ln Σ exp(x_k)|, ŷ = R(log sum(R(exp x)))',
  kind: 'rigorous',
  norm: 'componentwise',
  scale: 'absolute',
  formula: 'u * y + (1 + u) * ((h + 1) * v + nu) + eta',
  symbols: {
    u: 'unit roundoff',
    y: '|ln Σ exp(x_k)|',
    h: 'depth of the sum',
    v: '−ln(1 − u)',
    nu: '−ln(1 − nηe^v/S): what underflow can take from the sum S',
    eta: 'η, half the smallest subnormal number',
  },
  inputs: unshiftedInputs,
  assumptions: unshiftedAssumptions,
  compute: (inputs) => {
    const { u, logSum, h, v, lost, eta } = unshiftedRow(inputs);
    return { u, y: Math.abs(logSum), h, v, nu: -Math.log1p(-lost), eta };
  },
  value: ({ u, y, h, v, nu, eta }) => u * y + (1 + u) * ((h + 1) * v + nu) + eta,
  theory: 'theory/softmax.md',
  source: 'after Blanchard, D. Higham, N. Higham (2021), section 3',
});

const result = {
  id: 'result',
  text: 'the last addition does not overflow',
  violated: (inputs: ShiftedInputs) => {
    const { largest, moved, total } = shiftedRow(inputs);
    const most = 2 * (Math.abs(largest) + moved + Math.log(total));
    return most <= inputs.format.largest ? undefined : `a result up to ${most} in ${inputs.format.name}`;
  },
};

export const lseShifted = defineBound({
  id: 'lseShifted',
  title: 'Log-sum-exp with shift',
  quantity: '|ŷ − ln Σ exp(x_k)|, ŷ = R(m + R(log sum(R(exp R(x − m)))))',
  kind: 'rigorous',
  norm: 'componentwise',
  scale: 'absolute',
  formula: 'u * y + (1 + u) * (u * (l + d) + (1 + u) * (L + n * eta + h * v) + eta) + etaSum',
  symbols: {
    u: 'unit roundoff',
    y: '|ln Σ exp(x_k)|',
    l: 'ln Σ exp(x_k) − max x',
    L: 'ln Σ p_k exp(w_k), w_k = |dx_k| + u(gap_k + |dx_k| + max|dx|) + v',
    n: 'number of logits',
    eta: 'η, half the smallest subnormal number',
    h: 'depth of the sum',
    v: '−ln(1 − u)',
    d: 'max|dx|',
    etaSum: 'what underflow adds to a sum: 0, but for flushed subnormals',
  },
  inputs: shiftedInputs,
  assumptions: [...shiftedAssumptions, result],
  compute: (inputs) => {
    const { u, largest, total, spread: L, n, eta, h, v, etaSum, moved: d } = shiftedRow(inputs);
    const l = Math.log(total);
    return { u, y: Math.abs(largest + l), l, d, L, n, eta, h, v, etaSum };
  },
  value: ({ u, y, l, L, n, eta, h, v, d, etaSum }) =>
    u * y + (1 + u) * (u * (l + d) + (1 + u) * (L + n * eta + h * v) + eta) + etaSum,
  theory: 'theory/softmax.md',
  source: 'after Blanchard, D. Higham, N. Higham (2021), equation 4.8',
});
