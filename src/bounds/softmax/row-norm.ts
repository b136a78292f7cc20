import { defineBound } from '../define.ts';
import { computedSumFromAbove } from '../growth.ts';
import {
  arithmetic,
  causal,
  type Matrix,
  magnitudeMatrix,
  matrix,
  order,
  requireEqual,
  visibleRows,
} from '../inputs.ts';
import { frobenius } from '../matrices.ts';
import { once } from '../once.ts';
import { notStored } from '../operands.ts';
import { softmaxJacobianNorm } from './jacobian.ts';
import { largestOf, pathGrowth } from './probabilities.ts';
import { type ShiftedInputs, shiftedRow } from './shifted.ts';

interface RowsInputs extends Omit<ShiftedInputs, 'logits' | 'errors'> {
  readonly scores: Matrix;
  readonly errors?: Matrix | undefined;
  readonly causal?: boolean | undefined;
}

const shiftedRows = once(({ scores, errors, causal: masked, ...rest }: RowsInputs) => {
  if (errors !== undefined) {
    requireEqual('errors: as many rows as scores', scores.rows, errors.rows);
    requireEqual('errors: as many columns as scores', scores.columns, errors.columns);
  }
  const moved = errors && visibleRows(errors, masked);
  return visibleRows(scores, masked).map((logits, i) => shiftedRow({ ...rest, logits, errors: moved?.[i] }));
});

export const softmaxRow = defineBound({
  id: 'softmaxRow',
  title: 'Softmax of all rows of scores, normwise, by κ_softmax',
  quantity: '‖P̂ − P‖_F / ‖P‖_F, P̂ the computed softmax of inexact scores',
  kind: 'rigorous',
  norm: 'Frobenius',
  scale: 'relative',
  formula: 'exp(c) * (min(kappa * phi, s / 2) * eS + 3 * n * sqrt(rows) * eta / P) + expm1(c)',
  symbols: {
    c: '(h + 1)v: the sum, of depth h, and the division; v = −ln(1 − u)',
    kappa: 'κ_softmax = (‖S‖_F/‖P‖_F) max_i ‖J_i‖₂, masked entries left out',
    phi: '(e^t − 1)/t at t = 4 max w',
    s: '‖S‖_F/‖P‖_F',
    eS: '‖w‖_F/‖S‖_F, w_ij = |dS_ij| + u(gap_ij + |dS_ij| + max_j |dS_ij|) + v',
    n: 'number of keys',
    rows: 'number of queries',
    eta: 'η, half the smallest subnormal number',
    P: '‖P‖_F',
  },
  inputs: {
    scores: matrix('S: queries × keys'),
    errors: magnitudeMatrix(
      'bounds of |stored − S|, entry by entry (default: the scores are stored exactly)',
    ).optional(),
    causal,
    order,
    ...arithmetic,
  },
  assumptions: [
    {
      id: 'representable',
      text: 'scores without an error are numbers of the format, none of them subnormal where subnormals are flushed',
      violated: (inputs) => notStored(inputs.scores.data, inputs, inputs.errors?.data),
    },
    {
      id: 'order',
      text: 'the sum is not compensated',
      violated: ({ order: { kind }, scores }) =>
        kind === 'kahan' && scores.columns > 1 ? 'the order is kahan' : undefined,
    },
    {
      id: 'scores',
      text: 'a score is not 0',
      violated: ({ scores, causal: masked }) =>
        visibleRows(scores, masked).some((row) => row.some((x) => x !== 0)) ? undefined : 'all are 0',
    },
    {
      id: 'overflow',
      text: 'no difference of scores and no sum overflows',
      violated: (inputs) => {
        const { format, scores } = inputs;
        const rows = shiftedRows(inputs);
        const apart = rows.reduce((most, { gaps, moved }) => Math.max(most, largestOf(gaps) + 2 * moved), 0);
        if (apart * (1 + rows[0].u) > format.largest) return `scores ${apart} apart in ${format.name}`;
        const most = computedSumFromAbove(scores.columns, scores.columns, inputs.order, inputs);
        return most > format.largest ? `a sum may reach ${most} in ${format.name}` : undefined;
      },
    },
  ],
  compute: (inputs) => {
    const rows = shiftedRows(inputs);
    const n = inputs.scores.columns;
    const all = (of: (row: (typeof rows)[number]) => Float64Array) => frobenius(rows.map((row) => frobenius(of(row))));
    const P = all(({ p }) => p);
    const S = frobenius(visibleRows(inputs.scores, inputs.causal).map(frobenius));
    const jacobian = rows.reduce((most, { p }) => Math.max(most, softmaxJacobianNorm(p)), 0);
    const w = rows.reduce((most, row) => Math.max(most, largestOf(row.w)), 0);
    const { h } = shiftedRow({ ...inputs, logits: new Float64Array(n), errors: undefined });
    return {
      c: (h + 1) * rows[0].v,
      kappa: (S / P) * jacobian,
      phi: pathGrowth(4 * w),
      s: S / P,
      eS: all((row) => row.w) / S,
      n,
      rows: rows.length,
      eta: rows[0].eta,
      P,
    };
  },
  value: ({ c, kappa, phi, s, eS, n, rows, eta, P }) =>
    Math.exp(c) * (Math.min(kappa * phi, s / 2) * eS + (3 * n * Math.sqrt(rows) * eta) / P) + Math.expm1(c),
  theory: 'theory/softmax.md',
  source: 'κ_softmax of Baek (2025); the bound is derived here',
});
