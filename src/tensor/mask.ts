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

/** Causal attention within each sequence, padded keys hidden. A padded query sees what its position allows. */
export function causalMask(spans: readonly Span[], length: number): KeyMask {
  const from = new Int32Array(spans.length * length);
  const to = new Int32Array(spans.length * length);
  spans.forEach(({ start, end }, sequence) => {
    for (let i = 0; i < length; i++) {
      from[sequence * length + i] = start;
      to[sequence * length + i] = Math.min(i + 1, end);
    }
  });
  return { sequences: spans.length, queries: length, keys: length, from, to };
}
