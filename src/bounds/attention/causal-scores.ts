/** The spectral norm of causal scores, whose part below the diagonal blocks is a product of two thin matrices. */
import type { Matrix } from '../inputs.ts';
import { largestEigenvalue } from '../spectra/lanczos.ts';
import { spectralNormOfRows } from '../spectra/singular-values.ts';
import { addRowsTimes, addTimesRows } from '../spectra/vectors.ts';

/** Rows of a diagonal block. */
const BLOCK = 32;

/**
 * ‖S‖₂ of the rows S_i = (s_i0 … s_ii), s_ij = q_i·k_j/√d: for many more tokens than head width, S and Sᵀ are applied in blocks,
 * n(BLOCK + 2d) multiplications in place of n²/2; the Lanczos process finds it to 2^−21. Otherwise as spectralNormOfRows.
 */
export function causalScoresNorm(query: Matrix, key: Matrix, rows: readonly Float64Array[]): number {
  const [n, d] = [rows.length, query.columns];
  if (n < 4 * (d + BLOCK) || rows.some((row, i) => row.length !== i + 1)) return spectralNormOfRows(rows);
  let scale = 0;
  for (const row of rows) for (const x of row) scale = Math.max(scale, Math.abs(x));
  if (scale === 0 || !Number.isFinite(scale)) return scale === 0 ? 0 : Number.NaN;
  // The scale keeps squares in range.
  const factor = 1 / Math.sqrt(d) / scale;
  // The diagonal blocks, a row of BLOCK entries for each query: 0 above the diagonal and beyond the last key.
  const inside = new Float64Array(n * BLOCK);
  for (const [i, row] of rows.entries()) {
    const from = i - (i % BLOCK);
    for (let j = from; j <= i; j++) inside[i * BLOCK + j - from] = row[j] / scale;
  }
  const blocks = Array.from({ length: Math.ceil(n / BLOCK) }, (_, b) => {
    const from = b * BLOCK;
    const count = Math.min(BLOCK, n - from);
    return {
      from,
      count,
      inside: { data: inside, start: from * BLOCK, stride: BLOCK, count },
      queries: { data: query.data, start: from * d, stride: d, count },
      keys: { data: key.data, start: from * d, stride: d, count },
    };
  });
  const largest = largestEigenvalue(n, (x, y) => {
    const z = new Float64Array(n);
    const before = new Float64Array(d);
    for (const { from, count, inside: block, queries, keys } of blocks) {
      addRowsTimes(z, from, queries, before, 0, d);
      addRowsTimes(z, from, block, x, from, count);
      addTimesRows(before, 0, keys, x, from, d, factor);
    }
    const after = new Float64Array(d);
    for (const { from, count, inside: block, queries, keys } of blocks.toReversed()) {
      addRowsTimes(y, from, keys, after, 0, d);
      addTimesRows(y, from, block, z, from, count);
      addTimesRows(after, 0, queries, z, from, d, factor);
    }
  });
  return scale * Math.sqrt(largest);
}
