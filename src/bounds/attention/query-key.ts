/** The spectrum of W_kᵀW_q of one head: what scores are to tokens, whatever the tokens. Biases and rotation are left out. */
import type { Matrix } from '../inputs.ts';
import { frobenius } from '../matrices.ts';
import { absoluteProductNorm } from '../spectra/nonnegative.ts';
import { type Product, productOf } from '../spectra/product.ts';
import { productSingularValues } from '../spectra/singular-values.ts';

export interface QueryKeySpectrum {
  /** The largest singular value. */
  readonly largest: number;
  /** The min(d, D)-th, the smallest that the rank leaves; the D × D matrix has D − d zeros beside. */
  readonly smallest: number;
  /** largest/smallest: κ on the subspace that is not zero. */
  readonly condition: number;
  /** ‖W_kᵀW_q‖_F²/σ_max². */
  readonly stableRank: number;
  /** σ_max(|W_k|ᵀ|W_q|), from below and from above. */
  readonly absoluteLow: number;
  readonly absoluteHigh: number;
}

/** Of W_k and W_q, both head width × width; `product` finds their Gram matrices. */
export function queryKeySpectrum(key: Matrix, query: Matrix, product: Product = productOf): QueryKeySpectrum {
  const sigma = productSingularValues(key, query);
  const [largest, smallest] = [sigma[0], sigma[sigma.length - 1]];
  const { low, high } = absoluteProductNorm(key, query, product);
  return {
    largest,
    smallest,
    condition: largest / smallest,
    stableRank: frobenius(sigma.map((x) => x / largest)) ** 2,
    absoluteLow: low,
    absoluteHigh: high,
  };
}
