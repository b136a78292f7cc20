/** The norms' condition numbers as formulas, of one entry or one row; condition.ts states what they bound. */
import { type Row, rowOf } from './row.ts';

/** What K_i of LayerNorm is at most, and nearly is where c is small: x = |x_i|, m the mean of |x|, c = |x_i − mean|, p the mean of |x − mean||x|, v the variance. */
export function lnComponentCondition(at: {
  readonly x: number;
  readonly m: number;
  readonly c: number;
  readonly p: number;
  readonly v: number;
  readonly epsilon: number;
}): number {
  return (at.x + at.m) / at.c + at.p / (at.v + at.epsilon);
}

/** ‖J‖₂‖x‖₂/‖z‖₂ of LayerNorm: q the mean of x², v the variance. */
export function lnNormwiseCondition({ q, v }: { readonly q: number; readonly v: number }): number {
  return Math.sqrt(q) / Math.sqrt(v);
}

/** K_i of RMSNorm: x = |x_i|, others the sum of the other squares, D the number of entries. */
export function rmsComponentCondition(at: {
  readonly x: number;
  readonly others: number;
  readonly D: number;
  readonly epsilon: number;
}): number {
  return (2 * at.others + at.D * at.epsilon) / (at.others + at.x ** 2 + at.D * at.epsilon);
}

/** ρ_LN = v·D·u/ε: below 1, ε hides the rounding error of the variance v. */
export function epsilonCover(at: {
  readonly v: number;
  readonly D: number;
  readonly u: number;
  readonly epsilon: number;
}): number {
  return (at.v * at.D * at.u) / at.epsilon;
}

/** An entry nearer to the mean than this part of the mean of |x| is not known to differ from it. */
export const LEAST_DEVIATION = 2 ** -45;

/** Of one row of a norm's input. */
export interface NormRow {
  /** What ε is added to: the variance (LayerNorm) or the mean square (RMSNorm). */
  readonly v: number;
  /** max_i K_i; infinite where an entry of LayerNorm's is not known to differ from the mean. */
  readonly componentwise: number;
  /** ‖J‖₂‖x‖₂/‖z‖₂, without γ. */
  readonly normwise: number;
  /** Σx². */
  readonly squares: number;
}

/** Condition numbers of a row of D ≥ 1 numbers. */
export function normRow(kind: 'layerNorm' | 'rmsNorm', x: Float64Array, epsilon: number): NormRow {
  const D = x.length;
  const row = rowOf(x);
  const squares = D * row.meanSquare;
  let componentwise = 0;
  if (kind === 'rmsNorm') {
    // Decreasing in |x_i|: the largest of the smallest entry.
    let least = 0;
    for (let i = 1; i < D; i++) if (Math.abs(x[i]) < Math.abs(x[least])) least = i;
    let others = 0;
    for (let i = 0; i < D; i++) if (i !== least) others += x[i] ** 2;
    componentwise = rmsComponentCondition({ x: Math.abs(x[least]), others, D, epsilon });
    // J = (1 − xxᵀ/(D(v + ε)))/√(v + ε): an axis across x, where there is one, is neither stretched nor shrunk.
    const normwise = D > 1 ? 1 : epsilon / (row.meanSquare + epsilon);
    return { v: row.meanSquare, componentwise, normwise, squares };
  }
  const normwise = lnNormwiseCondition({ q: row.meanSquare, v: row.variance });
  return { v: row.variance, componentwise: lnLargestCondition(x, row, epsilon), normwise, squares };
}

/**
 * K_i = Σ_j|δ_ij − 1/D − c_i c_j/(D(v + ε))||x_j|/|c_i| of LayerNorm, from its Jacobian, in D operations; infinite where c_i is 0.
 * @param spread v + ε
 */
function lnEntryCondition(x: Float64Array, centred: Float64Array, spread: number, i: number): number {
  const D = x.length;
  const slope = centred[i] / spread;
  let sum = 0;
  for (let j = 0; j < D; j++) sum += Math.abs((i === j ? D - 1 : -1) - slope * centred[j]) * Math.abs(x[j]);
  return sum / D / Math.abs(centred[i]);
}

/** K_i of every entry of LayerNorm's input, D² operations, while the bound lnCondC takes D. */
export function lnConditions(x: Float64Array, epsilon: number): Float64Array {
  const { centred, variance } = rowOf(x);
  return x.map((_, i) => lnEntryCondition(x, centred, variance + epsilon, i));
}

/** max_i K_i; entries whose bound is no more than it are not looked at. */
function lnLargestCondition(x: Float64Array, { meanAbs: m, centred, variance: v }: Row, epsilon: number): number {
  const D = x.length;
  let p = 0;
  for (let i = 0; i < D; i++) p += Math.abs(centred[i]) * Math.abs(x[i]);
  const at = { x: 0, m, c: 0, p: p / D, v, epsilon };
  const bounds = new Float64Array(D);
  for (let i = 0; i < D; i++) {
    at.x = Math.abs(x[i]);
    at.c = Math.abs(centred[i]);
    // As lnCondC's assumption has it: nearer to the mean, c is not known well enough in float64.
    if (!(at.c > LEAST_DEVIATION * m)) return Number.POSITIVE_INFINITY;
    bounds[i] = lnComponentCondition(at);
  }
  for (let largest = 0; ; ) {
    let i = 0;
    for (let j = 1; j < D; j++) if (bounds[j] > bounds[i]) i = j;
    if (!(bounds[i] > largest)) return largest;
    bounds[i] = 0;
    largest = Math.max(largest, lnEntryCondition(x, centred, v + epsilon, i));
  }
}

/** C_LN = σ/√ε + σ²/ε + 1 of a variance. */
export function normCondition(variance: number, epsilon: number): number {
  return Math.sqrt(variance) / Math.sqrt(epsilon) + variance / epsilon + 1;
}

/** (ε + 2v)/(v + ε)^1.5: ‖J‖₂ of a norm without γ, by the triangle inequality. */
export function normGain(v: number, epsilon: number): number {
  return (epsilon + 2 * v) / ((v + epsilon) * Math.sqrt(v + epsilon));
}
