/** The triangular factor of A = QR by Householder reflections. */
import type { Matrix } from '../inputs.ts';
import { transposed } from '../matrices.ts';
import { type Product, productOf } from './product.ts';
import { addMultiple, addRowsTimes, addToRows, type Rows } from './vectors.ts';

/** Reflections that are applied together to the columns behind them. */
const PANEL = 32;

/**
 * L = Rᵀ, lower triangular, of A = QR or, where A has more columns than rows, of Aᵀ = QR; so LLᵀ is the smaller Gram matrix
 * of A, which is never formed. L has the singular values of A, the small ones too: each is off by at most about
 * √n·mn·2^−53‖A‖_F for m × n (Higham, Accuracy and Stability of Numerical Algorithms, theorem 19.4, and 19.5 for reflections
 * that are applied together).
 * @param product how products of large blocks are found
 */
export function triangularFactor(a: Matrix, product: Product = productOf): Matrix {
  // The columns of the tall matrix, one after the other.
  const columns = a.rows >= a.columns ? transposed(a).data : Float64Array.from(a.data);
  const [m, n] = [Math.max(a.rows, a.columns), Math.min(a.rows, a.columns)];
  // Narrow matrices are done column by column.
  const panel = n <= 4 * PANEL ? n : PANEL;
  for (let from = 0; from < n; from += panel) {
    const to = Math.min(n, from + panel);
    const reflections: Reflection[] = [];
    for (let j = from; j < to; j++) {
      const reflection = reflectionOf(columns, j, m);
      reflect({ data: columns, start: (j + 1) * m + j, stride: m, count: to - j - 1 }, reflection);
      reflections.push(reflection);
    }
    if (to < n) reflectTogether(columns, { m, n, from, to }, reflections, product);
  }
  const data = new Float64Array(n * n);
  for (let j = 0; j < n; j++) data.set(columns.subarray(j * m, j * m + j + 1), j * n);
  return { rows: n, columns: n, data };
}

/** 1 − τvvᵀ, v₁ = 1, on the rows from some row down. */
interface Reflection {
  readonly vector: Float64Array;
  readonly tau: number;
}

/** The reflection of column j, from its diagonal down, onto the first axis, where the column then is. */
function reflectionOf(columns: Float64Array, j: number, m: number): Reflection {
  const vector = columns.slice(j * m + j, (j + 1) * m);
  let largest = 0;
  for (const x of vector) largest = Math.max(largest, Math.abs(x));
  if (largest === 0) return { vector, tau: 0 };
  let squares = 0;
  for (const x of vector) squares += (x / largest) ** 2;
  const norm = largest * Math.sqrt(squares);
  const head = vector[0] >= 0 ? -norm : norm;
  // v = column − head·e₁, scaled to v₁ = 1.
  const scale = vector[0] - head;
  for (let k = 1; k < vector.length; k++) vector[k] /= scale;
  vector[0] = 1;
  columns.fill(0, j * m + j, (j + 1) * m);
  columns[j * m + j] = head;
  return { vector, tau: -scale / head };
}

/** Applies it to columns, which are rows here: four at a time, which stay in the cache between the two passes. */
function reflect({ data, start, stride, count }: Rows, { vector, tau }: Reflection): void {
  for (let r = 0; r < count; r += 4) {
    const some: Rows = { data, start: start + r * stride, stride, count: Math.min(4, count - r) };
    const factors = new Float64Array(4);
    addRowsTimes(factors, 0, some, vector, 0, vector.length);
    for (let l = 0; l < 4; l++) factors[l] *= -tau;
    addToRows(some, vector, 0, vector.length, factors);
  }
}

/**
 * Applies the reflections of the columns from … to − 1 to all later ones: H₁H₂… = 1 − VTVᵀ with T upper triangular (Schreiber and
 * Van Loan), so that the later columns, as rows of C, become C − CVTVᵀ.
 */
function reflectTogether(
  columns: Float64Array,
  { m, n, from, to }: { readonly m: number; readonly n: number; readonly from: number; readonly to: number },
  reflections: readonly Reflection[],
  product: Product,
): void {
  const [width, height, count] = [to - from, m - from, n - to];
  // V, a row for each reflection and a row for each of its entries.
  const v = new Float64Array(width * height);
  const turned = new Float64Array(width * height);
  for (const [r, { vector }] of reflections.entries()) {
    v.set(vector, r * height + r);
    for (let k = 0; k < vector.length; k++) turned[(r + k) * width + r] = vector[k];
  }
  const later = new Float64Array(count * height);
  for (let c = 0; c < count; c++) later.set(columns.subarray((to + c) * m + from, (to + c + 1) * m), c * height);
  const rows: Matrix = { rows: width, columns: height, data: v };
  const along = product({ rows: count, columns: height, data: later }, rows);
  const taken = product(along, triangleOf(rows, reflections, product));
  const part = product(taken, { rows: height, columns: width, data: turned }).data;
  for (let c = 0; c < count; c++) addMultiple(columns, (to + c) * m + from, part, c * height, height, -1);
}

/** Tᵀ: column j of T is τ_j on the diagonal and −τ_j T(v₁ … v_{j−1})ᵀv_j above it. */
function triangleOf(v: Matrix, reflections: readonly Reflection[], product: Product): Matrix {
  const width = v.rows;
  const between = product(v, v).data;
  const data = new Float64Array(width * width);
  for (const [j, { tau }] of reflections.entries()) {
    // Row j of Tᵀ is column j of T.
    for (let i = 0; i < j; i++) {
      let sum = 0;
      for (let l = i; l < j; l++) sum += data[l * width + i] * between[l * width + j];
      data[j * width + i] = -tau * sum;
    }
    data[j * width + j] = tau;
  }
  return { rows: width, columns: width, data };
}
