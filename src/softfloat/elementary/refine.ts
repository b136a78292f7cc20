/** Ziv's loop: more and more bits, until both ends of the interval round to the same number. */
import type { AnyContext } from '../context.ts';
import { roundDyadic } from '../dyadic.ts';
import type { ElementaryName } from '../scalars.ts';
import { decided } from './cases.ts';
import { evaluateFixed, magnitudeOf } from './fixed-point.ts';

/**
 * R of a real that is no number and no midpoint of the format; `fixed(bits)` gives it times 2^bits with an error of at
 * most 1. Every rounding mode is monotonic, so equal results at both ends are the result in between. The first bits
 * should leave about 100 significant ones; a format of p bits then needs a second round with a chance of 2^(p−100).
 */
export function refine(fixed: (bits: number) => bigint, firstBits: number, context: AnyContext): number {
  for (let bits = firstBits, step = 128; ; bits += step, step *= 2) {
    const value = fixed(bits);
    const negative = value < 0n;
    const n = negative ? -value : value;
    // The sign is not yet known.
    if (n <= 1n) continue;
    const end = roundDyadic({ negative, significand: n - 1n, exponent: -bits }, context);
    if (Object.is(end, roundDyadic({ negative, significand: n + 1n, exponent: -bits }, context))) return end;
  }
}

/** R(f(x)) by fixed point alone: the oracle of `correctlyRounded`. */
export function refined(name: ElementaryName, x: number, context: AnyContext): number {
  const known = decided(name, x, context);
  if (known !== undefined) return known;
  return refine((bits) => evaluateFixed(name, x, bits), 112 - magnitudeOf(name, x), context);
}
