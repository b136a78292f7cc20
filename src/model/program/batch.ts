/** Sequences side by side: padding, positions and the mask that follows from them. */
import { InputError } from '../../formats/index.ts';
import { causalMask, type KeyMask, type Span } from '../../tensor/index.ts';

export interface Batch {
  /** Every sequence padded to the longest. */
  readonly tokens: readonly (readonly number[])[];
  readonly length: number;
  /** Where each sequence's own tokens stand. */
  readonly spans: readonly Span[];
  readonly mask: KeyMask;
  readonly pad: { readonly side: 'left' | 'right'; readonly token: number } | null;
}

export interface PadOptions {
  /** Default `right`. */
  readonly side?: 'left' | 'right' | undefined;
  readonly token: number;
}

/**
 * Pads the sequences to one length.
 * @throws InputError where there is no sequence, or an empty one.
 */
export function batchOf(sequences: readonly (readonly number[])[], { side = 'right', token }: PadOptions): Batch {
  if (sequences.length === 0 || sequences.some((sequence) => sequence.length === 0)) {
    throw new InputError('tokens: expected at least one sequence, each of at least one token, got an empty one');
  }
  const length = sequences.reduce((most, sequence) => Math.max(most, sequence.length), 0);
  const padded = sequences.some((sequence) => sequence.length < length);
  const spans = sequences.map((sequence): Span => {
    const start = side === 'left' ? length - sequence.length : 0;
    return { start, end: start + sequence.length };
  });
  const tokens = sequences.map((sequence) => {
    const padding = new Array<number>(length - sequence.length).fill(token);
    return side === 'left' ? [...padding, ...sequence] : [...sequence, ...padding];
  });
  return { tokens, length, spans, mask: causalMask(spans, length), pad: padded ? { side, token } : null };
}

/** The position of each token: from 0, padding on the left skipped (and itself at position 0). */
export function positionsOf(batch: Batch): number[][] {
  return batch.spans.map(({ start }) => Array.from({ length: batch.length }, (_, i) => Math.max(0, i - start)));
}
