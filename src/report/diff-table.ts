/** The comparison of two traces as columns and sentences. */
import type { EntryPair } from '../analysis/traces/compare.ts';
import { type ComparedTap, differs, type TraceDiff } from '../analysis/traces/diff.ts';
import { exactNumber } from './numbers.ts';
import type { SummaryLine } from './summary.ts';
import type { Column } from './table.ts';

type DiffColumn = Column<ComparedTap>;

function right(key: string, header: string, value: DiffColumn['value'], more: Partial<DiffColumn> = {}): DiffColumn {
  return { key, header, align: 'right', value, ...more };
}

const shapeText = (shape: readonly number[]): string => shape.join('×') || 'scalar';

/** One shape where both are the same. */
function shapes({ a, b }: ComparedTap): string {
  const [x, y] = [shapeText(a.shape), shapeText(b.shape)];
  return x === y ? x : `${x} | ${y}`;
}

function formatsOf({ a, b }: ComparedTap): string {
  return a.format === b.format ? a.format : `${a.format} | ${b.format}`;
}

/** The verdict of a tap in a word. */
export function verdict(tap: ComparedTap): string {
  if (tap.difference === null) return 'shapes';
  return differs(tap) ? 'no' : 'yes';
}

const indexText = (index: readonly number[]): string => `[${index.join(',')}]`;

/** `[0,3,7]: 1.5 | 1.25`; two indices where padding moved them. */
export function entryText({ indexA, indexB, a, b }: EntryPair): string {
  const [x, y] = [indexText(indexA), indexText(indexB)];
  return `${x === y ? x : `${x} | ${y}`}: ${exactNumber(a)} | ${exactNumber(b)}`;
}

const tap: DiffColumn = { key: 'tap', header: 'tap', align: 'left', value: (t) => t.tap };
const formats: DiffColumn = { key: 'formats', header: 'format', align: 'left', value: formatsOf };
const same: DiffColumn = { key: 'identical', header: 'same', align: 'left', value: verdict };
const first: DiffColumn = {
  key: 'first',
  header: 'first mismatch: A | B',
  align: 'left',
  value: ({ difference }) => (difference?.first ? entryText(difference.first) : null),
};
const ulps = right('ulps', 'ulps', ({ difference }) => difference?.ulps?.largest ?? null, { form: 'integer' });
const ulpFormat: DiffColumn = {
  key: 'ulpFormat',
  header: 'in',
  align: 'left',
  value: ({ difference }) => difference?.ulps?.format ?? null,
};
const relative = right('relFrobenius', 'rel F', ({ difference }) => difference?.relFrobenius ?? null);

/** For a terminal. */
export const diffColumns: readonly DiffColumn[] = [
  tap,
  { key: 'shape', header: 'shape', align: 'left', value: shapes },
  formats,
  same,
  right('differing', 'differ', ({ difference }) => difference?.differing ?? null, { form: 'integer' }),
  ulps,
  ulpFormat,
  relative,
  right('relComponentwise_q50', 'comp q50', ({ difference }) => difference?.relComponentwise.q50 ?? null),
  right('relComponentwise_q99', 'comp q99', ({ difference }) => difference?.relComponentwise.q99 ?? null),
  first,
];

const QUANTILES = ['q01', 'q25', 'q50', 'q75', 'q99', 'max'] as const;

function quantiles(name: 'relLinf' | 'relComponentwise' | 'absLinf', group: string): DiffColumn[] {
  return QUANTILES.map((q) => right(`${name}_${q}`, q, ({ difference }) => difference?.[name][q] ?? null, { group }));
}

