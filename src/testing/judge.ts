/** Observed errors against a bound, component by component. */
import type { ValidBound, Values } from '../bounds/index.ts';
import { InputError } from '../formats/index.ts';

export interface Judgement {
  /** The largest observed/bound; Infinity where an error is no number, or nonzero where the bound is 0. */
  readonly ratio: number;
  /** Whether some error is above what the bound guarantees (its value, where it guarantees nothing). */
  readonly violated: boolean;
  /** The component that comes closest to what is guaranteed, or exceeds it most. */
  readonly worst: number;
}

export function list(values: Values): ArrayLike<number> {
  return typeof values === 'number' ? [values] : values;
}

/** error/limit: 0 where nothing is off, whatever the limit. */
function shareOf(error: number, limit: number): number {
  if (error === 0) return 0;
  const share = error / limit;
  return Number.isNaN(share) ? Number.POSITIVE_INFINITY : share;
}

/** @throws InputError where there are not as many errors as components of the bound */
export function judge({ value, guaranteed = value }: ValidBound, observed: Values): Judgement {
  const [errors, values, limits] = [list(observed), list(value), list(guaranteed)];
  if (errors.length !== values.length) {
    throw new InputError(`observed: expected ${values.length} errors, one for each component, got ${errors.length}`);
  }
  let [ratio, violated, worst, closest] = [0, false, 0, -1];
  for (let j = 0; j < errors.length; j++) {
    ratio = Math.max(ratio, shareOf(errors[j], values[j]));
    // NaN counts as a violation.
    if (!(errors[j] <= limits[j])) violated = true;
    const share = shareOf(errors[j], limits[j]);
    if (share > closest) [worst, closest] = [j, share];
  }
  return { ratio, violated, worst };
}
