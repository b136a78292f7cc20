/** The comparison of two traces as JSON text. */
import type { EntryPair, TapDifference } from '../analysis/traces/compare.ts';
import type { ComparedTap, TraceDiff } from '../analysis/traces/diff.ts';
import type { SpanOrder } from '../analysis/traces/orders.ts';
import { type Json, jsonText } from './json.ts';

/** The orders that each trace's products were summed in. */
export interface Orders {
  readonly a: readonly SpanOrder[];
  readonly b: readonly SpanOrder[];
}

function orderJson({ tap, finding, reason }: SpanOrder): Json {
  if (finding === null) return { tap, reason };
  const { terms, entries, tried, matches, closest } = finding;
  return {
    ...{ tap, terms, entries, tried, matches },
    closest: closest && { candidate: closest.candidate, equal: closest.equal, of: closest.of },
  };
}

/** The documented order of keys, so that equal comparisons are equal bytes. */
export function diffJson(diff: TraceDiff, orders?: Orders): string {
  const about = ({ source, producer, policy, tokens }: TraceDiff['a']): Json => ({
    ...{ source, producer },
    policy: policy ?? null,
    tokens: tokens ?? null,
  });
  return jsonText({
    schema: diff.schema,
    identical: diff.identical,
    firstDifference: diff.firstDifference,
    a: about(diff.a),
    b: about(diff.b),
    pairs: diff.pairs.map(({ a, b, spanA, spanB }) => ({
      ...{ a, b },
      spanA: [spanA.start, spanA.end],
      spanB: [spanB.start, spanB.end],
    })),
    taps: diff.taps.map(tapJson),
    onlyInA: diff.onlyInA,
    onlyInB: diff.onlyInB,
    ...(orders && { orders: { a: orders.a.map(orderJson), b: orders.b.map(orderJson) } }),
  });
}

function tapJson({ tap, layer, a, b, difference }: ComparedTap): Json {
  return {
    ...{ tap, layer },
    a: { shape: a.shape, format: a.format },
    b: { shape: b.shape, format: b.format },
    difference: difference && differenceJson(difference),
  };
}

function differenceJson(difference: TapDifference): Json {
  const { entries, differing, nanOnOneSide, ulps, relFrobenius, first } = difference;
  const quantiles = (name: 'relLinf' | 'relComponentwise' | 'absLinf'): Json => {
    const { q01, q25, q50, q75, q99, max } = difference[name];
    return { q01, q25, q50, q75, q99, max };
  };
  return {
    ...{ entries, differing, nanOnOneSide },
    ulps: ulps && { format: ulps.format, largest: ulps.largest, at: ulps.at && entryJson(ulps.at) },
    relFrobenius,
    relLinf: quantiles('relLinf'),
    relComponentwise: quantiles('relComponentwise'),
    absLinf: quantiles('absLinf'),
    first: first && entryJson(first),
  };
}

function entryJson({ indexA, indexB, a, b }: EntryPair): Json {
  return { indexA, indexB, a, b };
}
