/** Which keys a query row may see: always a contiguous range. */

/** Row `sequence·queries + query` sees the keys from[row] ≤ key < to[row]; none where to ≤ from. */
export interface KeyMask {
  readonly sequences: number;
  readonly queries: number;
  readonly keys: number;
  readonly from: Int32Array;
  readonly to: Int32Array;
}

/** A sequence's tokens lie in [start, end) of its row; the rest is padding. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Causal attention within each sequence, padded keys hidden. A padded query sees what its position allows.
 * @param first the column of the first of `length` queries, among `keys` columns
 */
export function causalMask(spans: readonly Span[], length: number, first = 0, keys = length): KeyMask {
  const from = new Int32Array(spans.length * length);
  const to = new Int32Array(spans.length * length);
  spans.forEach(({ start, end }, sequence) => {
    for (let i = 0; i < length; i++) {
      from[sequence * length + i] = start;
      to[sequence * length + i] = Math.min(first + i + 1, end);
    }
  });
  return { sequences: spans.length, queries: length, keys, from, to };
}
