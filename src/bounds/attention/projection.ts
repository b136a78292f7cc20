/** Linear layers without bias, weights [out, in] and rounded on load, as the bounds of attention need them. */
import type { Order } from '../../tensor/order.ts';
import { innerProductError } from '../growth.ts';
import type { Matrix } from '../inputs.ts';
import { absolute, rowSums, timesTransposed } from '../matrices.ts';
import { isOperand } from '../operands.ts';
import { type ArithmeticInputs, unitRoundoff } from '../unit-roundoff.ts';

export interface Projection {
  /** x·Wᵀ. */
  readonly exact: Matrix;
  /** |x|·|W|ᵀ. */
  readonly size: Matrix;
  /** |computed − exact| ≤ (e^growth − 1)·size + underflow, row by row. */
  readonly growth: number;
  readonly underflow: Float64Array;
}

/** The load of weights: to nearest even in every mode, |R(w) − w| ≤ u|w| + η; nothing where they are numbers of the format. */
export function weightError(
  weight: Matrix,
  arithmetic: ArithmeticInputs,
): { readonly u: number; readonly eta: number } {
  const { format, subnormals } = arithmetic;
  if (weight.data.every((w) => isOperand(w, format, subnormals))) return { u: 0, eta: 0 };
  return unitRoundoff({ format, subnormals });
}

/** x is exact here; what its own error adds is the caller's. */
export function projection(x: Matrix, weight: Matrix, order: Order, arithmetic: ArithmeticInputs): Projection {
  const { growth, underflow } = innerProductError(x.columns, order, arithmetic);
  const load = weightError(weight, arithmetic);
  const size = absolute(x);
  return {
    exact: timesTransposed(x, weight),
    size: timesTransposed(size, absolute(weight)),
    growth: growth + Math.log1p(load.u),
    underflow: rowSums(size).map((length) => underflow + load.eta * Math.exp(growth) * length),
  };
}

/** A number that no computed entry exceeds. */
export function largestComputed({ size, growth, underflow }: Projection): number {
  const most = (values: Float64Array) => values.reduce((a, b) => Math.max(a, b));
  return most(size.data) * Math.exp(growth) + most(underflow);
}
