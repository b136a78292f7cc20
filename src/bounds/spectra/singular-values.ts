/** Singular values of matrices of which one side is small, and of products of such matrices. */
import { Matrix as DenseMatrix, SingularValueDecomposition } from 'ml-matrix';
import type { Matrix } from '../inputs.ts';
import { frobenius, transposed } from '../matrices.ts';
import { triangularFactor } from './householder.ts';
import { largestEigenvalue } from './lanczos.ts';
import { type Product, productOf } from './product.ts';
import { addMultiple, addRowsTimes, innerProduct } from './vectors.ts';

/**
 * All min(rows, columns) singular values, the largest first: a triangular factor where one side is at least twice the other,
 * then a full decomposition (ml-matrix), near to the last bits of float64 relative to the largest. NaN throughout where an
 * entry is not finite.
 */
export function singularValues(a: Matrix): number[] {
  const [short, long] = [Math.min(a.rows, a.columns), Math.max(a.rows, a.columns)];
  if (!a.data.every(Number.isFinite)) return new Array(short).fill(Number.NaN);
  const most = a.data.reduce((largest, x) => Math.max(largest, Math.abs(x)), 0);
  const exponent = most === 0 ? 0 : Math.max(-1000, Math.min(1000, Math.floor(Math.log2(most))));
  const scaled = { ...a, data: a.data.map((x) => scaledEntry(x, exponent)) };
  const { rows, columns, data } = long >= 2 * short ? triangularFactor(scaled) : scaled;
  const dense = new DenseMatrix(rows, columns);
  data.forEach((x, k) => {
    dense.set(Math.floor(k / columns), k % columns, x);
  });
  return new SingularValueDecomposition(dense, {
    computeLeftSingularVectors: false,
    computeRightSingularVectors: false,
    autoTranspose: true,
  }).diagonal.map((sigma) => sigma * 2 ** exponent);
}

/** x/2^exponent; 0 where it is far below what σ_max has digits for: the decomposition divides by what it finds there. */
function scaledEntry(x: number, exponent: number): number {
  const entry = x * 2 ** -exponent;
  return Math.abs(entry) < 2 ** -500 ? 0 : entry;
}

/** From this many columns on, σ_max alone is found by the Lanczos process. */
const DECOMPOSED = 48;

/**
 * σ_max of the matrix with these rows, shorter ones continued with zeros: from a full decomposition where it is small, else by
 * the Lanczos process, to 2^−21 of itself.
 */
export function spectralNormOfRows(rows: readonly Float64Array[]): number {
  const columns = rows.reduce((most, row) => Math.max(most, row.length), 0);
  let scale = 0;
  for (const row of rows) for (const x of row) scale = Math.max(scale, Math.abs(x));
  if (scale === 0 || !Number.isFinite(scale)) return scale === 0 ? 0 : Number.NaN;
  if (Math.min(rows.length, columns) < DECOMPOSED) {
    const data = new Float64Array(rows.length * columns);
    for (const [i, row] of rows.entries()) data.set(row, i * columns);
    return singularValues({ rows: rows.length, columns, data })[0];
  }
  // The scale keeps squares in range.
  const largest = largestEigenvalue(columns, (x, y) => {
    for (const row of rows) {
      const product = innerProduct(row, 0, x, 0, row.length);
      addMultiple(y, 0, row, 0, row.length, product / scale / scale);
    }
  });
  return scale * Math.sqrt(largest);
}

/**
 * σ_max, to 2^−21 of itself: from the smaller Gram matrix where one side is at least twice the other, else as
 * spectralNormOfRows. Summing the Gram matrix moves it by at most (shorter)(longer)·2^−54 (entries off by longer·2^−53‖A‖_F²
 * together, and σ_max² is ‖A‖_F²/shorter or more). NaN where an entry is not finite.
 * @param product how the Gram matrix is found
 */
export function spectralNorm(a: Matrix, product: Product = productOf): number {
  const { rows, columns, data } = a;
  const n = Math.min(rows, columns);
  if (Math.max(rows, columns) < 2 * n) {
    return spectralNormOfRows(Array.from({ length: rows }, (_, i) => data.subarray(i * columns, (i + 1) * columns)));
  }
  const norm = frobenius(data);
  if (norm === 0 || !Number.isFinite(norm)) return norm === 0 ? 0 : Number.NaN;
  const wide = rows <= columns ? a : transposed(a);
  const scaled = { ...wide, data: wide.data.map((x) => x / norm) };
  const gram = { data: product(scaled, scaled).data, start: 0, stride: n, count: n };
  return norm * Math.sqrt(largestEigenvalue(n, (x, y) => addRowsTimes(y, 0, gram, x, 0, n)));
}

/**
 * The min(d, D) largest singular values of AᵀB, D × D, for A and B of d × D: the others are zero. For d < D they are those of
 * R_A R_Bᵀ with Aᵀ = Q_A R_A and Bᵀ = Q_B R_B, a d × d matrix; each is off by about d·2^−52‖A‖₂‖B‖₂ at most.
 */
export function productSingularValues(a: Matrix, b: Matrix): number[] {
  if (a.rows >= a.columns) return singularValues(productOf(transposed(a), transposed(b)));
  // L = Rᵀ, so R_A R_Bᵀ = L_Aᵀ L_B.
  const [left, right] = [triangularFactor(a), triangularFactor(b)];
  return singularValues(productOf(transposed(left), transposed(right)));
}
