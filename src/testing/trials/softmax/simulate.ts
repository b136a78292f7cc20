/** Softmax as the simulator computes it, from a case. */
import { type KeyMask, tensor } from '../../../tensor/index.ts';
import { simulatorOf } from '../../arithmetic.ts';
import type { TrialCase } from '../../trial.ts';

/** Computed softmax of rows of `columns` scores. */
export function computedSoftmax(
  trial: TrialCase,
  scores: readonly number[],
  columns: number,
  softmax: 'shifted' | 'unshifted',
  mask?: KeyMask,
): ArrayLike<number> {
  const A = simulatorOf(trial, { softmax });
  const shape = [1, 1, scores.length / columns, columns];
  return A.lower(A.softmax('', A.lift(tensor(shape, Float64Array.from(scores))), mask)).data;
}
