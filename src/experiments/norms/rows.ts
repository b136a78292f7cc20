/** Rows for the norms: shifted far from zero, or with one massive outlier. */
import { roundArray } from '../../backends/cpu/round-array.ts';
import type { Format } from '../../formats/index.ts';
import { normalNumbers } from '../../model/random/normal.ts';

export type Study = 'shift' | 'outlier';

/**
 * `samples` rows of `width` numbers of the format, row-major; the same but for that last rounding in every format.
 * - shift: `level` + N(0, 1);
 * - outlier: N(0, `background`²), but the first entry of each row is `level`.
 */
export function activations(
  study: Study,
  level: number,
  background: number,
  { seed, samples, width, format }: { seed: number; samples: number; width: number; format: Format },
): Float64Array {
  const normal = normalNumbers(samples * width, `norms.${study}`, seed, 1);
  const numbers = Float64Array.from(normal, (x, i) => {
    if (study === 'shift') return level + x;
    return i % width === 0 ? level : background * x;
  });
  return Float64Array.from(roundArray(numbers, format));
}
