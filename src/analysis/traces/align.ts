/**
 * Which entries of two traces belong together: sequences by their tokens, tokens by where each trace's padding ends, and of
 * scores and probabilities the keys that a token sees.
 */
import { InputError } from '../../formats/index.ts';
import type { Batch } from '../../model/program/batch.ts';
import { causalMask, type Span, sizeOf } from '../../tensor/index.ts';
import { siteKind } from '../../tensor/policy.ts';
import { type Row, rowsOf } from '../rows.ts';
import { programPlace } from './program-order.ts';
import type { Trace } from './trace.ts';

type Side = 'left' | 'right';

/** A sequence of A and the same of B; both spans are as long. */
export interface Pair {
  readonly a: number;
  readonly b: number;
  readonly spanA: Span;
  readonly spanB: Span;
}

export interface Alignment {
  readonly pairs: readonly Pair[];
  /** Undefined where no tap of the program says how many sequences and tokens there are: taps are then compared whole. */
  readonly batches: { readonly a: Batch; readonly b: Batch } | undefined;
}

interface Extent {
  readonly sequences: number;
  readonly tokens: number;
}

/** Axes of the program's taps; null for other names. */
function rankOf(tap: string): number | null {
  if (programPlace(tap) === undefined) return null;
  return ['query', 'key', 'value', 'scores', 'probs'].includes(siteKind(tap)) ? 4 : 3;
}

function extentOf(trace: Trace): Extent | undefined {
  for (const tap of trace.taps()) {
    const shape = trace.header(tap)?.shape ?? [];
    if (shape.length === rankOf(tap) && sizeOf(shape) > 0) {
      return { sequences: shape[0], tokens: shape[shape.length - 2] };
    }
  }
  return undefined;
}

/** Spans that the trace itself knows; undefined where it may be padded for all it says. */
function ownSpans(
  { metadata, source }: Trace,
  { sequences, tokens }: Extent,
  pad: Side | undefined,
): Span[] | undefined {
  const lengths = metadata.spans ?? metadata.tokens;
  if (lengths !== undefined && lengths.length !== sequences) {
    throw new InputError(`${source}: expected taps of ${lengths.length} sequences by its metadata, got ${sequences}`);
  }
  if (metadata.spans !== undefined) {
    const far = metadata.spans.find(({ end }) => end > tokens);
    if (far === undefined) return [...metadata.spans];
    throw new InputError(`${source}: expected spans within its ${tokens} tokens, got one that ends at ${far.end}`);
  }
  return metadata.tokens?.map(({ length }, s) => {
    if (length > tokens) {
      throw new InputError(
        `${source}: expected at most ${tokens} tokens a sequence by its taps, got ${length} in sequence ${s}`,
      );
    }
    if (length < tokens && pad === undefined) {
      throw new InputError(
        `${source}: expected to know where ${tokens - length} tokens of padding stand; give --pad left or right`,
      );
    }
    return spanAt(pad, length, tokens);
  });
}

function spanAt(pad: Side | undefined, length: number, tokens: number): Span {
  return pad === 'left' ? { start: tokens - length, end: tokens } : { start: 0, end: length };
}

/** Sequences with the same tokens, each once. */
function matched(a: Trace, b: Trace, [extentA, extentB]: readonly [Extent, Extent]): [number, number][] {
  const [tokensA, tokensB] = [a.metadata.tokens, b.metadata.tokens];
  if (tokensA === undefined || tokensB === undefined) {
    if (extentA.sequences === extentB.sequences) return Array.from({ length: extentA.sequences }, (_, s) => [s, s]);
    throw new InputError(
      `${b.source}: expected ${extentA.sequences} sequences as in ${a.source}, got ${extentB.sequences}; put the tokens of both into their metadata`,
    );
  }
  const waiting = new Map<string, number[]>();
  tokensB.forEach((sequence, s) => {
    const key = sequence.join();
    waiting.set(key, [...(waiting.get(key) ?? []), s]);
  });
  const pairs = tokensA.flatMap((sequence, s): [number, number][] => {
    const found = waiting.get(sequence.join())?.shift();
    return found === undefined ? [] : [[s, found]];
  });
  if (pairs.length > 0) return pairs;
  throw new InputError(
    `${b.source}: expected a sequence with the same tokens as one of ${a.source}, got none; record the same input`,
  );
}

const batchOfSpans = (spans: readonly Span[], length: number): Batch => ({
  ...{ tokens: [], length, first: 0, keys: length, spans, pad: null },
  mask: causalMask(spans, length),
});

/**
 * Aligns two traces.
 * @param pad where a trace that does not say so is padded
 * @throws InputError where they are of other tokens, or of other numbers of tokens and nothing says where the padding is
 */
