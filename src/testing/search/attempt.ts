/** One case against its bound. */
import type { Bound, Values } from '../../bounds/index.ts';
import type { Trial, TrialCase } from '../trial.ts';

/** What a search needs of a bound; deliberately wrong ones, in tests of the search, are no more than this. */
export type Searched = Pick<Bound, 'id' | 'kind' | 'evaluate'>;

export interface Attempt {
  /** The largest observed/bound over the components. */
  readonly ratio: number;
  /** Whether some error is above what the bound guarantees (its value, where it guarantees nothing). */
  readonly violated: boolean;
  /** The largest component of the bound and of the observed error. */
  readonly value: number;
  readonly observed: number;
}

const list = (values: Values): ArrayLike<number> => (typeof values === 'number' ? [values] : values);
const largest = (values: Values): number =>
  typeof values === 'number' ? values : values.reduce((a, b) => Math.max(a, b), 0);

/** Undefined where the bound is not valid or the computation gives nothing; `zero` where no error was observed. */
export function attempt(bound: Searched, trial: Trial, trialCase: TrialCase): Attempt | 'zero' | undefined {
  const seen = trial.observe(trialCase);
  if (seen === undefined) return undefined;
  const result = bound.evaluate(seen.inputs);
  if (!result.valid) return undefined;
  const observed = list(seen.observed);
  const [value, limit] = [list(result.value), list(result.guaranteed ?? result.value)];
  if (observed.length !== value.length) {
    throw new Error(`${bound.id}: ${observed.length} observed errors for ${value.length} components of the bound`);
  }
  let [ratio, violated] = [0, false];
  for (let j = 0; j < observed.length; j++) {
    if (observed[j] === 0) continue;
    // NaN counts as a violation.
    if (!(observed[j] <= limit[j])) violated = true;
    const share = observed[j] / value[j];
    ratio = Number.isNaN(share) ? Number.POSITIVE_INFINITY : Math.max(ratio, share);
  }
  return ratio === 0 ? 'zero' : { ratio, violated, value: largest(result.value), observed: largest(seen.observed) };
}
