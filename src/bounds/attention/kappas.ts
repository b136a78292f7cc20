/**
 * The condition numbers that the literature on attention logs, of one head, on plain matrices in float64. Spectral norms are
 * those of spectralNormOfRows, near to the last bits of float64 but not from above. Masked
 * scores are −∞ and masked probabilities 0, as the taps have them; norms leave them out.
 */
import type { Matrix } from '../inputs.ts';
import { frobenius } from '../matrices.ts';
import { singularValues, spectralNormOfRows } from '../spectra/singular-values.ts';
import { type SoftmaxRow, softmaxCondition } from './softmax-rows.ts';

export type NormName = 'frobenius' | 'spectral';

/** Scores with 0 in place of masked entries. */
function unmasked(scores: Matrix): Matrix {
  return { ...scores, data: scores.data.map((x) => (x === Number.NEGATIVE_INFINITY ? 0 : x)) };
}

function rowsOf({ rows, columns, data }: Matrix): Float64Array[] {
  return Array.from({ length: rows }, (_, i) => data.subarray(i * columns, (i + 1) * columns));
}

export function normOf(a: Matrix, norm: NormName): number {
  return norm === 'frobenius' ? frobenius(a.data) : spectralNormOfRows(rowsOf(a));
}

function softmaxRows(scores: Matrix, probabilities: Matrix): SoftmaxRow[] {
  const p = rowsOf(probabilities);
  return rowsOf(scores).map((row, i) => ({ scores: row, probabilities: p[i] }));
}

/**
 * κ_score = ‖Q‖‖K‖/(√d‖S‖), Q [queries, d], K [keys, d], S [queries, keys]. At least 1 in the Frobenius norm (Cauchy and
 * Schwarz); in the spectral norm it can be below 1 where entries are masked. Infinite at S = 0.
 */
export function kappaScore(query: Matrix, key: Matrix, scores: Matrix, norm: NormName = 'frobenius'): number {
  const product = normOf(query, norm) * normOf(key, norm);
  return product / (Math.sqrt(query.columns) * normOf(unmasked(scores), norm));
}

/** max_i ‖J_i‖₂‖S_i‖₂/‖P_i‖₂ over the rows i: κ_softmax as Baek's first version has it. */
export function kappaSoftmaxRows(scores: Matrix, probabilities: Matrix): number {
  return softmaxCondition(softmaxRows(scores, probabilities)).rowForm;
}

/** (‖S‖_F/‖P‖_F) max_i ‖J_i‖₂: κ_softmax as Baek's final version has it. */
export function kappaSoftmaxMatrix(scores: Matrix, probabilities: Matrix): number {
  const { normScores, normProbabilities, jacobian } = softmaxCondition(softmaxRows(scores, probabilities));
  return (normScores / normProbabilities) * jacobian;
}

/** σ_max/(σ_min + ridge): κ(V), and with ridge 10^−6 the terms of κ_eff. Infinite for a singular matrix without ridge. */
export function conditionNumber(a: Matrix, ridge = 0): number {
  const sigma = singularValues(a);
  return sigma[0] / (sigma[sigma.length - 1] + ridge);
}

/** κ_val = ‖P‖_F‖V‖₂/‖O‖_F ≥ 1, O = P·V. Infinite at O = 0. */
export function kappaValue(probabilities: Matrix, value: Matrix, output: Matrix): number {
  return (frobenius(probabilities.data) * normOf(value, 'spectral')) / frobenius(output.data);
}
