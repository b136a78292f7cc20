/**
 * The slow and obvious implementation of every operation: exact fractions and fixed point, one rounding at the end.
 * It serves every format, mode and option. scalar.ts is its fast twin and is tested against it bit for bit.
 */
import type { RoundingContext } from './context.ts';
import { roundNumber } from './dyadic.ts';
import { refined } from './elementary/refine.ts';
import { exactAdd, exactDiv, exactFma, exactMul, exactRsqrt, exactSqrt } from './exact-arithmetic.ts';
import { roundReal } from './round-real.ts';
import type { Scalars } from './scalars.ts';

/** The operations of a context, every one correctly rounded. About 1 µs for an arithmetic operation, 10–50 for others. */
export function exactScalarsOf(context: RoundingContext): Scalars<number> {
  return Object.freeze({
    zero: 0,
    fromNumber: (x: number) => roundNumber(x, context),
    toNumber: (x: number) => x,
    fromReal: (x) => roundReal(x, context),
    isNaN: Number.isNaN,
    compare: (x: number, y: number) => (x < y ? -1 : x > y ? 1 : 0),
    add: (x: number, y: number) => exactAdd(x, y, context),
    sub: (x: number, y: number) => exactAdd(x, -y, context),
    mul: (x: number, y: number) => exactMul(x, y, context),
    div: (x: number, y: number) => exactDiv(x, y, context),
    fma: (x: number, y: number, z: number) => exactFma(x, y, z, context),
    sqrt: (x: number) => exactSqrt(x, context),
    reciprocal: (x: number) => exactDiv(1, x, context),
    rsqrt: (x: number) => exactRsqrt(x, context),
    exp: (x: number) => refined('exp', x, context),
    log: (x: number) => refined('log', x, context),
    tanh: (x: number) => refined('tanh', x, context),
    erf: (x: number) => refined('erf', x, context),
    sin: (x: number) => refined('sin', x, context),
    cos: (x: number) => refined('cos', x, context),
  } satisfies Scalars<number>);
}