/** Everything, for CSV and the page. */
export const allDiffColumns: readonly DiffColumn[] = [
  tap,
  right('layer', 'layer', (t) => t.layer, { form: 'integer' }),
  { key: 'shapeA', header: 'shape A', align: 'left', value: ({ a }) => shapeText(a.shape) },
  { key: 'shapeB', header: 'shape B', align: 'left', value: ({ b }) => shapeText(b.shape) },
  { key: 'formatA', header: 'format A', align: 'left', value: ({ a }) => a.format },
  { key: 'formatB', header: 'format B', align: 'left', value: ({ b }) => b.format },
  same,
  right('entries', 'entries', ({ difference }) => difference?.entries ?? null, { form: 'integer' }),
  right('differing', 'differ', ({ difference }) => difference?.differing ?? null, { form: 'integer' }),
  right('nanOnOneSide', 'NaN on one side', ({ difference }) => difference?.nanOnOneSide ?? null, { form: 'integer' }),
  ulps,
  ulpFormat,
  {
    key: 'ulpsAt',
    header: 'largest ulps at: A | B',
    align: 'left',
    value: ({ difference }) => (difference?.ulps?.at ? entryText(difference.ulps.at) : null),
  },
  relative,
  ...quantiles('relLinf', 'row, relative ∞-norm'),
  ...quantiles('relComponentwise', 'row, largest componentwise'),
  ...quantiles('absLinf', 'row, absolute ∞-norm'),
  first,
];

/** What the headers mean, a line each. */
export const diffLegend: readonly SummaryLine[] = [
  {
    label: 'same',
    text: 'every number is the same, the sign of zeros included; “shapes”: they do not belong together',
  },
  { label: 'differ', text: 'entries with other numbers, padding and masked keys left out' },
  {
    label: 'ulps',
    text: 'the largest distance, counted in numbers of the format beside it: the coarser of the two, to which both are rounded first',
  },
  { label: 'rel F', text: 'Frobenius norm of B − A over that of A' },
  { label: 'comp', text: 'largest componentwise relative difference of a row; quantiles over rows' },
  { label: 'first mismatch', text: 'its index, one number an axis, and both numbers' },
];

const names = (taps: readonly string[]): string =>
  taps.length <= 8 ? taps.join(', ') : `${taps.slice(0, 7).join(', ')} and ${taps.length - 7} more`;

/** The lines over the table. */
export function diffSummary(diff: TraceDiff): readonly SummaryLine[] {
  const about = ({ source, producer, policy }: TraceDiff['a']): string =>
    `${source} (${producer}${policy === undefined ? '' : `, policy ${policy}`})`;
  const count = diff.taps.filter(differs).length;
  const first = diff.taps.find(differs);
  const entry = first?.difference?.first;
  const lines: SummaryLine[] = [
    { label: 'A', text: about(diff.a) },
    { label: 'B', text: about(diff.b) },
    { label: 'sequences', text: diff.pairs.length === 0 ? 'not known: taps are compared whole' : sequencesText(diff) },
    {
      label: 'taps',
      text: `${diff.taps.length} compared, ${diff.taps.length - count} the same, ${count} of other numbers or shapes`,
    },
  ];
  if (diff.onlyInA.length > 0) lines.push({ label: 'only in A', text: names(diff.onlyInA) });
  if (diff.onlyInB.length > 0) lines.push({ label: 'only in B', text: names(diff.onlyInB) });
  if (first !== undefined) {
    const where = entry ? ` at ${entryText(entry)}` : `: shapes ${shapes(first)}`;
    lines.push({ label: 'first difference', text: `${first.tap}${where}` });
  }
  return lines;
}

/** `3 of 11 tokens each`, with where they stand where padding was sliced away. */
function sequencesText({ pairs }: TraceDiff): string {
  const tokens = pairs.map(({ spanA }) => spanA.end - spanA.start);
  const [least, most] = [Math.min(...tokens), Math.max(...tokens)];
  const each = least === most ? `${least}` : `${least} to ${most}`;
  const moved = pairs.some(({ spanA, spanB }) => spanA.start !== spanB.start);
  return `${pairs.length} of ${each} tokens${moved ? ', padding on the left sliced away' : ''}`;
}
