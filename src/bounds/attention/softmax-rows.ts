/**
 * What the rows of a softmax say of its sensitivity. A row is its visible entries: scores and probabilities, equally long;
 * entries that are masked all the same (a score of −∞) count as 0 in every norm.
 */
import { frobenius } from '../matrices.ts';
import { mostEvenSplit, softmaxJacobianNorm } from '../softmax/jacobian.ts';

export interface SoftmaxRow {
  readonly scores: Float64Array;
  readonly probabilities: Float64Array;
}

export interface SoftmaxCondition {
  /** max_i ‖J_i‖₂, J_i = diag(p_i) − p_i p_iᵀ. */
  readonly jacobian: number;
  /** max_i ‖J_i‖₂‖S_i‖₂/‖P_i‖₂. */
  readonly rowForm: number;
  /** ‖S‖_F and ‖P‖_F. */
  readonly normScores: number;
  readonly normProbabilities: number;
}

/** Of one row. */
interface Scan {
  /** The two largest probabilities, and the sum of all but the first. */
  readonly first: number;
  readonly second: number;
  readonly tail: number;
  /** E_p[gap], gap_j = max s − s_j. */
  readonly meanGap: number;
}

/** Of one row, in pure numbers; the entropy in nats. */
export interface RowMeasures {
  readonly entropy: number;
  readonly largest: number;
  readonly theta: number;
}

/** The Jacobian's norm of most rows is bounded from above alone: that none of them is the largest is then known. */
export function softmaxCondition(rows: readonly SoftmaxRow[]): SoftmaxCondition {
  return conditionOf(rows, rows.map(scan));
}

/**
 * The condition of all rows and the measures of each, which are looked through once for both.
 * @param log as for rowMeasures
 */
export function softmaxMeasures(
  rows: readonly SoftmaxRow[],
  log: (x: number) => number,
): { readonly condition: SoftmaxCondition; readonly rows: readonly RowMeasures[] } {
  const scans = rows.map(scan);
  return { condition: conditionOf(rows, scans), rows: rows.map((row, i) => measuresOf(row, scans[i], log)) };
}

function conditionOf(rows: readonly SoftmaxRow[], scans: readonly Scan[]): SoftmaxCondition {
  const candidates = rows.map(({ scores, probabilities }, i) => {
    const [score, probability] = [frobenius(visible(scores)), frobenius(probabilities)];
    return { probabilities, score, probability, most: fromAbove(scans[i]) };
  });
  const weighted = candidates.map((row) => (row.probability === 0 ? 0 : row.score / row.probability));
  return {
    jacobian: largestOf(
      candidates,
      candidates.map(() => 1),
    ),
    rowForm: largestOf(candidates, weighted),
    normScores: frobenius(candidates.map(({ score }) => score)),
    normProbabilities: frobenius(candidates.map(({ probability }) => probability)),
  };
}

/** max_i weight_i·‖J_i‖₂; rows whose bound is no more than what was found are not looked at. NaN where one is. */
function largestOf(
  rows: readonly { readonly probabilities: Float64Array; readonly most: number }[],
  weights: readonly number[],
): number {
  const bounds = Float64Array.from(rows, ({ most }, i) => most * weights[i]);
  if (bounds.some(Number.isNaN)) return Number.NaN;
  const order = Array.from(rows.keys()).sort((i, j) => bounds[j] - bounds[i]);
  let largest = 0;
  for (const i of order) {
    if (bounds[i] <= largest) break;
    largest = Math.max(largest, weights[i] * softmaxJacobianNorm(rows[i].probabilities));
  }
  return largest;
}

/** λ_max(J) ≤ min(p₍₁₎, 2 max_j p_j(1 − p_j)), the latter the ∞-norm; a little more for the rounding here. */
function fromAbove({ first, second, tail }: Scan): number {
  return Math.min(first, 2 * Math.max(first * tail, second * (1 - second))) * (1 + 2 ** -40);
}

/**
 * H = E_p[gap] − ln p₍₁₎, sums of numbers that are not negative; p₍₁₎; θ(p).
 * @param log the natural logarithm, the same on every machine
 */
export function rowMeasures(row: SoftmaxRow, log: (x: number) => number): RowMeasures {
  return measuresOf(row, scan(row), log);
}

function measuresOf({ probabilities }: SoftmaxRow, row: Scan, log: (x: number) => number): RowMeasures {
  const { first, tail, meanGap } = row;
  const logFirst = first > 0.5 ? logOfRest(tail, log) : log(first);
  return { entropy: Math.max(0, meanGap - logFirst), largest: first, theta: thetaOf(probabilities, row) };
}

/** ln(1 − t), t < ½, to a few roundings: what 1 − t is off by, the factor takes out again (Kahan). */
function logOfRest(t: number, log: (x: number) => number): number {
  const rest = 1 - t;
  return rest === 1 ? -t : (log(rest) * t) / (1 - rest);
}

/** θ(p) = 4 max_S p(S)(1 − p(S)): exact for up to 16 tokens or p_max ≥ ½, from above otherwise. */
export function theta(p: Float64Array): number {
  return thetaOf(p, scan({ scores: p, probabilities: p }));
}

function thetaOf(p: Float64Array, { first, tail }: Scan): number {
  if (first >= tail) return share(first, tail);
  const { inside, outside } = mostEvenSplit(p);
  return share(inside, outside);
}

function share(inside: number, outside: number): number {
  return (4 * inside * outside) / (inside + outside) ** 2;
}

function scan({ scores, probabilities: p }: SoftmaxRow): Scan {
  let top = Number.NEGATIVE_INFINITY;
  let first = p.length === 0 ? 0 : p[0];
  let at = 0;
  for (let j = 0; j < p.length; j++) {
    if (scores[j] > top) top = scores[j];
    if (p[j] > first) {
      first = p[j];
      at = j;
    }
  }
  let second = 0;
  let tail = 0;
  let meanGap = 0;
  for (let j = 0; j < p.length; j++) {
    const x = p[j];
    if (j !== at) {
      tail += x;
      if (x > second) second = x;
    }
    if (x > 0) meanGap += x * (top - scores[j]);
  }
  return { first, second, tail, meanGap };
}

/** 0 in place of masked entries. */
function visible(scores: Float64Array): Float64Array {
  return scores.includes(Number.NEGATIVE_INFINITY)
    ? scores.map((x) => (x === Number.NEGATIVE_INFINITY ? 0 : x))
    : scores;
}
