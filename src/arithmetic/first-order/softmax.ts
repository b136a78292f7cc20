/** Softmax to first order: theory/interpreters.md, F3. */

import { float64Functions } from '../../softfloat/float64.ts';

/** What rounds in a row. */
export interface SoftmaxRounding {
  /** u and η of the results, and η of a difference of two logits. */
  readonly u: number;
  readonly eta: number;
  readonly etaDifference: number;
  /** Relative error of exp. */
  readonly exp: number;
  readonly shifted: boolean;
  /** Relative error of the sum, and what underflow adds to it. */
  readonly sum: number;
  readonly sumUnderflow: number;
}

export interface SoftmaxRow {
  /** Entries start … end − 1 are the visible ones. */
  readonly start: number;
  readonly end: number;
  readonly logits: ArrayLike<number>;
  readonly radii: ArrayLike<number>;
  readonly probabilities: ArrayLike<number>;
}

/** Writes p_j((1 − p_j)w_j + Σ_{k≠j} p_k w_k + sum + u) and what underflow adds. */
export function softmaxBounds(
  { start, end, logits, radii, probabilities: p }: SoftmaxRow,
  rounding: SoftmaxRounding,
  bound: Float64Array,
): void {
  const { u, eta, etaDifference, exp, shifted } = rounding;
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = start; i < end; i++) largest = Math.max(largest, logits[i]);
  const w = new Float64Array(end - start);
  let weighted = 0;
  let total = 0;
  for (let k = 0; k < w.length; k++) {
    const gap = largest - logits[start + k];
    w[k] = radii[start + k] + exp + (shifted ? u * gap + etaDifference : 0);
    weighted += p[start + k] * w[k];
    total += float64Functions.exp(-gap);
  }
  // The sum of the exponentials that the policy forms: at least 1 where it shifts.
  const sum = shifted ? total : total * float64Functions.exp(largest);
  const lost = (w.length * eta + rounding.sumUnderflow) / sum;
  for (let k = 0; k < w.length; k++) {
    const i = start + k;
    const rest = Math.max(0, 1 - p[i]);
    const others = Math.max(0, weighted - p[i] * w[k]);
    bound[i] = p[i] * (rest * w[k] + others + rounding.sum + u + lost) + eta / sum + eta;
  }
}
