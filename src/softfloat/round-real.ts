/** R of an exact real. */
import { type AnyContext, zeroOf } from './context.ts';
import { roundNumber } from './dyadic.ts';
import { refine } from './elementary/refine.ts';
import { exactRatio } from './exact-arithmetic.ts';
import type { Real } from './real-number.ts';

/**
 * R(x): a float64 and a fraction by one exact rounding, any other real by Ziv's loop on `x.fixed`, from 64 bits for
 * formats of p ≤ 24 and 128 for wider ones.
 * A real without `exact` and `ratio` must be irrational, or at least no number and no midpoint of the format.
 */
export function roundReal(x: Real, context: AnyContext): number {
  if (x.exact !== undefined) return roundNumber(x.exact, context);
  if (x.ratio === undefined) {
    const { format } = context;
    const short = format.kind === 'binary' && format.precision <= 24;
    return refine((bits) => x.fixed(bits), short ? 64 : 128, context);
  }
  return x.ratio[0] === 0n ? zeroOf(context, false) : exactRatio(x.ratio[0], x.ratio[1], context);
}
