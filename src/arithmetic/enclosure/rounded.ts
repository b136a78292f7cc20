/** One rounding of a number that is known up to a radius: theory/local-check.md, L1. */
import type { Format } from '../../formats/index.ts';
import type { OperationSpec } from '../../tensor/index.ts';
import { roundoffOf } from '../errors/sum-rounding.ts';

/** What the centre's own float64 evaluation may be off, relative to the number: two roundings of it. */
export const FLOAT64 = 2 ** -52;

export interface Rounding {
  /** Relative and absolute error of the rounding, and what is no overflow. */
  readonly u: number;
  readonly eta: number;
  readonly etaSum: number;
  readonly largest: number;
}

export function roundingOf(spec: OperationSpec, format: Format): Rounding {
  const { u, eta, etaSum } = roundoffOf(spec, format);
  return { u, eta, etaSum, largest: format.largest };
}

/**
 * The radius about y of R(v), |v − y| ≤ radius; Infinity where R may overflow. `absolute`: its error by underflow.
 */
export function afterRounding(y: number, radius: number, { u, largest }: Rounding, absolute: number): number {
  const size = Math.abs(y) + radius;
  const total = radius + (u + FLOAT64) * size + absolute;
  return size + total <= largest ? total : Number.POSITIVE_INFINITY;
}
