/** Two sets of logits row by row: log-probabilities, divergence and predictions, in float64 (assembly/logits.ts). */
import { float64Functions } from '../../softfloat/float64.ts';
import type { Numbers } from '../../tensor/index.ts';
import { elementaryFloat64 } from './elementary-arrays.ts';
import { jobKinds, type KernelMemory } from './wasm.ts';

/** Logits of each kind in memory at once, about. */
const PIECE = 1 << 18;

/** Float64 numbers found of a row: the largest and then the shift, a sum, the first of the largest, the margin. */
const FOUND = 4;

const passes = { largest: 0, sum: 1, shift: 2, divergence: 3 } as const;

export interface LogitRow {
  /** ln p_j = x_j − logSum: max x + ln Σ e^(x_k − max x). */
  readonly logSum: number;
  /** The first of the largest entries, −1 where one is NaN. */
  readonly first: number;
  /** The distance of the largest to the next largest. */
  readonly margin: number;
}

export interface ComparedRow {
  readonly exact: LogitRow;
  readonly computed: LogitRow;
  /** Σ p (ln p − ln q), p of the exact logits and q of the computed ones, a term of p = 0 as 0. */
  readonly divergence: number;
}

/** The rows that start at `starts`, of `width` logits. Sums run over ascending index, exponentials are correctly rounded. */
export function compareLogits(
  memory: KernelMemory,
  exact: Numbers,
  computed: Numbers,
  width: number,
  starts: readonly number[],
): ComparedRow[] {
  const together = Math.max(1, Math.floor(PIECE / width));
  const rows: ComparedRow[] = [];
  for (let first = 0; first < starts.length; first += together) {
    rows.push(
      ...memory.scope(() => comparePiece(memory, exact, computed, width, starts.slice(first, first + together))),
    );
  }
  return rows;
}

function comparePiece(
  memory: KernelMemory,
  exact: Numbers,
  computed: Numbers,
  width: number,
  starts: readonly number[],
): ComparedRow[] {
  const rows = starts.length;
  const [logits, exponentials] = [memory.allocate(2 * rows * width * 8), memory.allocate(2 * rows * width * 8)];
  const found = memory.allocate(2 * rows * FOUND * 8);
  // Larger memory does not detach views of a shared one.
  const [x, results] = [memory.float64(logits, 2 * rows * width), memory.float64(found, 2 * rows * FOUND)];
  starts.forEach((start, r) => {
    x.set(exact.subarray(start, start + width), r * width);
    x.set(computed.subarray(start, start + width), (rows + r) * width);
  });
  const run = (pass: keyof typeof passes, tasks: number): void => {
    const fields = [passes[pass], width, rows, logits, exponentials, found];
    memory.run({
      ...{ kind: jobKinds.logits, tasks, bytes: fields.length * 4 },
      write: (job) => memory.int32(job, fields.length).set(fields),
    });
  };
  run('largest', 2 * rows);
  elementaryFloat64(memory, 'exp', exponentials, 2 * rows * width);
  run('sum', 2 * rows);
  for (let at = 0; at < results.length; at += FOUND) results[at] += float64Functions.log(results[at + 1]);
  run('shift', rows);
  elementaryFloat64(memory, 'exp', exponentials, rows * width);
  run('divergence', rows);
  const row = (r: number): LogitRow => {
    const [logSum, , first, margin] = results.subarray(r * FOUND, (r + 1) * FOUND);
    return { logSum, first, margin };
  };
  return starts.map((_, r) => ({ exact: row(r), computed: row(rows + r), divergence: results[r * FOUND + 1] }));
}
