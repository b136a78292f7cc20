/** What independent random errors of operands become, to first order: theory/local-check.md, L7. */
import { type BinaryDerivative, unaryDerivatives } from '../first-order/elementwise.ts';

/** √(x² + y²). */
export const root = (x: number, y: number): number => Math.sqrt(x * x + y * y);

const quotient: BinaryDerivative = (_x, r, y, s, value) => (r === 0 && s === 0 ? 0 : root(r, value * s) / Math.abs(y));

export const binaryDeviations = {
  add: (_x, r, _y, s) => root(r, s),
  subtract: (_x, r, _y, s) => root(r, s),
  multiply: (x, r, y, s) => root(x * s, y * r),
  divide: quotient,
} satisfies Record<string, BinaryDerivative>;

/** (x, deviation of x, f(x)). */
export const unaryDeviations: Readonly<
  Record<keyof typeof unaryDerivatives, (x: number, r: number, value: number) => number>
> = {
  sqrt: (x, r, value) => unaryDerivatives.sqrt(r, x, value),
  exp: (x, r, value) => unaryDerivatives.exp(r, x, value),
  tanh: (x, r, value) => unaryDerivatives.tanh(r, x, value),
  erf: (x, r, value) => unaryDerivatives.erf(r, x, value),
};
