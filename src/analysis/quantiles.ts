/** Quantiles of a sample, by linear interpolation between order statistics (type 7 of Hyndman and Fan). */
/** Quantiles over rows, by linear interpolation, and the largest. */
export interface Quantiles {
  readonly q01: number;
  readonly q25: number;
  readonly q50: number;
  readonly q75: number;
  readonly q99: number;
  readonly max: number;
}

/** Position of the q-quantile of n sorted values is (n − 1)·q. NaN sorts above infinity. `sorted` is not empty. */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  const position = (sorted.length - 1) * q;
  const below = Math.floor(position);
  const weight = position - below;
  const low = sorted[below];
  if (weight === 0 || Object.is(low, sorted[below + 1])) return low;
  return low + weight * (sorted[below + 1] - low);
}

/** The quantiles of the rows' values; all NaN where there are none. */
export function quantilesOf(values: ArrayLike<number>): Quantiles {
  // Typed arrays sort numerically, NaN last.
  const sorted = values.length === 0 ? Float64Array.of(Number.NaN) : Float64Array.from(values).sort();
  return {
    q01: quantile(sorted, 0.01),
    q25: quantile(sorted, 0.25),
    q50: quantile(sorted, 0.5),
    q75: quantile(sorted, 0.75),
    q99: quantile(sorted, 0.99),
    max: sorted[sorted.length - 1],
  };
}