export function align(a: Trace, b: Trace, pad?: Side): Alignment {
  const [extentA, extentB] = [extentOf(a), extentOf(b)];
  if (extentA === undefined || extentB === undefined) return { pairs: [], batches: undefined };
  const [ownA, ownB] = [ownSpans(a, extentA, pad), ownSpans(b, extentB, pad)];
  const pairs = matched(a, b, [extentA, extentB]).map(([s, t]): Pair => {
    const lengthOf = ({ start, end }: Span): number => end - start;
    // A side that says nothing is as long as the other one says, or as the shorter of the two.
    const own = [ownA?.[s], ownB?.[t]].map((span) => span && lengthOf(span));
    const length = own[0] ?? own[1] ?? Math.min(extentA.tokens, extentB.tokens);
    const spanOf = (span: Span | undefined, { tokens }: Extent, { source }: Trace): Span => {
      const found = span ?? (tokens === length || pad !== undefined ? spanAt(pad, length, tokens) : undefined);
      if (found !== undefined && found.start >= 0 && found.end <= tokens && lengthOf(found) === length) return found;
      throw new InputError(
        `${source}: expected ${length} tokens in sequence ${span === ownA?.[s] ? s : t} as in the other trace, got ${span ? lengthOf(span) : tokens}; give --pad left or right if it is padded`,
      );
    };
    return { a: s, b: t, spanA: spanOf(ownA?.[s], extentA, a), spanB: spanOf(ownB?.[t], extentB, b) };
  });
  const spansOf = (count: number, which: 'a' | 'b', span: 'spanA' | 'spanB'): Span[] =>
    Array.from({ length: count }, (_, s) => pairs.find((pair) => pair[which] === s)?.[span] ?? { start: 0, end: 0 });
  return {
    pairs,
    batches: {
      a: batchOfSpans(spansOf(extentA.sequences, 'a', 'spanA'), extentA.tokens),
      b: batchOfSpans(spansOf(extentB.sequences, 'b', 'spanB'), extentB.tokens),
    },
  };
}

/** Rows of a tap in A and the same rows in B, one by one. */
export interface AlignedRows {
  readonly a: readonly Row[];
  readonly b: readonly Row[];
}

/**
 * The rows of a tap that belong together; null where the shapes do not: axes other than those of sequences, tokens and keys
 * differ. Names that are not of the program are compared whole, where their shapes are the same.
 */
export function alignedRows(
  tap: string,
  shapeA: readonly number[],
  shapeB: readonly number[],
  { pairs, batches }: Alignment,
): AlignedRows | null {
  const rank = rankOf(tap);
  if (
    batches === undefined ||
    rank === null ||
    !fits(tap, shapeA, batches.a, rank) ||
    !fits(tap, shapeB, batches.b, rank)
  ) {
    if (shapeA.length !== shapeB.length || shapeA.some((n, axis) => n !== shapeB[axis])) return null;
    const rows = wholeRows(shapeA);
    return { a: rows, b: rows };
  }
  const inner = seesKeys(tap) ? [1] : [1, 3];
  const same = (axis: number): boolean => shapeA[axis] === shapeB[axis];
  if (rank === 4 ? !inner.every(same) : !same(2)) return null;
  const bySequence = (shape: readonly number[], batch: Batch): Map<number, Row[]> => {
    const rows = new Map<number, Row[]>();
    for (const row of rowsOf(tap, shape, batch)) {
      const found = rows.get(row.sequence);
      if (found === undefined) rows.set(row.sequence, [row]);
      else found.push(row);
    }
    return rows;
  };
  const [rowsA, rowsB] = [bySequence(shapeA, batches.a), bySequence(shapeB, batches.b)];
  return {
    a: pairs.flatMap((pair) => rowsA.get(pair.a) ?? []),
    b: pairs.flatMap((pair) => rowsB.get(pair.b) ?? []),
  };
}

const seesKeys = (tap: string): boolean => ['scores', 'probs'].includes(siteKind(tap));

function fits(tap: string, shape: readonly number[], { spans, length }: Batch, rank: number): boolean {
  return (
    shape.length === rank &&
    shape[0] === spans.length &&
    shape[rank - 2] === length &&
    (!seesKeys(tap) || shape[rank - 1] === length)
  );
}

/** Rows along the last axis of a tensor of which nothing else is known: no sequences, no tokens. */
function wholeRows(shape: readonly number[]): Row[] {
  const width = shape.at(-1) ?? 1;
  const leading = shape.slice(0, -1);
  const index = new Array<number>(leading.length).fill(0);
  return Array.from({ length: width === 0 ? 0 : sizeOf(leading) }, (_, r): Row => {
    const row = { index: [...index], sequence: -1, token: -1, start: r * width, end: (r + 1) * width, firstColumn: 0 };
    for (let axis = leading.length - 1; axis >= 0 && ++index[axis] === leading[axis]; axis--) index[axis] = 0;
    return row;
  });
}
