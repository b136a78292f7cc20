/** The rows of a tap that count: padded tokens left out, and of each row of scores or probabilities the visible keys. */
import type { Batch } from '../model/program/batch.ts';
import { sizeOf } from '../tensor/index.ts';
import { siteKind } from '../tensor/policy.ts';

/** Entries from `start` to `end` (excluded) of a tap's data are one row. */
export interface Row {
  /** Index of the row: all axes but the last. */
  readonly index: readonly number[];
  readonly sequence: number;
  readonly token: number;
  readonly start: number;
  readonly end: number;
  /** The column `start` stands at. */
  readonly firstColumn: number;
}

/** One row's error, as it stands in the Parquet file. */
export interface RowRecord {
  readonly tap: string;
  readonly layer: number | null;
  readonly row: readonly number[];
  readonly sequence: number;
  readonly token: number;
  readonly relLinf: number;
  readonly relComponentwise: number;
  readonly absLinf: number;
  /** 2-norm of the reference's row. */
  readonly referenceNorm: number;
}

/** Rows along the last axis. The first axis is the sequence, the last but one the token. */
export function rowsOf(tap: string, shape: readonly number[], batch: Batch): Row[] {
  const kind = siteKind(tap);
  const masked = kind === 'scores' || kind === 'probs';
  const width = shape[shape.length - 1];
  const leading = shape.slice(0, -1);
  const count = sizeOf(leading);
  const rowsPerSequence = count / leading[0];
  const rows: Row[] = [];
  for (let r = 0; r < count; r++) {
    const sequence = Math.floor(r / rowsPerSequence);
    const token = r % batch.length;
    const span = batch.spans[sequence];
    if (token < span.start || token >= span.end) continue;
    const key = sequence * batch.length + token;
    const [from, to] = masked ? [batch.mask.from[key], batch.mask.to[key]] : [0, width];
    rows.push({
      index: unravel(r, leading),
      sequence,
      token,
      start: r * width + from,
      end: r * width + to,
      firstColumn: from,
    });
  }
  return rows;
}

function unravel(index: number, shape: readonly number[]): number[] {
  const at = new Array<number>(shape.length);
  let rest = index;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    at[axis] = rest % shape[axis];
    rest = Math.floor(rest / shape[axis]);
  }
  return at;
}
