/**
 * The slow and obvious implementation of every operation: exact fractions and fixed point, one rounding at the end.
 * It serves every format, mode and option. scalar.ts is its fast twin and is tested against it bit for bit.
 */
import type { AnyContext } from './context.ts';
import { roundNumber } from './dyadic.ts';
import { refined } from './elementary/refine.ts';
import { exactAdd, exactDiv, exactFma, exactMul, exactRsqrt, exactSqrt } from './exact-arithmetic.ts';
import { roundReal } from './round-real.ts';
import type { Scalars } from './scalars.ts';

/** The operations of a context, every one correctly rounded. About 1 µs for an arithmetic operation, 10–50 for others. */
export function exactScalarsOf(context: AnyContext): Scalars<number> {
  return exactScalars(() => context);
}

/** The same where each rounding has a context of its own, asked for once an operation. */
export function exactScalars(next: () => AnyContext): Scalars<number> {
  return Object.freeze({
    zero: 0,
    fromNumber: (x: number) => roundNumber(x, next()),
    toNumber: (x: number) => x,
    fromReal: (x) => roundReal(x, next()),
    isNaN: Number.isNaN,
    compare: (x: number, y: number) => (x < y ? -1 : x > y ? 1 : 0),
    add: (x: number, y: number) => exactAdd(x, y, next()),
    sub: (x: number, y: number) => exactAdd(x, -y, next()),
    mul: (x: number, y: number) => exactMul(x, y, next()),
    div: (x: number, y: number) => exactDiv(x, y, next()),
    fma: (x: number, y: number, z: number) => exactFma(x, y, z, next()),
    sqrt: (x: number) => exactSqrt(x, next()),
    reciprocal: (x: number) => exactDiv(1, x, next()),
    rsqrt: (x: number) => exactRsqrt(x, next()),
    exp: (x: number) => refined('exp', x, next()),
    log: (x: number) => refined('log', x, next()),
    tanh: (x: number) => refined('tanh', x, next()),
    erf: (x: number) => refined('erf', x, next()),
    sin: (x: number) => refined('sin', x, next()),
    cos: (x: number) => refined('cos', x, next()),
  } satisfies Scalars<number>);
}
