/** Samples without a mean: how their sample mean behaves, and how heavy their tail is. */

/** The means of the first n values, for each n. */
export function runningMeans(values: ArrayLike<number>, counts: readonly number[]): number[] {
  let [sum, i] = [0, 0];
  return counts.map((count) => {
    for (; i < count; i++) sum += values[i];
    return sum / count;
  });
}

/**
 * Hill's estimate of α in P(X > t) ~ t^−α from the k largest of n positive values: k / Σ ln(X_(i)/X_(k+1)). Its standard
 * error is about α/√k where the tail is a power there. The mean is infinite for α ≤ 1, the variance for α ≤ 2. null where the
 * values leave it open.
 */
export function tailIndex(values: ArrayLike<number>, k: number): number | null {
  const sorted = Float64Array.from(values).sort().reverse();
  const threshold = sorted[k];
  if (!(threshold > 0) || !Number.isFinite(sorted[0])) return null;
  let sum = 0;
  for (let i = 0; i < k; i++) sum += Math.log(sorted[i] / threshold);
  return sum > 0 ? k / sum : null;
}

/** The part of the sum that the largest `share` of the values make. */
export function partOfLargest(values: ArrayLike<number>, share: number): number {
  const sorted = Float64Array.from(values).sort().reverse();
  const count = Math.max(1, Math.round(share * sorted.length));
  const sum = (numbers: Float64Array): number => numbers.reduce((total, x) => total + x, 0);
  return sum(sorted.subarray(0, count)) / sum(sorted);
}
