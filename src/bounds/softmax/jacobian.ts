/** Norms of the Jacobian J = diag(p) − ppᵀ of softmax at the probabilities p. */
import { complements } from './probabilities.ts';

/**
 * λ_max(J), to about 2^−45 from above (∞-norm of p = 1: 0). The largest root of Σ p_j²/(p_j − λ) = 1, which lies between the
 * two largest probabilities, by bisection that keeps the upper end.
 */
export function softmaxJacobianNorm(p: Float64Array): number {
  const sorted = Float64Array.from(p).sort().reverse();
  const [first, second = 0] = sorted;
  const tail = complements(sorted)[0];
  // λ ≤ max_i 2p_i(1 − p_i), the ∞-norm, which is exact for two entries and keeps 1 − p where p is near 1.
  let high = Math.min(first, 0.5, 2 * Math.max(first * tail, second * (1 - second)));
  let low = second;
  while (high - low > high * 2 ** -46) {
    const middle = (low + high) / 2;
    let [total, size] = [0, 0];
    for (const x of sorted) {
      const term = x * (x / (x - middle));
      total += term;
      size += Math.abs(term);
    }
    // Certainly beyond the root?
    if (total - size * (p.length + 4) * 2 ** -52 > 1) high = middle;
    else low = middle;
  }
  return high;
}

/** Weights inside and outside of a set S of tokens whose probability is as near to a half as any. */
export interface Split {
  readonly inside: number;
  readonly outside: number;
}

/** Up to this many weights every set is tried. */
const ENUMERATED = 16;

/**
 * The split of nonnegative weights into two sets that maximises inside·outside. Exact for at most 16 weights, and where
 * one is at least as heavy as all others; otherwise two equal halves, which no split exceeds.
 */
export function mostEvenSplit(weights: Float64Array): Split {
  if (weights.length > ENUMERATED) {
    // Far from a half at the top, there is no need to sort.
    let largest = 0;
    let total = 0;
    for (let j = 0; j < weights.length; j++) {
      const weight = weights[j];
      total += weight;
      if (!(weight <= largest)) largest = Math.max(largest, weight);
    }
    if (largest < 0.49 * total) return { inside: total / 2, outside: total / 2 };
  }
  const sorted = Float64Array.from(weights).sort().reverse();
  const rest = sorted.subarray(1).reduce((a, b) => a + b, 0);
  if (sorted[0] >= rest) return { inside: sorted[0], outside: rest };
  const total = sorted[0] + rest;
  if (sorted.length > ENUMERATED) return { inside: total / 2, outside: total / 2 };
  let best: Split = { inside: sorted[0], outside: rest };
  // Sets with the first weight, in the order of a Gray code, each sum afresh from a table of halves.
  const [left, right] = [subsetSums(sorted.subarray(1, 8)), subsetSums(sorted.subarray(8))];
  for (const a of left) {
    for (const b of right) {
      const inside = sorted[0] + a + b;
      if (Math.abs(total / 2 - inside) < Math.abs(total / 2 - best.inside)) best = { inside, outside: total - inside };
    }
  }
  return best;
}

function subsetSums(weights: Float64Array): number[] {
  const sums = [0];
  for (const weight of weights) for (let k = sums.length; k > 0; k--) sums.push(sums[k - 1] + weight);
  return sums;
}
