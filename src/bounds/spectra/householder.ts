/** The triangular factor of A = QR by Householder reflections. */
import type { Matrix } from '../inputs.ts';
import { transposed } from '../matrices.ts';

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
    const pivot = columns.subarray(j * m + j, (j + 1) * m);
    reflect(pivot, columns, j, m, n);
  }
  const data = new Float64Array(n * n);
  for (let j = 0; j < n; j++) data.set(columns.subarray(j * m, j * m + j + 1), j * n);
  return { rows: n, columns: n, data };
}

/** Reflects `pivot` onto its first axis, and the columns after column j with it. */
function reflect(pivot: Float64Array, columns: Float64Array, j: number, m: number, n: number): void {
  let largest = 0;
  for (const x of pivot) largest = Math.max(largest, Math.abs(x));
  if (largest === 0) return;
  let squares = 0;
  for (const x of pivot) squares += (x / largest) ** 2;
  const head = pivot[0] >= 0 ? -largest * Math.sqrt(squares) : largest * Math.sqrt(squares);
  // v = pivot − head·e₁, scaled to v₁ = 1; the reflection is 1 − τvvᵀ.
  const scale = pivot[0] - head;
  const tau = -scale / head;
  const length = pivot.length;
  for (let i = 1; i < length; i++) pivot[i] /= scale;
  for (let k = j + 1; k < n; k++) {
    const column = columns.subarray(k * m + j, (k + 1) * m);
    let product = column[0];
    for (let i = 1; i < length; i++) product += pivot[i] * column[i];
    product *= tau;
    column[0] -= product;
    for (let i = 1; i < length; i++) column[i] -= product * pivot[i];
  }
  pivot[0] = head;
}
