/** Inner products as the simulator computes them, every rounded result kept, and exactly. */
import { sumInOrder } from '../../../arithmetic/sums.ts';
import { type DD, ddAdd, ddSub, twoProduct } from '../../../softfloat/double-double.ts';
import type { Scalars } from '../../../softfloat/scalars.ts';
import { type Order, parseOrder } from '../../../tensor/index.ts';
import { scalarsOfCase } from '../../arithmetic.ts';
import type { TrialCase } from '../../trial.ts';

export interface Computed {
  readonly value: number;
  /** Every rounded product; with fma, every result of a multiply-add. */
  readonly products: number[];
  /** Every rounded sum of two numbers of the format. */
  readonly sums: number[];
}

/** x·y in the format of these operations, as docs/semantics.md has it. Undefined where something is not finite. */
export function innerProduct(
  scalars: Scalars<number>,
  order: Order,
  { fma, x, y }: { readonly fma: boolean; readonly x: ArrayLike<number>; readonly y: ArrayLike<number> },
): Computed | undefined {
  const [products, sums]: [number[], number[]] = [[], []];
  const kept = (results: number[], r: number): number => {
    results.push(r);
    return r;
  };
  const z = fma ? [] : Array.from(x, (xi, i) => kept(products, scalars.mul(xi, y[i])));
  const terms = fma
    ? {
        start: (k: number) => kept(products, scalars.fma(x[k], y[k], 0)),
        extend: (s: number, k: number) => kept(products, scalars.fma(x[k], y[k], s)),
      }
    : { start: (k: number) => z[k], extend: (s: number, k: number) => kept(sums, scalars.add(s, z[k])) };
  const value = sumInOrder(order, x.length, terms, {
    zero: 0,
    add: (a, b) => kept(sums, scalars.add(a, b)),
    subtract: (a, b) => kept(sums, scalars.sub(a, b)),
    negate: (a) => -a,
  });
  return products.every(Number.isFinite) && sums.every(Number.isFinite) ? { value, products, sums } : undefined;
}

/** The inner product that a case's order and fma flag say. */
export function computed(trial: TrialCase): Computed | undefined {
  const { x, y } = trial.arrays;
  return innerProduct(scalarsOfCase(trial), parseOrder(trial.order), { fma: trial.scalars.fma === 1, x, y });
}

/** x·y within 2^−104·n of |x|·|y|: products are exact, each addition is off by less than 2^−104 of its result. */
export function exactProduct(x: ArrayLike<number>, y: ArrayLike<number>): DD {
  let sum: DD = { hi: 0, lo: 0 };
  for (let i = 0; i < x.length; i++) sum = ddAdd(sum, twoProduct(x[i], y[i]));
  return sum;
}

/** |computed − exact| from below, where the exact number is within 2^−104·n of `scale`. */
export function distance(value: number, exact: DD, n: number, scale: number): number {
  const { hi } = ddSub({ hi: value, lo: 0 }, exact);
  return Math.max(0, Math.abs(hi) * (1 - 2 ** -52) - n * 2 ** -103 * scale);
}

/** |x|·|y|. */
export function absoluteProduct(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += Math.abs(x[i] * y[i]);
  return sum;
}
