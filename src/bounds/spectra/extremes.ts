/** The largest and the smallest singular value of a matrix too large for all of them. */
import type { Matrix } from '../inputs.ts';
import { frobenius } from '../matrices.ts';
import { triangularFactor } from './householder.ts';
import { largestEigenvalue, type Operator } from './lanczos.ts';

export interface ExtremeSingularValues {
  readonly largest: number;
  /** The min(rows, columns)-th: 0 where the rank is not full. */
  readonly smallest: number;
}

/** A Gram matrix is used where it knows σ_min² to this, and so σ_min to half of it. */
const GRAM_ACCURACY = 2 ** -19;

/**
 * σ_max and σ_min. Both eigenvalues of the Gram matrix are found by the Lanczos process, the smallest through the inverse.
 *
 * Accuracy, relative: σ_max 2^−31, σ_min 2^−20. Forming the Gram matrix and factorising it is off by at most
 * e = (rows + columns + 2)·2^−53‖A‖_F² (inner products, and Higham, theorem 10.3, both of trace ‖A‖_F²); where e is more than
 * 2^−19 of σ_min², the triangular factor of A itself is taken instead, and σ_min has its accuracy.
 * @param gram the smaller Gram matrix AAᵀ or AᵀA, summed in float64; only its lower triangle is read
 */
export function extremeSingularValues(a: Matrix, gram: Matrix): ExtremeSingularValues {
  const norm = frobenius(a.data);
  if (norm === 0) return { largest: 0, smallest: 0 };
  if (!Number.isFinite(norm)) return { largest: Number.NaN, smallest: Number.NaN };
  const error = (a.rows + a.columns + 2) * 2 ** -53 * norm ** 2;
  const factor = cholesky(gram);
  if (factor !== undefined) {
    const smallest = 1 / largestEigenvalue(gram.rows, inverse(factor));
    if (error <= GRAM_ACCURACY * smallest) {
      return { largest: largestOfFactor(factor), smallest: Math.sqrt(smallest) };
    }
  }
  const exact = triangularFactor({ ...a, data: a.data.map((x) => x / norm) });
  return { largest: norm * largestOfFactor(exact), smallest: norm * smallestOfFactor(exact) };
}

/** σ_max of a lower triangular matrix. */
function largestOfFactor(factor: Matrix): number {
  return Math.sqrt(largestEigenvalue(factor.rows, product(factor)));
}

function smallestOfFactor(factor: Matrix): number {
  const n = factor.rows;
  for (let i = 0; i < n; i++) if (factor.data[i * n + i] === 0) return 0;
  const largest = largestEigenvalue(n, inverse(factor));
  return Number.isFinite(largest) ? 1 / Math.sqrt(largest) : 0;
}

/** L of G = LLᵀ, by rows; undefined where a pivot is not positive. */
function cholesky(gram: Matrix): Matrix | undefined {
  const n = gram.rows;
  const data = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const row = data.subarray(i * n, i * n + i + 1);
    for (let j = 0; j <= i; j++) {
      const other = data.subarray(j * n, j * n + j + 1);
      let sum = gram.data[i * n + j];
      for (let k = 0; k < j; k++) sum -= row[k] * other[k];
      if (j < i) row[j] = sum / other[j];
      else if (sum > 0) row[i] = Math.sqrt(sum);
      else return undefined;
    }
  }
  return { rows: n, columns: n, data };
}

/** x ↦ LLᵀx. */
function product({ rows: n, data }: Matrix): Operator {
  return (x, y) => {
    const z = new Float64Array(n);
    for (let i = 0; i < n; i++) addRow(z, data, i * n, i + 1, x[i]);
    for (let i = 0; i < n; i++) y[i] = rowProduct(data, i * n, i + 1, z);
  };
}

/** x ↦ (LLᵀ)⁻¹x. */
function inverse({ rows: n, data }: Matrix): Operator {
  return (x, y) => {
    for (let i = 0; i < n; i++) y[i] = (x[i] - rowProduct(data, i * n, i, y)) / data[i * n + i];
    for (let i = n - 1; i >= 0; i--) {
      y[i] /= data[i * n + i];
      addRow(y, data, i * n, i, -y[i]);
    }
  };
}

function rowProduct(data: Float64Array, start: number, length: number, x: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < length; k++) sum += data[start + k] * x[k];
  return sum;
}

function addRow(y: Float64Array, data: Float64Array, start: number, length: number, factor: number): void {
  for (let k = 0; k < length; k++) y[k] += factor * data[start + k];
}
