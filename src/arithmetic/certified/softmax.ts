/** The exact range of a softmax whose logits lie in balls: theory/interpreters.md, I6. */
import { float64Functions } from '../../softfloat/float64.ts';
import { above, addUp, below, distanceUp, divUp, mulUp } from '../errors/upward.ts';
import { expm1Up } from './elementwise.ts';

const { exp } = float64Functions;

export interface SoftmaxRow {
  /** Entries start … end − 1 of these are the row's visible ones. */
  readonly start: number;
  readonly end: number;
  readonly logits: ArrayLike<number>;
  readonly radii: Float64Array;
  /** The computed probabilities. */
  readonly computed: ArrayLike<number>;
  /** The softmax of the logits by the float64 interpreter, shifted. */
  readonly float64: ArrayLike<number>;
}

/** 1 − e^(−t), from above: t − t²/2 + t³/6 up to 1. */
function oneMinusExpUp(t: number): number {
  if (t > 1) return Math.min(1, above(1 - below(exp(-t))));
  return Math.min(1, above(t * (1 - t * (0.5 - t / 6)) * (1 + 2 ** -50)));
}

/** For each entry of `values` the sum of the others, from above. */
function sumsOfOthers(values: Float64Array): Float64Array {
  const others = new Float64Array(values.length);
  let [before, after] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    others[i] = before;
    before = addUp(before, values[i]);
  }
  for (let i = values.length - 1; i >= 0; i--) {
    others[i] = addUp(others[i], after);
    after = addUp(after, values[i]);
  }
  return others;
}

/**
 * Writes to `radius` what |computed p̂_j − p_j| can be: the measured distance of p̂ from the softmax of the logits read,
 * and from there to the ends of p_j's range, which it reaches where its own logit and all others go opposite ways.
 */
export function softmaxRadii({ start, end, logits, radii, computed, float64 }: SoftmaxRow, radius: Float64Array): void {
  const n = end - start;
  let largest = Number.NEGATIVE_INFINITY;
  let widest = 0;
  for (let i = start; i < end; i++) {
    largest = Math.max(largest, logits[i]);
    widest = Math.max(widest, radii[i]);
  }
  /** p from above, its distance from the float64 one, p·(e^r − 1) and p·(1 − e^−r). */
  const [p, off, grown, shrunk] = Array.from({ length: 4 }, () => new Float64Array(n));
  for (let k = 0; k < n; k++) {
    const i = start + k;
    const gap = largest - logits[i];
    // softmaxShiftedC in float64: |ln(p₆₄/p)| ≤ (1.4n + 2 + gap)u, doubled; where p₆₄ underflows, p < 2^−1060.
    const relative = float64[i] === 0 ? 0 : 2 ** -52 * (n + 4 + gap);
    off[k] = above(above(float64[i] * relative) + 2 ** -1060);
    p[k] = addUp(float64[i], off[k]);
    grown[k] = mulUp(p[k], expm1Up(radii[i]));
    shrunk[k] = mulUp(p[k], oneMinusExpUp(radii[i]));
  }
  const [rest, othersGrown, othersShrunk] = [p, grown, shrunk].map(sumsOfOthers);
  const narrowest = below(exp(-widest));
  for (let k = 0; k < n; k++) {
    const i = start + k;
    const r = radii[i];
    const least = below(Math.max(0, float64[i] - off[k]));
    // Both quotients grow with all of E, N, n and M, so that these may be from above below the line, too.
    const [grow, shrink] = [expm1Up(r), oneMinusExpUp(r)];
    const up = divUp(
      addUp(mulUp(rest[k], grow), othersShrunk[k]),
      Math.max(below(below(1 + below(least * grow)) - othersShrunk[k]), narrowest),
    );
    const down = divUp(
      addUp(mulUp(rest[k], shrink), othersGrown[k]),
      below(below(1 - shrunk[k]) + below(othersGrown[k])),
    );
    const local = addUp(distanceUp(computed[i], float64[i]), off[k]);
    // A probability lies between 0 and 1, whatever the logits are.
    const cap = above(Math.max(Math.abs(computed[i]), Math.abs(1 - computed[i])));
    const total = addUp(local, mulUp(p[k], Math.max(up, down)));
    radius[i] = total <= cap ? total : cap;
  }
}
