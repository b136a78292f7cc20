/** The exact statistics of a row, to the accuracy of float64 even where the deviations cancel. */

export interface Row {
  /** Σ|x|/D. */
  readonly meanAbs: number;
  readonly mean: number;
  /** x − mean. */
  readonly centred: Float64Array;
  /** The mean square of `centred`. */
  readonly variance: number;
  /** The mean square of x. */
  readonly meanSquare: number;
}

/** Knuth's two-sum: the error of the float64 sum x + y. */
function sumError(x: number, y: number, sum: number): number {
  const fromY = sum - x;
  return x - (sum - fromY) + (y - fromY);
}

/**
 * D·x − Σx with the sum in two numbers, so that a deviation is off by about 2^−53 of itself and D·2^−104 of Σ|x|
 * (entries of up to 24 bits, whose multiple D·x is a float64).
 */
export function rowOf(x: Float64Array): Row {
  const D = x.length;
  let [high, low, absolute, squares, squaredDeviations] = [0, 0, 0, 0, 0];
  for (const entry of x) {
    const sum = high + entry;
    low += sumError(high, entry, sum);
    high = sum;
    absolute += Math.abs(entry);
    squares += entry * entry;
  }
  const centred = x.map((entry) => (D * entry - high - low) / D);
  for (const deviation of centred) squaredDeviations += deviation * deviation;
  return {
    meanAbs: absolute / D,
    mean: (high + low) / D,
    centred,
    variance: squaredDeviations / D,
    meanSquare: squares / D,
  };
}
