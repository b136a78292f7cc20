/** The simulator on one site, from a case. */
import { SoftfloatArithmetic } from '../../../arithmetic/softfloat.ts';
import { parseFormat } from '../../../formats/index.ts';
import { scalarsOf } from '../../../softfloat/scalar.ts';
import type { Scalars } from '../../../softfloat/scalars.ts';
import { type KeyMask, type OperationSpec, tensor, uniformSpec } from '../../../tensor/index.ts';
import { parseOrder } from '../../../tensor/order.ts';
import type { TrialCase } from '../../trial.ts';

/** The case's arithmetic at every site. */
export function specOf({ format, mode, subnormals, order }: TrialCase): OperationSpec {
  return { ...uniformSpec(parseFormat(format)), mode, subnormals, order: parseOrder(order) };
}

export function simulatorOf(trial: TrialCase, options: Partial<OperationSpec> = {}): SoftfloatArithmetic {
  const spec = { ...specOf(trial), ...options };
  return new SoftfloatArithmetic('trial', () => spec);
}

export function scalarsOfCase(trial: TrialCase): Scalars<number> {
  const { format, mode, subnormals } = trial;
  return scalarsOf({ format: parseFormat(format), mode, overflow: 'inf', subnormals });
}

/** The inputs of a bound that say what the arithmetic is. */
export function arithmeticInputs({ format, mode, subnormals, order }: TrialCase) {
  return { format, mode, subnormals, order };
}

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
