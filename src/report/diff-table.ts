/** The comparison of two traces as columns and sentences. */
import type { EntryPair } from '../analysis/traces/compare.ts';
import { type ComparedTap, differs, type TraceDiff } from '../analysis/traces/diff.ts';
import type { SpanOrder } from '../analysis/traces/orders.ts';
import { formatOrUndefined } from '../formats/index.ts';
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

/** Digits that tell all numbers of a format apart: ⌈1 + p·log10 2⌉, 9 in float32. All of them for other than binary formats. */
function digitsOfFormat(name: string): number {
  const format = formatOrUndefined(name);
  return format?.kind === 'binary' ? Math.ceil(1 + format.precision * Math.log10(2)) : 17;
}

/** `[0,3,7]: 1.5 | 1.25`, digits enough to tell the numbers of the formats apart; two indices where padding moved them. */
function entryText({ indexA, indexB, a, b }: EntryPair, tap: ComparedTap): string {
  const [x, y] = [indexText(indexA), indexText(indexB)];
  const number = (value: number, { format }: ComparedTap['a']): string =>
    Number.isFinite(value) ? exactNumber(Number(value.toPrecision(digitsOfFormat(format)))) : exactNumber(value);
  return `${x === y ? x : `${x} | ${y}`}: ${number(a, tap.a)} | ${number(b, tap.b)}`;
}

const tap: DiffColumn = { key: 'tap', header: 'tap', align: 'left', value: (t) => t.tap };
const formats: DiffColumn = { key: 'formats', header: 'format', align: 'left', value: formatsOf };
const same: DiffColumn = { key: 'identical', header: 'same', align: 'left', value: verdict };
const first: DiffColumn = {
  key: 'first',
  header: 'first mismatch: A | B',
  align: 'left',
  value: (t) => (t.difference?.first ? entryText(t.difference.first, t) : null),
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
    value: (t) => (t.difference?.ulps?.at ? entryText(t.difference.ulps.at, t) : null),
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
    const where = entry ? ` at ${entryText(entry, first)}` : `: shapes ${shapes(first)}`;
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

/** The orders that both traces summed a product in. */
export interface OrdersRow {
  readonly tap: string;
  readonly a: SpanOrder | undefined;
  readonly b: SpanOrder | undefined;
}

/** A row for each product that one of the traces has, in the order of A. */
export function ordersRows(a: readonly SpanOrder[], b: readonly SpanOrder[]): OrdersRow[] {
  const taps = new Set([...a, ...b].map(({ tap }) => tap));
  const of = (orders: readonly SpanOrder[], tap: string) => orders.find((one) => one.tap === tap);
  return [...taps].map((tap) => ({ tap, a: of(a, tap), b: of(b, tap) }));
}

/** What the numbers say, at most three candidates; or why they say nothing. */
function orderCell(order: SpanOrder | undefined): string | null {
  if (order === undefined) return null;
  const { finding, reason } = order;
  if (finding === null) return reason;
  const { matches, closest, tried } = finding;
  if (matches.length > 0) {
    return `${matches.slice(0, 3).join(' or ')}${matches.length > 3 ? ` or ${matches.length - 3} others` : ''}`;
  }
  const near = closest === null ? '' : `; closest, ${closest.equal} of ${closest.of} numbers: ${closest.candidate}`;
  return `none of ${tried}${near}`;
}

export const ordersColumns: readonly Column<OrdersRow>[] = [
  { key: 'tap', header: 'product', align: 'left', value: ({ tap }) => tap },
  {
    key: 'terms',
    header: 'terms',
    align: 'right',
    form: 'integer',
    value: ({ a, b }) => (a?.finding ?? b?.finding)?.terms ?? null,
  },
  { key: 'a', header: 'summed in A', align: 'left', value: ({ a }) => orderCell(a) },
  { key: 'b', header: 'summed in B', align: 'left', value: ({ b }) => orderCell(b) },
];
