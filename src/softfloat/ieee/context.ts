/** What an IEEE 754 operation is told and what it reports. */
import type { RoundingMode } from '../../formats/round.ts';

/** The five exceptions of IEEE 754, 7. Operations set them and never clear them. */
export interface Flags {
  /** The result is not the exact one. */
  inexact: boolean;
  /** The result is tiny and inexact (7.5, default handling: an exact subnormal result raises nothing). */
  underflow: boolean;
  /** The rounded result would exceed the largest number. */
  overflow: boolean;
  /** An exact infinity from finite operands: x/0. */
  divisionByZero: boolean;
  /** No useful result: a signalling NaN, ∞ − ∞, 0·∞, 0/0, ∞/∞, √ below zero, x rem 0, ∞ rem y. */
  invalid: boolean;
}

export interface IeeeContext {
  readonly mode: RoundingMode;
  /**
   * When a nonzero result counts as tiny: `before` where the exact result is below 2^emin in magnitude, `after` where
   * it is so when rounded to p bits as if the exponent had no lower end.
   */
  readonly tininess: 'after' | 'before';
  readonly flags: Flags;
}

/** Five flags, all down. */
export function newFlags(): Flags {
  return { inexact: false, underflow: false, overflow: false, divisionByZero: false, invalid: false };
}
