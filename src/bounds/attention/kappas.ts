/**
 * The condition numbers that the literature on attention logs, of one head, on plain matrices in float64. Spectral norms are
 * those of a full singular value decomposition (ml-matrix), near to the last bits of float64 but not from above. Masked
 * scores are −∞ and masked probabilities 0, as the taps have them; norms leave them out.
 */
import { Matrix as DenseMatrix, SingularValueDecomposition } from 'ml-matrix';
import type { Matrix } from '../inputs.ts';
import { frobenius } from '../matrices.ts';
import { mostEvenSplit, softmaxJacobianNorm } from '../softmax/jacobian.ts';

export type NormName = 'frobenius' | 'spectral';

/** Singular values, the largest first. */
export function singularValues({ rows, columns, data }: Matrix): number[] {
  const dense = new DenseMatrix(rows, columns);
  data.forEach((x, k) => {
    dense.set(Math.floor(k / columns), k % columns, x);
  });
  return new SingularValueDecomposition(dense, {
    computeLeftSingularVectors: false,
    computeRightSingularVectors: false,
    autoTranspose: true,
  }).diagonal;
}

export function normOf(a: Matrix, norm: NormName): number {
  return norm === 'frobenius' ? frobenius(a.data) : singularValues(a)[0];
}

/** Scores with 0 in place of masked entries. */
function unmasked(scores: Matrix): Matrix {
  return { ...scores, data: scores.data.map((x) => (x === Number.NEGATIVE_INFINITY ? 0 : x)) };
}

function row({ columns, data }: Matrix, i: number): Float64Array {
  return data.subarray(i * columns, (i + 1) * columns);
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
  const visible = unmasked(scores);
  let most = 0;
  for (let i = 0; i < scores.rows; i++) {
    const p = row(probabilities, i);
    most = Math.max(most, (softmaxJacobianNorm(p) * frobenius(row(visible, i))) / frobenius(p));
  }
  return most;
}

/** (‖S‖_F/‖P‖_F) max_i ‖J_i‖₂: κ_softmax as Baek's final version has it. */
export function kappaSoftmaxMatrix(scores: Matrix, probabilities: Matrix): number {
  let jacobian = 0;
  for (let i = 0; i < scores.rows; i++) jacobian = Math.max(jacobian, softmaxJacobianNorm(row(probabilities, i)));
  return (frobenius(unmasked(scores).data) / frobenius(probabilities.data)) * jacobian;
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

/** θ(p) = 4 max_S p(S)(1 − p(S)): exact for up to 16 tokens or p_max ≥ ½, from above otherwise. */
export function theta(p: Float64Array): number {
  const { inside, outside } = mostEvenSplit(p);
  return (4 * inside * outside) / (inside + outside) ** 2;
}
