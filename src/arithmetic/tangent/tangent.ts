/** The values of forward-mode differentiation, and the arithmetic that carries it out. */
import type { Tensor } from '../../tensor/index.ts';
import type { Arithmetic } from '../arithmetic.ts';

/** An arithmetic whose numbers can be looked at at once, as all but a device's can. */
export interface ImmediateArithmetic<V> extends Arithmetic<V> {
  lower(v: V): Tensor;
}

/** A value x with k directional derivatives. */
export interface Tangent<V> {
  readonly primal: V;
  /** [k, …shape of x]; undefined where all are 0. */
  readonly tangents: V | undefined;
}
