/** The spectral norm of causal scores, whose part below the diagonal blocks is a product of two thin matrices. */
import type { Matrix } from '../inputs.ts';
import { largestEigenvalue } from '../spectra/lanczos.ts';
import { spectralNormOfRows } from '../spectra/singular-values.ts';
import { addMultiple, innerProduct } from '../spectra/vectors.ts';

/** Rows of a diagonal block. */
const BLOCK = 64;

/**
 * ‖S‖₂ of the rows S_i = (s_i0 … s_ii), s_ij = q_i·k_j/√d: for many more tokens than head width, S and Sᵀ are applied in blocks,
 * n(BLOCK/2 + 2d) multiplications in place of n²/2; the Lanczos process finds it to 2^−21. Otherwise as spectralNormOfRows.
 */
export function causalScoresNorm(query: Matrix, key: Matrix, rows: readonly Float64Array[]): number {
  const [n, d] = [rows.length, query.columns];
  if (n < 4 * (d + BLOCK) || rows.some((row, i) => row.length !== i + 1)) return spectralNormOfRows(rows);
  let scale = 0;
  for (const row of rows) for (const x of row) scale = Math.max(scale, Math.abs(x));
  if (scale === 0 || !Number.isFinite(scale)) return scale === 0 ? 0 : Number.NaN;
  // The scale keeps squares in range.
  const factor = 1 / Math.sqrt(d) / scale;
  const blocks = Math.ceil(n / BLOCK);
  const z = new Float64Array(n);
  const largest = largestEigenvalue(n, (x, y) => {
    const before = new Float64Array(d);
    for (let b = 0; b < blocks; b++) {
      const [from, to] = [b * BLOCK, Math.min(n, (b + 1) * BLOCK)];
      for (let i = from; i < to; i++) {
        const inside = innerProduct(rows[i], from, x, from, i + 1 - from) / scale;
        z[i] = inside + factor * innerProduct(query.data, i * d, before, 0, d);
      }
      for (let j = from; j < to; j++) addMultiple(before, 0, key.data, j * d, d, x[j]);
    }
    const after = new Float64Array(d);
    for (let b = blocks - 1; b >= 0; b--) {
      const [from, to] = [b * BLOCK, Math.min(n, (b + 1) * BLOCK)];
      for (let j = from; j < to; j++) y[j] = factor * innerProduct(key.data, j * d, after, 0, d);
      for (let i = from; i < to; i++) {
        addMultiple(y, from, rows[i], from, i + 1 - from, z[i] / scale);
        addMultiple(after, 0, query.data, i * d, d, z[i]);
      }
    }
  });
  return scale * Math.sqrt(largest);
}
