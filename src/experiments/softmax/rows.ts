/** Rows of logits for the experiment: of a given range, or with a sink that holds a given part of the probability. */

import { roundArray } from '../../backends/cpu/round-array.ts';
import type { Format } from '../../formats/index.ts';
import { normalNumbers } from '../../model/random/normal.ts';

export type Study = 'range' | 'sink';

/**
 * `samples` rows of `length` logits, numbers of the format, [samples, length] row-major; the same but for that last
 * rounding in every format.
 * - range: normal logits, stretched so that the largest and the smallest are `level` apart;
 * - sink: the first logit holds the part `level` of the probability over normal logits.
 */
export function logits(
  study: Study,
  level: number,
  { seed, samples, length, format }: { seed: number; samples: number; length: number; format: Format },
): Float64Array {
  const numbers = Float64Array.from(normalNumbers(samples * length, `softmax.${study}.${level}`, seed, 1));
  for (let start = 0; start < numbers.length; start += length) {
    const row = numbers.subarray(start, start + length);
    if (study === 'range') stretch(row, level);
    else row[0] = Math.log(level / (1 - level)) + logSumExp(row.subarray(1));
  }
  return Float64Array.from(roundArray(numbers, format));
}

function stretch(row: Float64Array, range: number): void {
  const [least, most] = [Math.min(...row), Math.max(...row)];
  row.forEach((x, i) => {
    row[i] = ((x - (least + most) / 2) / (most - least)) * range;
  });
}

function logSumExp(row: Float64Array): number {
  const most = Math.max(...row);
  return most + Math.log(row.reduce((sum, x) => sum + Math.exp(x - most), 0));
}
