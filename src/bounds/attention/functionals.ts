/** The weight functionals of Budzinskiy, Fang, Zeng and Petersen (2026), of matrices with a row for each output. */
import type { Matrix } from '../inputs.ts';
import { absolute, frobenius, rowSumNorm, rowSums } from '../matrices.ts';
import type { HeadWeights } from './weights.ts';

/** ω_ov = ‖W_O‖∞ max_h ‖W_v,h‖∞. */
export function omegaOv(outWeight: Matrix, heads: readonly Pick<HeadWeights, 'value'>[]): number {
  return rowSumNorm(outWeight) * heads.reduce((most, { value }) => Math.max(most, rowSumNorm(value)), 0);
}

/** ω_kq = (2/√d) max_h ‖|W_k,h|1‖₂‖|W_q,h|1‖₂; with fewer key-value heads, of every query head with its own. */
export function omegaKq(heads: readonly Pick<HeadWeights, 'key' | 'query'>[]): number {
  const length = (weight: Matrix) => frobenius(rowSums(absolute(weight)));
  const largest = heads.reduce((most, { key, query }) => Math.max(most, length(key) * length(query)), 0);
  return (2 / Math.sqrt(heads[0].query.rows)) * largest;
}

/** ω_ud = ‖W_up‖∞‖W_down‖∞. */
export function omegaUd(up: Matrix, down: Matrix): number {
  return rowSumNorm(up) * rowSumNorm(down);
}
