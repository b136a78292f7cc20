/** The derivatives of one operation on entries, as magnitudes: theory/interpreters.md, F2. */
import { float64Functions } from '../../softfloat/float64.ts';

const { exp } = float64Functions;

/** |∂f/∂x|·r + |∂f/∂y|·s at (x, y), f = `value` there. */
export type BinaryDerivative = (x: number, r: number, y: number, s: number, value: number) => number;
/** |f′(x)|·r, f = `value` at x. */
export type UnaryDerivative = (r: number, x: number, value: number) => number;

const TWO_OVER_ROOT_PI = 1.1283791670955126;

/** 0 where there is no radius, whatever the factor is. */
const times = (factor: number, radius: number): number => (radius === 0 ? 0 : factor * radius);

export const sumDerivative: BinaryDerivative = (_x, r, _y, s) => r + s;
export const productDerivative: BinaryDerivative = (x, r, y, s) => times(Math.abs(x), s) + times(Math.abs(y), r);
export const quotientDerivative: BinaryDerivative = (_x, r, y, s, value) =>
  r === 0 && s === 0 ? 0 : (r + times(Math.abs(value), s)) / Math.abs(y);

export const unaryDerivatives: Readonly<Record<'sqrt' | 'exp' | 'tanh' | 'erf', UnaryDerivative>> = {
  // At 0 there is no derivative; √r is what a change by r becomes.
  sqrt: (r, _x, value) => (r === 0 ? 0 : value === 0 ? Math.sqrt(r) : r / (2 * value)),
  exp: (r, _x, value) => times(value, r),
  tanh: (r, _x, value) => times((1 - value) * (1 + value), r),
  erf: (r, x) => times(TWO_OVER_ROOT_PI * exp(-x * x), r),
};
