/** The product of two matrices, which a caller may have a faster way to find. */
import type { Matrix } from '../inputs.ts';
import { addRowsTimes } from './vectors.ts';

/** abᵀ in float64, every entry a sum of all its products in any order. */
export type Product = (a: Matrix, b: Matrix) => Matrix;

export const productOf: Product = (a, b) => {
  const data = new Float64Array(a.rows * b.rows);
  const rows = { data: b.data, start: 0, stride: b.columns, count: b.rows };
  for (let i = 0; i < a.rows; i++) addRowsTimes(data, i * b.rows, rows, a.data, i * a.columns, a.columns);
  return { rows: a.rows, columns: b.rows, data };
};
