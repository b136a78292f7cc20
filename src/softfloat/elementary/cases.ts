/**
 * The arguments whose results need no evaluation: exact ones, infinities, NaN, and results so close to a known number
 * that for every format with p ≤ 53 they round as "just below" or "just above" it. These close ones are why a loop that
 * asks for more bits until it can decide would not end soon, and they are what makes the loop's other arguments tame.
 */
import type { RoundingContext } from '../context.ts';
import { infinityOf, nanOf, zeroOf } from '../context.ts';
import { type Dyadic, dyadicOf, roundDyadic, roundNumber } from '../dyadic.ts';
import type { ElementaryName } from '../scalars.ts';

/** Above every number and below every positive number and midpoint of any format (e^710 > 2^1024, e^−760 < 2^−1096). */
const HUGE: Dyadic = { negative: false, significand: 1n, exponent: 1100 };
const TINY: Dyadic = { negative: false, significand: 1n, exponent: -1095 };

/** 1 ± 2^−60: on the same side of every number and midpoint of p ≤ 53 bits as any value within 2^−54 of 1. */
function besideOne(negative: boolean, above: boolean): Dyadic {
  const one = 1n << 60n;
  return { negative, significand: above ? one + 1n : one - 1n, exponent: -60 };
}

/**
 * Just inside a nonzero x. For |x| < 2^−28 it stands for x·(1 − δ), 0 < δ ≤ x²/3 < 2^−57: with x = n·2^e, n < 2^53, that
 * is above (n − 1/16)·2^e, and numbers and midpoints of p ≤ 53 bits are no closer to n from below than 1/4.
 */
function inside(x: number): Dyadic {
  const { negative, significand, exponent } = dyadicOf(x);
  return { negative, significand: (significand << 10n) - 1n, exponent: exponent - 10 };
}

/** R(f(x)) where it is decided without evaluation, otherwise undefined: then x is finite and not 0. */
export function decided(name: ElementaryName, x: number, context: RoundingContext): number | undefined {
  if (Number.isNaN(x)) return nanOf(context);
  const value = name === 'exp' || name === 'log' ? positive(name, x, context) : odd(name, x, context);
  return typeof value === 'object' ? roundDyadic(value, context) : value;
}

function positive(name: 'exp' | 'log', x: number, context: RoundingContext): number | Dyadic | undefined {
  if (name === 'exp') {
    if (x === Number.POSITIVE_INFINITY) return infinityOf(context, false);
    if (x === Number.NEGATIVE_INFINITY) return zeroOf(context, false);
    if (x > 710) return HUGE;
    if (x < -760) return TINY;
    if (x === 0) return roundNumber(1, context);
    return Math.abs(x) < 2 ** -55 ? besideOne(false, x > 0) : undefined;
  }
  if (x < 0) return nanOf(context);
  if (x === 0 || x === Number.POSITIVE_INFINITY) return infinityOf(context, x === 0);
  return x === 1 ? zeroOf(context, false) : undefined;
}

function odd(name: 'tanh' | 'erf' | 'sin' | 'cos', x: number, context: RoundingContext): number | Dyadic | undefined {
  const size = Math.abs(x);
  if (name === 'tanh' || name === 'erf') {
    if (size === Number.POSITIVE_INFINITY) return roundNumber(Math.sign(x), context);
    // 1 − tanh 20 < 2^−56 and 1 − erf 6 < 2^−55.
    if (size >= (name === 'tanh' ? 20 : 6)) return besideOne(x < 0, false);
  } else if (size === Number.POSITIVE_INFINITY) return nanOf(context);
  if (name === 'cos') {
    if (x === 0) return roundNumber(1, context);
    // x²/2 < 2^−57.
    return size < 2 ** -28 ? besideOne(false, false) : undefined;
  }
  if (x === 0) return zeroOf(context, Object.is(x, -0));
  return name !== 'erf' && size < 2 ** -28 ? inside(x) : undefined;
}
