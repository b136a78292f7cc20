/** What a trace says of a tap where its numbers are not kept: over the entries that are not padding and not masked. */
import type { Format } from '../../formats/index.ts';
import type { Batch } from '../../model/program/batch.ts';
import type { Tensor } from '../../tensor/index.ts';
import { type Quantiles, quantilesOf } from '../quantiles.ts';
import { rowsOf } from '../rows.ts';
import { gather } from './gather.ts';

export interface TapStatistics {
  readonly entries: number;
  /** Of the finite entries, as are the next four; NaN where there are none. */
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** √(Σ x²/n). */
  readonly rootMeanSquare: number;
  /** Of |x|, over entries. */
  readonly magnitude: Quantiles;
  readonly zeros: number;
  /** Nonzero and below the format's smallest normal number. */
  readonly subnormals: number;
  /** Finite entries with the magnitude of the format's largest number. */
  readonly saturated: number;
  readonly infinities: number;
  readonly nans: number;
}

/** Sums run in ascending order in float64, scaled by the largest magnitude so that squares neither overflow nor vanish. */
export function tapStatistics(tap: string, tensor: Tensor, format: Format, batch: Batch): TapStatistics {
  const values = gather(tensor.data, rowsOf(tap, tensor.shape, batch));
  const finite = values.filter(Number.isFinite);
  const magnitude = quantilesOf(finite.map(Math.abs));
  const scale = magnitude.max > 0 ? magnitude.max : 1;
  let [min, max, sum, squares] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  let [zeros, subnormals, saturated] = [0, 0, 0];
  for (const x of finite) {
    min = Math.min(min, x);
    max = Math.max(max, x);
    sum += x / scale;
    squares += (x / scale) ** 2;
    if (x === 0) zeros++;
    else if (Math.abs(x) < format.smallestNormal) subnormals++;
    if (Math.abs(x) === format.largest) saturated++;
  }
  const n = finite.length;
  const nans = values.reduce((count, x) => count + (Number.isNaN(x) ? 1 : 0), 0);
  return {
    entries: values.length,
    min: n === 0 ? Number.NaN : min,
    max: n === 0 ? Number.NaN : max,
    mean: (sum / n) * scale,
    rootMeanSquare: Math.sqrt(squares / n) * scale,
    ...{ magnitude, zeros, subnormals, saturated },
    infinities: values.length - n - nans,
    nans,
  };
}
