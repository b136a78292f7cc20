/** One interface for every arithmetic: low precision in scalar.ts and exact.ts, double-double in double-double.ts. */
import type { Real } from './real-number.ts';

/** One number system's operations on scalars of type S, each with one rounding. */
export interface Scalars<S> {
  readonly zero: S;
  /** R(x). */
  fromNumber(x: number): S;
  /** The nearest float64. */
  toNumber(x: S): number;
  /** R of an exact real. */
  fromReal(x: Real): S;
  isNaN(x: S): boolean;
  /** Negative, 0 or positive as x is below, equal to or above y; neither is NaN. */
  compare(x: S, y: S): number;
  add(x: S, y: S): S;
  sub(x: S, y: S): S;
  mul(x: S, y: S): S;
  div(x: S, y: S): S;
  /** R(x·y + z), one rounding. */
  fma(x: S, y: S, z: S): S;
  sqrt(x: S): S;
  /** R(1/x): `div(1, x)`, 1/±0 = ±∞. */
  reciprocal(x: S): S;
  /** R(1/√x), one rounding; 1/√±0 = ±∞, 1/√∞ = +0, NaN below zero. */
  rsqrt(x: S): S;
  exp(x: S): S;
  log(x: S): S;
  tanh(x: S): S;
  erf(x: S): S;
  sin(x: S): S;
  cos(x: S): S;
}

/** The functions of one argument that are not algebraic. */
export type ElementaryName = 'exp' | 'log' | 'tanh' | 'erf' | 'sin' | 'cos';

export const elementaryNames: readonly ElementaryName[] = Object.freeze(['exp', 'log', 'tanh', 'erf', 'sin', 'cos']);

/** Those and the algebraic ones that a program writes as one function. */
export type UnaryName = ElementaryName | 'reciprocal' | 'rsqrt';

export const unaryNames: readonly UnaryName[] = Object.freeze([...elementaryNames, 'reciprocal', 'rsqrt'] as const);
