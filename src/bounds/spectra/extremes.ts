/** The largest and the smallest singular value of a matrix too large for all of them. */
import type { Matrix } from '../inputs.ts';
import { frobenius } from '../matrices.ts';
import { triangularFactor } from './householder.ts';
import { largestEigenvalue } from './lanczos.ts';
import { type Product, productOf } from './product.ts';
import { cholesky, factorInverse, factorProduct } from './triangular.ts';

export interface ExtremeSingularValues {
  readonly largest: number;
  /** The min(rows, columns)-th: 0 where the rank is not full. */
  readonly smallest: number;
}

/** A Gram matrix is used where it certainly knows σ_min² to this, and so σ_min to half of it. */
const GRAM_ACCURACY = 2 ** -13;

/**
 * σ_max and σ_min. Both eigenvalues of the Gram matrix are found by the Lanczos process, the smallest through the inverse.
 *
 * Accuracy, relative: σ_max 2^−21, σ_min 2^−14 in the worst case (measured on a Gaussian matrix of 768 × 768 whose condition
 * number is 1500: 10^−12). Forming the Gram matrix and factorising it is off by at most
 * e = (rows + columns + 2)·2^−53‖A‖_F² (inner products, and Higham, theorem 10.3, both of trace ‖A‖_F²); where e is more than
 * 2^−13 of σ_min², the triangular factor of A itself is taken instead, and σ_min has its accuracy.
 * @param gram the smaller Gram matrix AAᵀ or AᵀA, summed in float64; only its lower triangle is read
 * @param product how products of large blocks are found
 */
export function extremeSingularValues(a: Matrix, gram: Matrix, product: Product = productOf): ExtremeSingularValues {
  const norm = frobenius(a.data);
  if (norm === 0) return { largest: 0, smallest: 0 };
  if (!Number.isFinite(norm)) return { largest: Number.NaN, smallest: Number.NaN };
  const error = (a.rows + a.columns + 2) * 2 ** -53 * norm ** 2;
  const factor = cholesky(gram, product);
  if (factor !== undefined) {
    const smallest = 1 / largestEigenvalue(gram.rows, factorInverse(factor));
    if (error <= GRAM_ACCURACY * smallest) {
      return { largest: largestOfFactor(factor), smallest: Math.sqrt(smallest) };
    }
  }
  const exact = triangularFactor({ ...a, data: a.data.map((x) => x / norm) }, product);
  return { largest: norm * largestOfFactor(exact), smallest: norm * smallestOfFactor(exact) };
}

/** σ_max of a lower triangular matrix. */
function largestOfFactor(factor: Matrix): number {
  return Math.sqrt(largestEigenvalue(factor.rows, factorProduct(factor)));
}

function smallestOfFactor(factor: Matrix): number {
  const n = factor.rows;
  for (let i = 0; i < n; i++) if (factor.data[i * n + i] === 0) return 0;
  const largest = largestEigenvalue(n, factorInverse(factor));
  return Number.isFinite(largest) ? 1 / Math.sqrt(largest) : 0;
}
