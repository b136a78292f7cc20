/** How many roundings a term of a sum can pass, by order. */
import type { Order } from '../../tensor/order.ts';

/** The longest path from a term to the sum. */
export interface Depth {
  /** Roundings of sums on it. */
  readonly additions: number;
  /** The same with the rounding of the product; where products are added with one rounding (fma), no more than that. */
  readonly roundings: number;
}

const ceilLog2 = (n: number): number => (n <= 1 ? 0 : 32 - Math.clz32(n - 1));

/**
 * The depth of a sum of 1 ≤ n < 2^31 terms; `unknown` is the worst of all orders. To first order the error is at most
 * depth·u·Σ|terms|; see theory/dot.md for what holds exactly. Kahan's sum has no such depth: its constant to first order
 * stands in for one.
 */
export function depthOf(order: Order | 'unknown', n: number): Depth {
  const additions = additionsOf(order, n);
  return { additions, roundings: additions + 1 };
}

function additionsOf(order: Order | 'unknown', n: number): number {
  if (order === 'unknown') return Math.max(n - 1, kahanAdditions(n));
  switch (order.kind) {
    case 'sequential':
    case 'reversed':
      return n - 1;
    case 'pairwise':
      return ceilLog2(n);
    case 'blocked':
      return consecutive(n, order.block);
    case 'splitk':
      return consecutive(n, Math.ceil(n / order.chunks));
    case 'lanes':
      return Math.ceil(n / order.lanes) - 1 + ceilLog2(Math.min(order.lanes, n));
    case 'kahan':
      return kahanAdditions(n);
  }
}

/** The constant 3 of its error to first order; there is no compensation yet in a sum of two terms. */
const kahanAdditions = (n: number): number => (n <= 2 ? n - 1 : 3);

/** Chains of `length` terms, whose sums are added one after the other. */
function consecutive(n: number, length: number): number {
  return Math.min(length, n) - 1 + Math.ceil(n / length) - 1;
}
