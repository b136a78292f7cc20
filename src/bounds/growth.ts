/** How rounding errors grow in sums and inner products of one format: lemmas D1 and D2 of theory/dot.md as numbers. */
import type { Order } from '../tensor/order.ts';
import { depthOf } from './dot/depth.ts';
import { type ArithmeticInputs, unitRoundoff } from './unit-roundoff.ts';

/** −ln(1 − u): a product of k factors 1 + δ, |δ| ≤ u, is e^x with |x| at most k times this. */
export function logRoundoff(u: number): number {
  return -Math.log1p(-u);
}

/** |fl(x·y) − x·y| ≤ (e^growth − 1)|x|·|y| + underflow. */
export interface InnerProductError {
  readonly growth: number;
  readonly underflow: number;
}

/**
 * Of an inner product of length n in any order but `kahan`: to nearest the smaller of nu (D2, any n) and
 * (1 + u)^h − 1 (D1), else that.
 */
export function innerProductError(n: number, order: Order, arithmetic: ArithmeticInputs): InnerProductError {
  const { u, eta, etaSum, nearest } = unitRoundoff(arithmetic);
  const byDepth = depthOf(order, n).roundings * Math.log1p(u);
  const growth = nearest ? Math.min(byDepth, Math.log1p(n * u)) : byDepth;
  return { growth, underflow: Math.exp(growth) * (n * eta + (n - 1) * etaSum) };
}

/** A number that no computed partial sum of n ≥ 1 nonnegative numbers of the sum `total` exceeds. */
export function computedSumFromAbove(total: number, n: number, order: Order, arithmetic: ArithmeticInputs): number {
  const { u, nearest } = unitRoundoff(arithmetic);
  const growth = Math.exp(depthOf(order, n).additions * Math.log1p(u));
  return total * (nearest ? Math.min(growth, 1 + (n - 1) * u) : growth);
}
