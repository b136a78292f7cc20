/** How far two computations of the same tokens are apart. */
import type { Numbers } from '../../tensor/index.ts';
import { largest, quantileOf } from '../statistics.ts';

/** ⟨a, b⟩ in float64, ascending. */
export function inner(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** Mean absolute difference, with quantiles over tokens of the token's own mean; and the mean size of the numbers. */
export function differenceOf(a: Numbers, b: Numbers, width: number) {
  const means = new Float64Array(a.length / width);
  let size = 0;
  for (let i = 0; i < a.length; i++) {
    means[Math.floor(i / width)] += Math.abs(a[i] - b[i]) / width;
    size += Math.abs(a[i]) / a.length;
  }
  const difference = means.reduce((sum, mean) => sum + mean, 0) / means.length;
  return {
    ...{ difference, size },
    ...{ low: quantileOf(means, 0.1), high: quantileOf(means, 0.9), most: largest(means) },
  };
}

/** The part of the tokens whose largest entry stands elsewhere. */
export function flipsOf(a: Numbers, b: Numbers, width: number): number {
  const rows = a.length / width;
  let flips = 0;
  for (let r = 0; r < rows; r++) if (argmax(a, r, width) !== argmax(b, r, width)) flips++;
  return flips / rows;
}

/** Of the largest entries of a row the first. */
export function argmax(numbers: Numbers, row: number, width: number): number {
  let best = 0;
  for (let j = 1; j < width; j++) if (numbers[row * width + j] > numbers[row * width + best]) best = j;
  return best;
}
