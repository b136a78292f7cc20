/** Sequences side by side, whole or some columns of them: padding, positions and the mask that follows from them. */
import { InputError } from '../../formats/index.ts';
import { causalMask, type KeyMask, type Span } from '../../tensor/index.ts';

export interface Batch {
  /** Every sequence padded to the longest. */
  readonly tokens: readonly (readonly number[])[];
  /** Columns of tokens. */
  readonly length: number;
  /** Which column of the sequences the first of them is: 0, but for later columns that come with a key-value cache. */
  readonly first: number;
  /** Columns that have keys: `length`, or the cache's capacity. */
  readonly keys: number;
  /** Where each sequence's own tokens stand. */
  readonly spans: readonly Span[];
  readonly mask: KeyMask;
  readonly pad: { readonly side: 'left' | 'right'; readonly token: number } | null;
}

export interface PadOptions {
  /** Default `right`. */
  readonly side?: 'left' | 'right' | undefined;
  readonly token: number;
  /** At least so many columns; default as many as the longest sequence has tokens. */
  readonly length?: number | undefined;
}

/**
 * Pads the sequences to one length.
 * @throws InputError where there is no sequence, or an empty one.
 */
export function batchOf(
  sequences: readonly (readonly number[])[],
  { side = 'right', token, length: least = 0 }: PadOptions,
): Batch {
  if (sequences.length === 0 || sequences.some((sequence) => sequence.length === 0)) {
    throw new InputError('tokens: expected at least one sequence, each of at least one token, got an empty one');
  }
  const length = sequences.reduce((most, sequence) => Math.max(most, sequence.length), least);
  const padded = sequences.some((sequence) => sequence.length < length);
  const spans = sequences.map((sequence): Span => {
    const start = side === 'left' ? length - sequence.length : 0;
    return { start, end: start + sequence.length };
  });
  const tokens = sequences.map((sequence) => {
    const padding = new Array<number>(length - sequence.length).fill(token);
    return side === 'left' ? [...padding, ...sequence] : [...sequence, ...padding];
  });
  const pad = padded ? { side, token } : null;
  return { tokens, length, first: 0, keys: length, spans, mask: causalMask(spans, length), pad };
}

/** Where columns stand in sequences that may grow to `capacity` columns. */
export interface Columns {
  readonly first: number;
  readonly capacity: number;
  /** The column of each sequence's first token: what lies before is padding. */
  readonly starts: readonly number[];
}

/**
 * Some columns of sequences, for a program that has the keys and values of those before them in a cache.
 * @throws InputError where the sequences have not equally many tokens, at least one, or no room for them is left.
 */
export function columnsOf(tokens: readonly (readonly number[])[], { first, capacity, starts }: Columns): Batch {
  const length = tokens[0]?.length ?? 0;
  if (length === 0 || tokens.length !== starts.length || tokens.some((row) => row.length !== length)) {
    const lengths = tokens.map((row) => row.length).join(', ');
    throw new InputError(
      `tokens: expected equally many, at least one, of each of ${starts.length} sequences, got [${lengths}]; pad on the left`,
    );
  }
  if (first + length > capacity) {
    throw new InputError(
      `tokens: expected at most ${capacity} in all, the capacity of the key-value cache, got ${first + length}`,
    );
  }
  const spans = starts.map((start): Span => ({ start, end: capacity }));
  return { tokens, length, first, keys: capacity, spans, mask: causalMask(spans, length, first, capacity), pad: null };
}

/** The position of each token: from 0, padding on the left skipped (and itself at position 0). */
export function positionsOf({ spans, length, first }: Batch): number[][] {
  return spans.map(({ start }) => Array.from({ length }, (_, i) => Math.max(0, first + i - start)));
}
