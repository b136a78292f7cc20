/** Small dense matrices of float64 numbers, and their norms. */
import type { Matrix } from './inputs.ts';

export function frobenius(data: ArrayLike<number>): number {
  let sum = 0;
  // Scaled, so that no square leaves the range.
  let scale = 0;
  for (let i = 0; i < data.length; i++) scale = Math.max(scale, Math.abs(data[i]));
  if (scale === 0) return 0;
  for (let i = 0; i < data.length; i++) {
    const x = data[i] / scale;
    sum += x * x;
  }
  return scale * Math.sqrt(sum);
}

export function absolute({ rows, columns, data }: Matrix): Matrix {
  return { rows, columns, data: data.map(Math.abs) };
}

export function transposed({ rows, columns, data }: Matrix): Matrix {
  return { rows: columns, columns: rows, data: data.map((_, k) => data[(k % rows) * columns + Math.floor(k / rows)]) };
}

/** a·bᵀ. */
export function timesTransposed(a: Matrix, b: Matrix): Matrix {
  const data = new Float64Array(a.rows * b.rows);
  for (let i = 0; i < a.rows; i++) {
    for (let j = 0; j < b.rows; j++) {
      let sum = 0;
      for (let k = 0; k < a.columns; k++) sum += a.data[i * a.columns + k] * b.data[j * b.columns + k];
      data[i * b.rows + j] = sum;
    }
  }
  return { rows: a.rows, columns: b.rows, data };
}

/** The sum of each row. */
export function rowSums({ rows, columns, data }: Matrix): Float64Array {
  return Float64Array.from({ length: rows }, (_, i) =>
    data.subarray(i * columns, (i + 1) * columns).reduce((a, b) => a + b, 0),
  );
}

/** ‖A‖∞, the largest sum of a row's magnitudes. */
export function rowSumNorm({ rows, columns, data }: Matrix): number {
  let largest = 0;
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let k = i * columns; k < (i + 1) * columns; k++) sum += Math.abs(data[k]);
    largest = Math.max(largest, sum);
  }
  return largest;
}

/** Squarings of the Gram matrix, at most: n^(1/2^13) is below 1.002 for n ≤ 2^16. */
const SQUARINGS = 12;

/**
 * σ_max(A) from above, by less than 0.2 % for up to 2^16 rows or columns: the Schatten norm (Σ σ^2k)^(1/2k) with k = 2^12,
 * from squarings of the smaller Gram matrix. Rounding is covered: a squaring of an m × m matrix of trace 1 is off by at
 * most m²·2^−53 of the new trace (which is 1/m at least), and every root halves what it does to the result.
 */
export function spectralNormFromAbove(a: Matrix): number {
  const scale = frobenius(a.data);
  if (scale === 0) return 0;
  const scaled = { ...a, data: a.data.map((x) => x / scale) };
  let power =
    a.rows <= a.columns ? timesTransposed(scaled, scaled) : timesTransposed(transposed(scaled), transposed(scaled));
  const m = power.rows;
  // ln of the trace of G^(2^k), divided by 2^k.
  let logNorm = 0;
  for (let k = 0; ; k++) {
    let trace = 0;
    for (let i = 0; i < m; i++) trace += power.data[i * m + i];
    logNorm += Math.log(trace) / 2 ** k;
    if (k === SQUARINGS || m === 1) break;
    const unit = { ...power, data: power.data.map((x) => x / trace) };
    power = timesTransposed(unit, unit);
  }
  const roundings = Math.max(a.rows, a.columns) * m + 4 * m * m + 64;
  return scale * Math.exp(logNorm / 2) * (1 + roundings * 2 ** -52);
}
