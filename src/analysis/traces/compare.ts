/** One tap in two traces: whether its numbers are the same, and how far apart they are. */
import { roundArray } from '../../backends/cpu/round-array.ts';
import type { Format } from '../../formats/index.ts';
import { errorsOf } from '../metrics.ts';
import type { Quantiles } from '../quantiles.ts';
import type { Row } from '../rows.ts';
import type { AlignedRows } from './align.ts';
import { gather } from './gather.ts';
import type { RecordedTap } from './trace.ts';
import { coarser, ulpsApart } from './ulps.ts';

/** An entry in both traces. */
export interface EntryPair {
  /** Its index in each trace's own tensor, one number an axis. */
  readonly indexA: readonly number[];
  readonly indexB: readonly number[];
  readonly a: number;
  readonly b: number;
}

/** Over the entries that belong together: no padding, no masked keys. */
export interface TapDifference {
  readonly entries: number;
  /** Entries that are not the same number: −0 is not +0, any NaN is any other. */
  readonly differing: number;
  /** Entries that are NaN on one side only. */
  readonly nanOnOneSide: number;
  /** The largest distance in numbers of `format`, the coarser of the two, in which A and B are rounded to it first; null for integers. */
  readonly ulps: { readonly format: string; readonly largest: number; readonly at: EntryPair | null } | null;
  /** ‖B − A‖_F / ‖A‖_F; entries that are the same differ by 0, infinities too. */
  readonly relFrobenius: number;
  /** Per row: max_j |b_j − a_j| / max_j |a_j|. */
  readonly relLinf: Quantiles;
  /** Per row: max_j |b_j − a_j| / |a_j|, 0/0 as 0. */
  readonly relComponentwise: Quantiles;
  /** Per row: max_j |b_j − a_j|. */
  readonly absLinf: Quantiles;
  /** The first entry, in the order of A, that differs. */
  readonly first: EntryPair | null;
}

/** Compares the rows; `rows.a` and `rows.b` are as many and each as long. */
export function compareTap(tapA: RecordedTap, tapB: RecordedTap, rows: AlignedRows): TapDifference {
  const a = gather(tapA.values, rows.a);
  const b = gather(tapB.values, rows.b);
  const difference = new Float64Array(a.length);
  let [differing, nanOnOneSide, first] = [0, 0, -1];
  for (let i = 0; i < a.length; i++) {
    if (Object.is(a[i], b[i])) continue;
    if (differing === 0) first = i;
    differing++;
    if (Number.isNaN(a[i]) !== Number.isNaN(b[i])) nanOnOneSide++;
    difference[i] = b[i] - a[i];
  }
  const pieces: { start: number; end: number }[] = [];
  let end = 0;
  for (const row of rows.a) {
    pieces.push({ start: end, end: end + row.end - row.start });
    end += row.end - row.start;
  }
  const pairAt = (i: number): EntryPair => ({
    ...{ indexA: indexOf(i, pieces, rows.a), indexB: indexOf(i, pieces, rows.b) },
    ...{ a: a[i], b: b[i] },
  });
  const { relFrobenius, relLinf, relComponentwise, absLinf } = errorsOf({ difference }, a, pieces);
  const ulps = largestDistance(a, b, tapA.format, tapB.format);
  return {
    ...{ entries: a.length, differing, nanOnOneSide },
    ulps: ulps && { ...ulps, at: ulps.at === null ? null : pairAt(ulps.at) },
    ...{ relFrobenius, relLinf, relComponentwise, absLinf },
    first: first < 0 ? null : pairAt(first),
  };
}

function largestDistance(
  a: Float64Array,
  b: Float64Array,
  formatA: Format | null,
  formatB: Format | null,
): { format: string; largest: number; at: number | null } | null {
  if (formatA === null || formatB === null) return null;
  const format = coarser(formatA, formatB);
  const [x, y] = [roundedTo(a, formatA, format), roundedTo(b, formatB, format)];
  const apart = ulpsApart(format);
  let largest = 0;
  let at: number | null = null;
  for (let i = 0; i < x.length; i++) {
    if (x[i] === y[i] || Number.isNaN(x[i]) || Number.isNaN(y[i])) continue;
    const distance = apart(x[i], y[i]);
    if (distance > largest) [largest, at] = [distance, i];
  }
  return { format: format.name, largest, at };
}

const roundedTo = (values: Float64Array, from: Format, to: Format): Float32Array | Float64Array =>
  from === to ? values : roundArray(values, to);

/** The index, in its own tensor, of entry i of the gathered rows. */
function indexOf(i: number, pieces: readonly { start: number; end: number }[], rows: readonly Row[]): number[] {
  let [low, high] = [0, pieces.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (pieces[middle].end > i) high = middle;
    else low = middle + 1;
  }
  const { index, firstColumn } = rows[low];
  return [...index, firstColumn + i - pieces[low].start];
}
