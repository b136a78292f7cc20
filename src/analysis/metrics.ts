/** Error metrics of one tap, each as result.ts defines it, over the rows that count. */
import { type Difference, errorStatistics } from '../backends/cpu/error-statistics.ts';
import { type KernelMemory, kernelMemory } from '../backends/cpu/wasm.ts';
import type { Numbers } from '../tensor/index.ts';
import { type Quantiles, quantilesOf } from './quantiles.ts';
import type { Row } from './rows.ts';

/** Entries from `start` to `end` (excluded). */
type Span = Pick<Row, 'start' | 'end'>;

/** Errors of one row. */
export interface RowErrors {
  readonly relLinf: number;
  readonly relComponentwise: number;
  readonly absLinf: number;
  readonly referenceNorm: number;
}

/** |difference| / |reference| with 0/0 as 0 and x/0 infinite. */
export function ratio(difference: number, reference: number): number {
  return difference === 0 ? 0 : difference / reference;
}

/** √Σ x² over the rows; safe from overflow and underflow of the squares. */
export function norm2(data: Numbers, rows: readonly Span[]): number {
  return normOf(squares(data, rows, 1), data, rows);
}

/** The same, with Σ x² as float64 gives it. */
function normOf(sum: number, numbers: Numbers | (() => Numbers), rows: readonly Span[]): number {
  const norm = Math.sqrt(sum);
  // Squares of numbers between these lose nothing that matters.
  if ((norm > 1e-100 && norm < 1e100) || Number.isNaN(norm)) return norm;
  const data = typeof numbers === 'function' ? numbers() : numbers;
  const largest = maxMagnitude(data, rows);
  if (largest === 0 || !Number.isFinite(largest)) return largest;
  const scale = largest > 1 ? 2 ** -600 : 2 ** 600;
  return Math.sqrt(squares(data, rows, scale)) / scale;
}

/** The differences over the rows, 0 elsewhere. */
function differencesOf(difference: Difference, reference: Numbers, rows: readonly Span[]): Numbers {
  if ('difference' in difference) return difference.difference;
  const differences = new Float64Array(reference.length);
  for (const { start, end } of rows) {
    for (let i = start; i < end; i++) differences[i] = difference.computed[i] - reference[i];
  }
  return differences;
}

/** Σ (scale·x)², in ascending order. */
function squares(data: Numbers, rows: readonly Span[], scale: number): number {
  let sum = 0;
  for (const { start, end } of rows) {
    for (let i = start; i < end; i++) sum += (data[i] * scale) ** 2;
  }
  return sum;
}

function maxMagnitude(data: Numbers, rows: readonly Span[]): number {
  let largest = 0;
  for (const { start, end } of rows) {
    for (let i = start; i < end; i++) largest = Math.max(largest, Math.abs(data[i]));
  }
  return largest;
}

/** The errors of a tensor, as result.ts defines them. */
export interface TensorErrors {
  readonly relFrobenius: number;
  readonly relLinf: Quantiles;
  readonly relComponentwise: Quantiles;
  readonly absLinf: Quantiles;
}

/** The same, with what it was made of. */
export interface DetailedErrors extends TensorErrors {
  /** Over all rows. */
  readonly referenceNorm: number;
  readonly rowErrors: readonly RowErrors[];
}

/** `difference` is computed − reference over `rows`, given or still to be formed. */
export function errorsOf(
  difference: Difference,
  reference: Numbers,
  rows: readonly Span[],
  memory: KernelMemory = kernelMemory(),
): DetailedErrors {
  const found = errorStatistics(memory, difference, reference, rows);
  const referenceNorm = normOf(found.referenceSquares, reference, rows);
  const errors = found.rows.map((row, i) => ({
    relLinf: ratio(row.difference, row.reference),
    relComponentwise: row.ratio,
    absLinf: row.difference,
    referenceNorm: normOf(row.squares, reference, [rows[i]]),
  }));
  const differences = (): Numbers => differencesOf(difference, reference, rows);
  return {
    relFrobenius: ratio(normOf(found.differenceSquares, differences, rows), referenceNorm),
    relLinf: quantilesOf(errors.map(({ relLinf }) => relLinf)),
    relComponentwise: quantilesOf(errors.map(({ relComponentwise }) => relComponentwise)),
    absLinf: quantilesOf(errors.map(({ absLinf }) => absLinf)),
    referenceNorm,
    rowErrors: errors,
  };
}

/** How many entries are infinite or NaN, and where the first of them stands. */
export function nonFiniteEntries(
  data: Numbers,
  rows: readonly Row[],
): { count: number; first?: { row: Row; at: number } } {
  let count = 0;
  let first: { row: Row; at: number } | undefined;
  for (const row of rows) {
    for (let i = row.start; i < row.end; i++) {
      if (Number.isFinite(data[i])) continue;
      count++;
      first ??= { row, at: i };
    }
  }
  return first === undefined ? { count } : { count, first };
}
