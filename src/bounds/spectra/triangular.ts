/** Lower triangular matrices: factors of a Gram matrix, and what it and its inverse do to a vector. */
import type { Matrix } from '../inputs.ts';
import type { Operator } from './lanczos.ts';
import { type Product, productOf } from './product.ts';
import { addMultiple, addRowsTimes, addTimesRows, innerProduct, type Rows } from './vectors.ts';

/** Rows of a diagonal block; what lies left of it is done as a rectangle. */
const BLOCK = 64;

/**
 * L of G = LLᵀ, by rows, a block of columns at a time; undefined where a pivot is not positive.
 * @param gram only its lower triangle is read
 */
export function cholesky(gram: Matrix, product: Product = productOf): Matrix | undefined {
  const n = gram.rows;
  const data = new Float64Array(n * n);
  for (let i = 0; i < n; i++) data.set(gram.data.subarray(i * n, i * n + i + 1), i * n);
  for (let from = 0; from < n; from += BLOCK) {
    const to = Math.min(n, from + BLOCK);
    if (from > 0) subtractEarlier(data, n, from, to, product);
    for (let j = from; j < to; j++) {
      const rest = data[j * n + j] - innerProduct(data, j * n + from, data, j * n + from, j - from);
      if (!(rest > 0)) return undefined;
      const pivot = Math.sqrt(rest);
      data[j * n + j] = pivot;
      // Column j below its pivot.
      const column = new Float64Array(n - j - 1);
      const below: Rows = { data, start: (j + 1) * n + from, stride: n, count: n - j - 1 };
      addRowsTimes(column, 0, below, data, j * n + from, j - from);
      for (let i = j + 1; i < n; i++) data[i * n + j] = (data[i * n + j] - column[i - j - 1]) / pivot;
    }
  }
  return { rows: n, columns: n, data };
}

/** Takes from the columns from … to − 1, on and below the diagonal, what the columns before them have in them. */
function subtractEarlier(data: Float64Array, n: number, from: number, to: number, product: Product): void {
  const rows = new Float64Array((n - from) * from);
  for (let i = from; i < n; i++) rows.set(data.subarray(i * n, i * n + from), (i - from) * from);
  const own = { rows: to - from, columns: from, data: rows.subarray(0, (to - from) * from) };
  const earlier = product({ rows: n - from, columns: from, data: rows }, own).data;
  for (let i = from; i < n; i++) {
    const width = Math.min(to, i + 1) - from;
    addMultiple(data, i * n + from, earlier, (i - from) * (to - from), width, -1);
  }
}

/** x ↦ LLᵀx. */
export function factorProduct({ rows: n, data }: Matrix): Operator {
  return (x, y) => {
    const z = new Float64Array(n);
    forBlocks(n, (from, to) => {
      addTimesRows(z, 0, { data, start: from * n, stride: n, count: to - from }, x, from, from);
      for (let i = from; i < to; i++) addMultiple(z, from, data, i * n + from, i + 1 - from, x[i]);
    });
    forBlocks(n, (from, to) => {
      addRowsTimes(y, from, { data, start: from * n, stride: n, count: to - from }, z, 0, from);
      for (let i = from; i < to; i++) y[i] += innerProduct(data, i * n + from, z, from, i + 1 - from);
    });
  };
}

/** x ↦ (LLᵀ)⁻¹x. */
export function factorInverse({ rows: n, data }: Matrix): Operator {
  return (x, y) => {
    forBlocks(n, (from, to) => {
      addRowsTimes(y, from, { data, start: from * n, stride: n, count: to - from }, y, 0, from);
      for (let i = from; i < to; i++) {
        const found = y[i] + innerProduct(data, i * n + from, y, from, i - from);
        y[i] = (x[i] - found) / data[i * n + i];
      }
    });
    const last = Math.floor((n - 1) / BLOCK) * BLOCK;
    for (let from = last; from >= 0; from -= BLOCK) {
      const to = Math.min(n, from + BLOCK);
      for (let i = to - 1; i >= from; i--) {
        y[i] /= data[i * n + i];
        addMultiple(y, from, data, i * n + from, i - from, -y[i]);
      }
      addTimesRows(y, 0, { data, start: from * n, stride: n, count: to - from }, y, from, from, -1);
    }
  };
}

function forBlocks(n: number, visit: (from: number, to: number) => void): void {
  for (let from = 0; from < n; from += BLOCK) visit(from, Math.min(n, from + BLOCK));
}
