/** One case against its bound. */
import type { Bound, Values } from '../../bounds/index.ts';
import { type Judgement, judge } from '../judge.ts';
import type { Trial, TrialCase } from '../trial.ts';

/** What a search needs of a bound; deliberately wrong ones, in tests of the search, are no more than this. */
export type Searched = Pick<Bound, 'id' | 'kind' | 'evaluate'>;

export interface Attempt extends Judgement {
  /** The largest component of the bound and of the observed error. */
  readonly value: number;
  readonly observed: number;
}

const largest = (values: Values): number =>
  typeof values === 'number' ? values : values.reduce((a, b) => Math.max(a, b), 0);

/** Undefined where the bound is not valid or the computation gives nothing; `zero` where no error was observed. */
export function attempt(bound: Searched, trial: Trial, trialCase: TrialCase): Attempt | 'zero' | undefined {
  const seen = trial.observe(trialCase);
  if (seen === undefined) return undefined;
  const result = bound.evaluate(seen.inputs);
  if (!result.valid) return undefined;
  const judgement = judge(result, seen.observed);
  if (judgement.ratio === 0) return 'zero';
  return { ...judgement, value: largest(result.value), observed: largest(seen.observed) };
}
