/** Error metrics of one tap, each as result.ts defines it, over the rows that count. */
import type { Numbers } from '../tensor/index.ts';
import { quantilesOf } from './quantiles.ts';
import type { Quantiles } from './result.ts';
import type { Row } from './rows.ts';

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
export function norm2(data: Numbers, rows: readonly Pick<Row, 'start' | 'end'>[]): number {
  const scaled = (scale: number): number => {
    let sum = 0;
    for (const { start, end } of rows) {
      for (let i = start; i < end; i++) sum += (data[i] * scale) ** 2;
    }
    return Math.sqrt(sum) / scale;
  };
  const norm = scaled(1);
  // Squares of numbers between these lose nothing that matters.
  if ((norm > 1e-100 && norm < 1e100) || Number.isNaN(norm)) return norm;
  const largest = maxMagnitude(data, rows);
  if (largest === 0 || !Number.isFinite(largest)) return largest;
  return largest > 1 ? scaled(2 ** -600) : scaled(2 ** 600);
}

function maxMagnitude(data: Numbers, rows: readonly Pick<Row, 'start' | 'end'>[]): number {
  let largest = 0;
  for (const { start, end } of rows) {
    for (let i = start; i < end; i++) largest = Math.max(largest, Math.abs(data[i]));
  }
  return largest;
}

/** The errors of one row; `difference` is computed − reference. */
export function rowErrors(difference: Numbers, reference: Numbers, row: Pick<Row, 'start' | 'end'>): RowErrors {
  let absLinf = 0;
  let largest = 0;
  let relComponentwise = 0;
  for (let i = row.start; i < row.end; i++) {
    const d = Math.abs(difference[i]);
    const x = Math.abs(reference[i]);
    absLinf = Math.max(absLinf, d);
    largest = Math.max(largest, x);
    relComponentwise = Math.max(relComponentwise, ratio(d, x));
  }
  return { relLinf: ratio(absLinf, largest), relComponentwise, absLinf, referenceNorm: norm2(reference, [row]) };
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

/** `difference` is computed − reference, both over `rows`. */
export function errorsOf(
  difference: Numbers,
  reference: Numbers,
  rows: readonly Pick<Row, 'start' | 'end'>[],
): DetailedErrors {
  const referenceNorm = norm2(reference, rows);
  const errors = rows.map((row) => rowErrors(difference, reference, row));
  return {
    relFrobenius: ratio(norm2(difference, rows), referenceNorm),
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
