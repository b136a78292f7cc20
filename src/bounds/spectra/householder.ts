/** The triangular factor of A = QR by Householder reflections. */
import type { Matrix } from '../inputs.ts';
import { transposed } from '../matrices.ts';
import { addMultiple, innerProduct } from './vectors.ts';

/**
 * L = Rᵀ, lower triangular, of A = QR or, where A has more columns than rows, of Aᵀ = QR; so LLᵀ is the smaller Gram matrix
 * of A, which is never formed. L has the singular values of A, the small ones too: each is off by at most about
 * √n·mn·2^−53‖A‖_F for m × n (Higham, Accuracy and Stability of Numerical Algorithms, theorem 19.4).
 */
export function triangularFactor(a: Matrix): Matrix {
  // The columns of the tall matrix, one after the other.
  const columns = a.rows >= a.columns ? transposed(a).data : Float64Array.from(a.data);
  const [m, n] = [Math.max(a.rows, a.columns), Math.min(a.rows, a.columns)];
  for (let j = 0; j < n; j++) {
    reflect(columns, j, m, n);
  }
  const data = new Float64Array(n * n);
  for (let j = 0; j < n; j++) data.set(columns.subarray(j * m, j * m + j + 1), j * n);
  return { rows: n, columns: n, data };
}

/** Reflects column j, from its diagonal down, onto the first axis, and the later columns with it. */
function reflect(columns: Float64Array, j: number, m: number, n: number): void {
  const start = j * m + j;
  const length = m - j;
  let largest = 0;
  for (let k = start; k < start + length; k++) largest = Math.max(largest, Math.abs(columns[k]));
  if (largest === 0) return;
  let squares = 0;
  for (let k = start; k < start + length; k++) squares += (columns[k] / largest) ** 2;
  const norm = largest * Math.sqrt(squares);
  const head = columns[start] >= 0 ? -norm : norm;
  // v = column − head·e₁, scaled to v₁ = 1; the reflection is 1 − τvvᵀ.
  const scale = columns[start] - head;
  const tau = -scale / head;
  columns[start] = 1;
  for (let k = start + 1; k < start + length; k++) columns[k] /= scale;
  for (let later = j + 1; later < n; later++) {
    const at = later * m + j;
    const product = innerProduct(columns, start, columns, at, length);
    addMultiple(columns, at, columns, start, length, -tau * product);
  }
  columns[start] = head;
}
