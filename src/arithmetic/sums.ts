/** Sums in a declared accumulation order, over any scalars: the definition that every kernel is held against. */
import { type Order, planOf } from '../tensor/order.ts';

/** The terms t_0 … t_{n−1} of a sum, and how they are rounded into `accumulate`. */
export interface Terms<S> {
  /** R(t_k): a term that starts a chain. */
  start(k: number): S;
  /** R(s + t_k). */
  extend(s: S, k: number): S;
}

export interface PartialSums<S> {
  readonly zero: S;
  add(a: S, b: S): S;
  subtract(a: S, b: S): S;
  negate(a: S): S;
}

/** The sum of n ≥ 1 terms. */
export function sumInOrder<S>(order: Order, n: number, terms: Terms<S>, partial: PartialSums<S>): S {
  if (order.kind === 'kahan') return kahan(n, terms, partial);
  const { chains, combine } = planOf(order, n);
  const sums = chains.map(({ first, step, count }) => {
    let s = terms.start(first);
    for (let k = 1; k < count; k++) s = terms.extend(s, first + k * step);
    return s;
  });
  return combine === 'pairwise' ? pairwise(sums, 0, sums.length, partial) : sums.reduce((s, t) => partial.add(s, t));
}

/** left + right, left the first 2^(⌈log2 n⌉−1) of the n sums. */
function pairwise<S>(sums: readonly S[], from: number, n: number, partial: PartialSums<S>): S {
  if (n === 1) return sums[from];
  const left = 2 ** (31 - Math.clz32(n - 1));
  return partial.add(pairwise(sums, from, left, partial), pairwise(sums, from + left, n - left, partial));
}

function kahan<S>(n: number, terms: Terms<S>, partial: PartialSums<S>): S {
  let s = terms.start(0);
  let c = partial.zero;
  for (let k = 1; k < n; k++) {
    // t − c as −c + t, which rounds alike, signed zeros included.
    const y = terms.extend(partial.negate(c), k);
    const z = partial.add(s, y);
    c = partial.subtract(partial.subtract(z, s), y);
    s = z;
  }
  return s;
}
