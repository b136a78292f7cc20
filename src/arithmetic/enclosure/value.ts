/** What the enclosing interpreter computes with. */
import type { Tensor } from '../../tensor/index.ts';
import type { Arithmetic } from '../arithmetic.ts';
import type { Ball } from '../errors/ball.ts';
import type { Store } from '../scalar-arithmetic.ts';

export type Value = Tensor<Store<number>>;

/** Exact numbers, and radii in which everything lies that the program may compute. */
export type Enclosure = Ball<Value>;

export interface Enclosing extends Arithmetic<Enclosure> {
  /** The same numbers with other radii. */
  widened(v: Enclosure, radius: Float64Array): Enclosure;
}
