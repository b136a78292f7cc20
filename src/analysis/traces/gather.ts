/** Rows of a tap, one behind the other. */
import type { Numbers } from '../../tensor/index.ts';

/** Entries from `start` to `end` (excluded). */
export interface Piece {
  readonly start: number;
  readonly end: number;
}

/** The entries of the pieces in their order. */
export function gather(data: Numbers, pieces: readonly Piece[]): Float64Array {
  const gathered = new Float64Array(pieces.reduce((count, { start, end }) => count + end - start, 0));
  let at = 0;
  for (const { start, end } of pieces) {
    gathered.set(data.subarray(start, end), at);
    at += end - start;
  }
  return gathered;
}
