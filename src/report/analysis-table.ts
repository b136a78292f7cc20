/** The columns of an analysis: a short table for a terminal or a paper, and everything for programs. */
import type { Analysis, Quantiles, TapResult } from '../analysis/result.ts';
import type { Column } from './table.ts';
import { allTierColumns } from './tier-columns.ts';

type TapColumn = Column<TapResult>;

const tap: TapColumn = { key: 'tap', header: 'tap', align: 'left', value: (t) => t.tap };

function right(key: string, header: string, value: TapColumn['value'], more: Partial<TapColumn> = {}): TapColumn {
  return { key, header, align: 'right', value, ...more };
}

/**
 * Fits a terminal of 120 columns. `rel F` is the relative Frobenius error, `row` the relative ∞-norm error of a row
 * (median, 99 % quantile, largest), `comp` the largest componentwise relative error of a row (median; its maximum is
 * left out: an exact entry near zero makes it huge or infinite and says nothing about the layer).
 */
export const shortColumns: readonly TapColumn[] = [
  tap,
  right('relFrobenius', 'rel F', (t) => t.relFrobenius, { latexHeader: 'rel.\\ $F$' }),
  right('added', 'added', (t) => t.added),
  right('inherited', 'inherited', (t) => t.inherited),
  right('relLinf_q50', 'row q50', (t) => t.relLinf.q50, { latexHeader: '$L_\\infty$ q50' }),
  right('relLinf_q99', 'row q99', (t) => t.relLinf.q99, { latexHeader: '$L_\\infty$ q99' }),
  right('relLinf_max', 'row max', (t) => t.relLinf.max, { latexHeader: '$L_\\infty$ max' }),
  right('relComponentwise_q50', 'comp q50', (t) => t.relComponentwise.q50, { latexHeader: 'comp.\\ q50' }),
  right('nonFinite', 'nonfin', (t) => t.nonFinite, { form: 'integer' }),
  { key: 'flag', header: 'flag', align: 'left', value: (t) => (t.flagged ? 'ref' : '') },
];

const QUANTILES: readonly (keyof Quantiles)[] = ['q01', 'q25', 'q50', 'q75', 'q99', 'max'];

function quantiles(name: 'relLinf' | 'relComponentwise' | 'absLinf', group: string): TapColumn[] {
  return QUANTILES.map((q) => right(`${name}_${q}`, q, (t) => t[name][q], { group }));
}

/** Everything about a tap, quantiles and all; the keys are the names in the JSON. */
export const allColumns: readonly TapColumn[] = [
  tap,
  right('layer', 'layer', (t) => t.layer, { form: 'integer' }),
  { key: 'shape', header: 'shape', align: 'left', value: (t) => t.shape.join('x') },
  right('relFrobenius', 'rel F', (t) => t.relFrobenius),
  right('added', 'added', (t) => t.added),
  right('inherited', 'inherited', (t) => t.inherited),
  ...quantiles('relLinf', 'row, relative ∞-norm'),
  ...quantiles('relComponentwise', 'row, largest componentwise'),
  ...quantiles('absLinf', 'row, absolute ∞-norm'),
  right('minRowNorm', 'min row norm', (t) => t.minRowNorm),
  right('nonFinite', 'non-finite', (t) => t.nonFinite, { form: 'integer' }),
  { key: 'flagged', header: 'flagged', align: 'left', value: (t) => t.flagged },
];

/** All columns, and those of the tiers where the analysis has them. */
export function everyColumn({ tiers }: Analysis): readonly TapColumn[] {
  return tiers === undefined ? allColumns : [...allColumns, ...allTierColumns(tiers)];
}

/** What the headers of the tables mean, a line each. */
export const legend: readonly { readonly label: string; readonly text: string }[] = [
  { label: 'rel F', text: 'Frobenius norm of the error over that of the reference' },
  { label: 'added', text: 'the part that the half block’s own rounding made: fl(F)(x̂) − F(x̂), over the same norm' },
  { label: 'inherited', text: 'the part that came in with its input: F(x̂) − F(x), over the same norm' },
  { label: 'row', text: 'largest error of a row over its largest reference entry; quantiles over rows' },
  { label: 'comp', text: 'largest componentwise relative error of a row; quantiles over rows' },
  { label: 'nonfin', text: 'computed entries that are infinite or NaN' },
  { label: 'flag', text: '“ref”: the error is within 100 times of the reference’s own uncertainty' },
];
