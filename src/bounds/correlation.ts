/** How two lists of numbers go together. */
import { exponentOf, powerOfTwo } from '../formats/float64.ts';

/** Pearson's correlation; null where one list is constant, a number is not finite, or there are fewer than two. */
export function pearson(x: readonly number[], y: readonly number[]): number | null {
  if (x.length < 2 || ![...x, ...y].every(Number.isFinite)) return null;
  const [a, b] = [deviations(x), deviations(y)];
  const product = (p: readonly number[], q: readonly number[]) => p.reduce((sum, value, i) => sum + value * q[i], 0);
  const sizes = Math.sqrt(product(a, a) * product(b, b));
  return sizes > 0 ? Math.max(-1, Math.min(1, product(a, b) / sizes)) : null;
}

/** Spearman's: Pearson's correlation of the ranks. Infinite numbers have a rank; null where a number is NaN. */
export function spearman(x: readonly number[], y: readonly number[]): number | null {
  return [...x, ...y].some(Number.isNaN) ? null : pearson(ranks(x), ranks(y));
}

/** Ranks from 1, the smallest number first; equal numbers have the mean of their ranks. */
export function ranks(x: readonly number[]): number[] {
  const order = [...x.keys()].sort((i, j) => (x[i] < x[j] ? -1 : x[i] > x[j] ? 1 : 0));
  const result = new Array<number>(x.length);
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && x[order[to]] === x[order[from]]) to++;
    for (let k = from; k < to; k++) result[order[k]] = (from + 1 + to) / 2;
    from = to;
  }
  return result;
}

/** x − mean, divided by a power of two, so that no square leaves the range; zeros where all are equal. */
function deviations(x: readonly number[]): number[] {
  if (x.every((value) => value === x[0])) return x.map(() => 0);
  const scale = powerOfTwo(exponentOf(x.reduce((most, value) => Math.max(most, Math.abs(value)), 0)));
  const mean = x.reduce((sum, value) => sum + value / scale, 0) / x.length;
  return x.map((value) => value / scale - mean);
}
