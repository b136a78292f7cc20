/**
 * The arguments whose results need no evaluation: exact ones, infinities, NaN, and results so close to a known number
 * that for every format with p ≤ 53 they round as "just below" or "just above" it, stochastically too: nearer than 2^−32 of
 * a gap. These close ones are why a loop that
 * asks for more bits until it can decide would not end soon, and they are what makes the loop's other arguments tame.
 */
import type { AnyContext } from '../context.ts';
import { infinityOf, nanOf, zeroOf } from '../context.ts';
import { type Dyadic, dyadicOf, roundDyadic, roundNumber } from '../dyadic.ts';
import type { ElementaryName } from '../scalars.ts';

/** Above every number, and below 2^−32 of the smallest gap of any format, 2^−1106 (e^710 > 2^1024, e^−770 < 2^−1110). */
const HUGE: Dyadic = { negative: false, significand: 1n, exponent: 1100 };
const TINY: Dyadic = { negative: false, significand: 1n, exponent: -1110 };

/** 1 ± 2^−100: on the same side of every multiple of 2^−85, 2^−32 of the gap of 53 bits, as any value within 2^−85 of 1. */
function besideOne(negative: boolean, above: boolean): Dyadic {
  const one = 1n << 100n;
  return { negative, significand: above ? one + 1n : one - 1n, exponent: -100 };
}

/**
 * Just inside a nonzero x. For |x| < 2^−45 it stands for x·(1 − δ), 0 < δ ≤ x²/3 < 2^−91: with x = n·2^e, n < 2^53, that
 * is above (n − 2^−38)·2^e, and multiples of 2^−32 of a gap of p ≤ 53 bits are no closer to n from below than 2^−32.
 */
function inside(x: number): Dyadic {
  const { negative, significand, exponent } = dyadicOf(x);
  return { negative, significand: (significand << 40n) - 1n, exponent: exponent - 40 };
}

/** R(f(x)) where it is decided without evaluation, otherwise undefined: then x is finite and not 0. */
export function decided(name: ElementaryName, x: number, context: AnyContext): number | undefined {
  if (Number.isNaN(x)) return nanOf(context);
  const value = name === 'exp' || name === 'log' ? positive(name, x, context) : odd(name, x, context);
  return typeof value === 'object' ? roundDyadic(value, context) : value;
}

function positive(name: 'exp' | 'log', x: number, context: AnyContext): number | Dyadic | undefined {
  if (name === 'exp') {
    if (x === Number.POSITIVE_INFINITY) return infinityOf(context, false);
    if (x === Number.NEGATIVE_INFINITY) return zeroOf(context, false);
    if (x > 710) return HUGE;
    if (x < -770) return TINY;
    if (x === 0) return roundNumber(1, context);
    return Math.abs(x) < 2 ** -86 ? besideOne(false, x > 0) : undefined;
  }
  if (x < 0) return nanOf(context);
  if (x === 0 || x === Number.POSITIVE_INFINITY) return infinityOf(context, x === 0);
  return x === 1 ? zeroOf(context, false) : undefined;
}

function odd(name: 'tanh' | 'erf' | 'sin' | 'cos', x: number, context: AnyContext): number | Dyadic | undefined {
  const size = Math.abs(x);
  if (name === 'tanh' || name === 'erf') {
    if (size === Number.POSITIVE_INFINITY) return roundNumber(Math.sign(x), context);
    // 1 − tanh 31 < 2^−88 and 1 − erf 8 < 2^−96.
    if (size >= (name === 'tanh' ? 31 : 8)) return besideOne(x < 0, false);
  } else if (size === Number.POSITIVE_INFINITY) return nanOf(context);
  if (name === 'cos') {
    if (x === 0) return roundNumber(1, context);
    // x²/2 < 2^−87.
    return size < 2 ** -43 ? besideOne(false, false) : undefined;
  }
  if (x === 0) return zeroOf(context, Object.is(x, -0));
  return name !== 'erf' && size < 2 ** -45 ? inside(x) : undefined;
}
