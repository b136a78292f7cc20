import type { Order } from '../../tensor/order.ts';
import { defineBound } from '../define.ts';
import { innerProductError } from '../growth.ts';
import { arithmetic, type Matrix, magnitudeMatrix, matrix, order, relativeError, requireEqual } from '../inputs.ts';
import { absolute, frobenius, spectralNormFromAbove, timesTransposed, transposed } from '../matrices.ts';
import { once } from '../once.ts';
import { notStored } from '../operands.ts';
import type { ArithmeticInputs } from '../unit-roundoff.ts';

interface ValueInputs extends ArithmeticInputs {
  readonly probabilities: Matrix;
  readonly value: Matrix;
  readonly probabilityError?: number | undefined;
  readonly valueError?: number | undefined;
  readonly order: Order;
}

const parts = once((inputs: ValueInputs) => {
  const { probabilities, value, probabilityError: eP = 0, valueError: eV = 0 } = inputs;
  requireEqual('value: as many rows as probabilities has columns', probabilities.columns, value.rows);
  const n = value.rows;
  const columns = transposed(value);
  const sizes = timesTransposed(probabilities, absolute(columns));
  const found = frobenius(timesTransposed(probabilities, columns).data);
  const size = frobenius(sizes.data);
  return {
    n,
    eP,
    eV,
    size,
    normP: frobenius(probabilities.data),
    normV: frobenius(value.data),
    /** ‖O‖_F from below: float64's own error taken off. */
    least: found * (1 - 2 ** -48) - (n + 2) * 2 ** -53 * size,
    largest: sizes.data.reduce((x, y) => Math.max(x, y)),
    ...innerProductError(n, inputs.order, inputs),
  };
});

export const valueN = defineBound({
  id: 'valueN',
  title: 'Attention context, normwise, by κ_val',
  quantity: '‖Ô − O‖_F / ‖O‖_F, Ô = fl(P̂V̂), O = PV',
  kind: 'rigorous',
  norm: 'Frobenius',
  scale: 'relative',
  formula: 'kappa * eP + s * eV + t * eP * eV + expm1(g) * (m + t * eP + s * eV + t * eP * eV) + z',
  symbols: {
    kappa: 'κ_val = ‖P‖_F‖V‖₂/‖O‖_F, from above',
    eP: '‖P̂ − P‖_F/‖P‖_F',
    s: '‖P‖₂‖V‖_F/‖O‖_F, from above',
    eV: '‖V̂ − V‖_F/‖V‖_F',
    t: '‖P‖_F‖V‖_F/‖O‖_F',
    g: 'ln(1 + g) of an inner product of as many terms as there are keys',
    m: '‖P|V|‖_F/‖O‖_F',
    z: 'what underflow can add, over ‖O‖_F',
  },
  inputs: {
    probabilities: magnitudeMatrix('P: queries × keys, masked entries 0'),
    value: matrix('V: keys × head width'),
    probabilityError: relativeError('‖P̂ − P‖_F/‖P‖_F, P̂ the stored probabilities (default: 0)'),
    valueError: relativeError('‖V̂ − V‖_F/‖V‖_F, V̂ the stored values (default: 0)'),
    order,
    ...arithmetic,
  },
  assumptions: [
    {
      id: 'representable',
      text: 'probabilities and values without an error are numbers of the format, none subnormal where subnormals are flushed',
      violated: (inputs) =>
        ((inputs.probabilityError ?? 0) === 0 ? notStored(inputs.probabilities.data, inputs) : undefined) ??
        ((inputs.valueError ?? 0) === 0 ? notStored(inputs.value.data, inputs) : undefined),
    },
    {
      id: 'order',
      text: 'the sum is not compensated',
      violated: ({ order: { kind }, value }) => (kind === 'kahan' && value.rows > 1 ? 'the order is kahan' : undefined),
    },
    {
      id: 'output',
      text: 'O is not 0, beyond the rounding of float64',
      violated: (inputs) => (parts(inputs).least > 0 ? undefined : 'it may be'),
    },
    {
      id: 'overflow',
      text: 'no sum overflows',
      violated: (inputs) => {
        const { eP, eV, normP, normV, largest, growth, underflow } = parts(inputs);
        const most = Math.exp(growth) * (largest + normP * normV * (eP + eV + eP * eV)) + underflow;
        return most <= inputs.format.largest ? undefined : `one may reach ${most} in ${inputs.format.name}`;
      },
    },
  ],
  compute: (inputs) => {
    const { eP, eV, normP, normV, least, size, growth: g, underflow } = parts(inputs);
    const { probabilities, value } = inputs;
    return {
      kappa: (normP * spectralNormFromAbove(value)) / least,
      eP,
      s: (spectralNormFromAbove(probabilities) * normV) / least,
      eV,
      t: (normP * normV) / least,
      g,
      m: size / least,
      z: (underflow * Math.sqrt(probabilities.rows * value.columns)) / least,
    };
  },
  value: ({ kappa, eP, s, eV, t, g, m, z }) =>
    kappa * eP + s * eV + t * eP * eV + Math.expm1(g) * (m + t * eP + s * eV + t * eP * eV) + z,
  theory: 'theory/attention.md',
  source: "κ_val of Baek's final version (2026); the bound is derived here",
});
