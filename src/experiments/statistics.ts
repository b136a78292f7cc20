/** Groups and quantiles of rows. */
import { quantile } from '../analysis/quantiles.ts';
import type { Row, Value } from './experiment.ts';

/** The rows that have the same values in the columns, in order of first appearance. */
export function groupBy(rows: readonly Row[], ...columns: readonly string[]): { key: Row; rows: Row[] }[] {
  const groups = new Map<string, { key: Row; rows: Row[] }>();
  for (const row of rows) {
    const key = Object.fromEntries(columns.map((column) => [column, row[column]]));
    const name = JSON.stringify(key);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, { key, rows: [row] });
    else group.rows.push(row);
  }
  return [...groups.values()];
}

/** The numbers of a column; rows without one are left out. */
export function numbersIn(rows: readonly Row[], column: string): Float64Array {
  return Float64Array.from(rows.flatMap((row) => (typeof row[column] === 'number' ? [row[column]] : [])));
}

/** The q-quantile (type 7); null of nothing. NaN counts as the largest. */
export function quantileOf(values: ArrayLike<number>, q: number): number | null {
  return values.length === 0 ? null : quantile(Float64Array.from(values).sort(), q);
}

export const median = (values: ArrayLike<number>): number | null => quantileOf(values, 0.5);

/** null of nothing; NaN if one is. */
export function largest(values: ArrayLike<number>): number | null {
  return quantileOf(values, 1);
}

/** The values of a column, each once, in order of first appearance. */
export function valuesOf(rows: readonly Row[], column: string): Value[] {
  return [...new Set(rows.map((row) => row[column]))];
}

/** null of nothing. */
export function mean(values: ArrayLike<number>): number | null {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return values.length === 0 ? null : sum / values.length;
}
