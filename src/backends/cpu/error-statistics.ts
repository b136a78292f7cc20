/** What error metrics are made of, in tasks of the pool (assembly/errors.ts). */
import type { Numbers } from '../../tensor/index.ts';
import { jobKinds, type KernelMemory } from './wasm.ts';

/** Numbers in memory at once, and of a task, about. */
const PIECE = 1 << 18;
const TASK = 1 << 14;

/** Float64 numbers found of a row. */
const FOUND = 4;

export interface RowStatistics {
  /** max |d|. */
  readonly difference: number;
  /** max |x|. */
  readonly reference: number;
  /** max |d/x|, 0/0 as 0. */
  readonly ratio: number;
  /** Σ x². */
  readonly squares: number;
}

export interface ErrorStatistics {
  readonly rows: readonly RowStatistics[];
  /** Σ d² and Σ x² over all rows. */
  readonly differenceSquares: number;
  readonly referenceSquares: number;
}

/** Entries from `start` to `end` (excluded). */
type Span = { readonly start: number; readonly end: number };

/** The differences d from a reference x as they are, or what they are the differences of: d = computed − x in float64. */
export type Difference = { readonly difference: Numbers } | { readonly computed: Numbers };

/** Statistics of d and x = `reference` over rows; sums run over ascending index, row after row. */
export function errorStatistics(
  memory: KernelMemory,
  difference: Difference,
  reference: Numbers,
  rows: readonly Span[],
): ErrorStatistics {
  const found: RowStatistics[] = [];
  const totals = Float64Array.of(0, 0);
  for (let first = 0, next = 0; first < rows.length; first = next) {
    let count = 0;
    do {
      count += rows[next].end - rows[next].start;
      next++;
    } while (next < rows.length && count + rows[next].end - rows[next].start <= PIECE);
    memory.scope(() => {
      found.push(...statisticsOf(memory, difference, reference, rows.slice(first, next), count, totals));
    });
  }
  return { rows: found, differenceSquares: totals[0], referenceSquares: totals[1] };
}

/** Rows that have `count` numbers together; goes on with the totals. */
function statisticsOf(
  memory: KernelMemory,
  difference: Difference,
  reference: Numbers,
  rows: readonly Span[],
  count: number,
  totals: Float64Array,
): RowStatistics[] {
  const [starts, found, sums] = [(rows.length + 1) * 4, rows.length * FOUND * 8, 16].map((n) => memory.allocate(n));
  const [d, x] = [memory.allocate(count * 8), memory.allocate(count * 8)];
  const [places, ds, xs] = [memory.int32(starts, rows.length + 1), memory.float64(d, count), memory.float64(x, count)];
  const total = memory.float64(sums, 2);
  const subtracts = 'computed' in difference;
  const minuend = subtracts ? difference.computed : difference.difference;
  let at = 0;
  rows.forEach(({ start, end }, r) => {
    places[r] = at;
    ds.set(minuend.subarray(start, end), at);
    xs.set(reference.subarray(start, end), at);
    at += end - start;
  });
  places[rows.length] = at;
  total.set(totals);
  const perTask = Math.max(1, Math.floor((TASK * rows.length) / Math.max(count, 1)));
  const fields = [rows.length, perTask, starts, d, x, subtracts ? 1 : 0, found, sums];
  memory.run({
    ...{ kind: jobKinds.errors, tasks: 1 + Math.ceil(rows.length / perTask), bytes: fields.length * 4 },
    write: (job) => memory.int32(job, fields.length).set(fields),
  });
  totals.set(total);
  const results = memory.float64(found, rows.length * FOUND);
  return rows.map((_, r) => {
    const [largestD, largestX, ratio, squares] = results.subarray(r * FOUND, (r + 1) * FOUND);
    return { difference: largestD, reference: largestX, ratio, squares };
  });
}
