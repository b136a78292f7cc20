/** What the bounds of inner products in one format share: inputs, symbols and assumptions. */
import { InputError } from '../../formats/index.ts';
import type { CheckedAssumption } from '../define.ts';
import { arithmetic, vector } from '../inputs.ts';
import { isOperand } from '../operands.ts';
import { type ArithmeticInputs, unitRoundoff } from '../unit-roundoff.ts';

export const dotInputs = {
  x: vector('one factor, n numbers of the format'),
  y: vector('the other factor, n numbers of the format'),
  ...arithmetic,
};

export interface DotInputs extends ArithmeticInputs {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

export const dotTexts = {
  n: 'number of terms',
  u: 'unit roundoff',
  X: '|x|·|y|',
  A: 'what underflow can add to the terms: η for each product, and η for each sum where tiny sums are flushed',
} as const;

export const nearestText = '1 if a sum is off by no more than either of its terms (binary format, to nearest), else 0';

/** Σ|x_i||y_i|. */
export function absoluteProduct(x: Float64Array, y: Float64Array): number {
  return x.reduce((sum, xi, i) => sum + Math.abs(xi * y[i]), 0);
}

export function dotScope(inputs: DotInputs): { n: number; u: number; X: number; A: number } {
  const { x, y } = inputs;
  const n = x.length;
  if (y.length !== n) throw new InputError(`y: expected ${n} numbers as in x, got ${y.length}`);
  const { u, eta, etaSum } = unitRoundoff(inputs);
  return { n, u, X: absoluteProduct(x, y), A: n * eta + (n - 1) * etaSum };
}

/** 1 + δ of `roundings` roundings, one after the other, less 1. */
export function grown(roundings: number, u: number): number {
  return Math.expm1(roundings * Math.log1p(u));
}

/** g of the lemma on any order: n·u to nearest, (1 + u)^n − 1 otherwise. */
export function growthOfAnyOrder(n: number, u: number, nearest: number | boolean): number {
  return nearest ? n * u : grown(n, u);
}
/** The same as a formula. */
export const GROWTH_OF_ANY_ORDER = '(nearest ? n * u : expm1(n * log1p(u)))';

export const representable = {
  id: 'representable',
  text: 'x and y hold numbers of the format, none of them subnormal where subnormals are flushed',
  violated({ x, y, format, subnormals }: DotInputs): string | undefined {
    const other = [x, y].map((v) => v.find((e) => !isOperand(e, format, subnormals))).find((e) => e !== undefined);
    return other === undefined ? undefined : `${other} is no such number of ${format.name}`;
  },
};

/** No result can be beyond the largest number, because `most` says that none is above it. */
export function inRange<Symbol extends string>(
  most: (scope: Readonly<Record<Symbol, number>>) => number,
): CheckedAssumption<DotInputs, Symbol> {
  return {
    id: 'range',
    text: 'no product and no partial sum can overflow',
    violated({ format }, scope) {
      const reached = most(scope as Readonly<Record<Symbol, number>>);
      return reached <= format.largest
        ? undefined
        : `one may reach ${reached}, the largest number is ${format.largest}`;
    },
  };
}
