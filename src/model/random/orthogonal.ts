/** Random orthogonal matrices, and matrices of given singular values. */
import { float64Functions } from '../../softfloat/float64.ts';
import { normalNumbers } from './normal.ts';

/**
 * An n × n orthogonal matrix, row-major, uniformly distributed (Haar): the factor Q of the QR factorisation of a matrix of
 * normal numbers whose R has a positive diagonal (Mezzadri, Notices of the AMS 54, 2007), by Gram–Schmidt done twice, in float64.
 * QᵀQ is the identity to about n·2^−52.
 */
export function randomOrthogonal(n: number, name: string, seed: number): Float64Array {
  const q = Float64Array.from(normalNumbers(n * n, name, seed, 1));
  for (let i = 0; i < n; i++) {
    const row = q.subarray(i * n, (i + 1) * n);
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < i; j++) {
        const other = q.subarray(j * n, (j + 1) * n);
        const along = dot(row, other);
        for (let k = 0; k < n; k++) row[k] -= along * other[k];
      }
    }
    const norm = Math.sqrt(dot(row, row));
    for (let k = 0; k < n; k++) row[k] /= norm;
  }
  return q;
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < x.length; k++) sum += x[k] * y[k];
  return sum;
}

/**
 * U·diag(σ)·V, U and V random orthogonal, in float64: σ falls geometrically from `largest` to largest/condition. A matrix
 * of one row has the one singular value `largest`.
 */
export function withSpectrum(
  n: number,
  { largest, condition }: { readonly largest: number; readonly condition: number },
  name: string,
  seed: number,
): Float64Array {
  const [u, v] = [randomOrthogonal(n, `${name}.left`, seed), randomOrthogonal(n, `${name}.right`, seed)];
  // Not Math.pow, which is left to the engine.
  const step = n > 1 ? -float64Functions.log(condition) / (n - 1) : 0;
  const values = Float64Array.from({ length: n }, (_, i) => largest * float64Functions.exp(i * step));
  const result = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const factor = u[i * n + k] * values[k];
      for (let j = 0; j < n; j++) result[i * n + j] += factor * v[k * n + j];
    }
  }
  return result;
}
