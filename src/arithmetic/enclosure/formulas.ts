/**
 * Other formulas of the composites that programs in use compute, each over the basic operations: an interpreter over balls
 * encloses what each of them can give. theory/local-check.md, L4, says where each is found.
 */
import { type Real, realFromNumber, sqrtOfRatio } from '../../softfloat/real.ts';
import { type KeyMask, rowLength, tensor } from '../../tensor/index.ts';
import type { Arithmetic, Norm, RealTable } from '../arithmetic.ts';
import { compositeConstants, epsilonConstant } from '../composites.ts';

const { one, half, geluOuter, geluInner } = compositeConstants;

/** (q·c)·kᵀ. */
export function preScaledScores<V>(
  A: Arithmetic<V>,
  site: string,
  query: V,
  key: V,
  scale: RealTable,
  mask: KeyMask | undefined,
): V {
  const scaled = A.multiply(site, query, A.constants(site, scale));
  return masked(A, A.matmul(site, scaled, key, { transposed: true }), mask);
}

/** (q·√c)·(k·√c)ᵀ, c = 1/√d. */
export function doubleScaledScores<V>(
  A: Arithmetic<V>,
  site: string,
  query: V,
  key: V,
  _scale: RealTable,
  mask: KeyMask | undefined,
): V {
  const d = rowLength(A.shape(query));
  const root = A.constants(site, { shape: [], reals: [fourthRootOfReciprocal(d)] });
  const [q, k] = [A.multiply(site, query, root), A.multiply(site, key, root)];
  return masked(A, A.matmul(site, q, k, { transposed: true }), mask);
}

/** d^(−1/4): where d is no square, √ of the float64 nearest to 1/√d, which is off by less than 2^−53 of it. */
function fourthRootOfReciprocal(d: number): Real {
  const root = Math.sqrt(d);
  return Number.isInteger(root) ? sqrtOfRatio(1n, BigInt(root)) : realFromNumber(1 / Math.sqrt(root));
}

function masked<V>(A: Arithmetic<V>, scores: V, mask: KeyMask | undefined): V {
  return mask === undefined ? scores : A.select(scores, mask, Number.NEGATIVE_INFINITY);
}

/** e·(1/sum). */
export function reciprocalSoftmax<V>(A: Arithmetic<V>, site: string, x: V, mask: KeyMask | undefined): V {
  const hide = (v: V): V => (mask === undefined ? v : A.select(v, mask, 0));
  const e = hide(A.exp(site, A.subtract(site, x, A.rowMax(x, mask))));
  return hide(A.multiply(site, e, A.divide(site, A.constants(site, one), A.rowSum(site, e))));
}

/** (x·r + (−μ·r))·γ + β. */
export function affineNorm<V>(A: Arithmetic<V>, site: string, x: V, { gamma, beta }: Norm, epsilon: number): V {
  const D = A.lift(tensor([], Float64Array.of(rowLength(A.shape(x)))));
  const mean = A.divide(site, A.rowSum(site, x), D);
  const centred = A.subtract(site, x, mean);
  const variance = A.divide(site, A.rowSum(site, A.multiply(site, centred, centred)), D);
  const shifted = A.add(site, variance, A.constants(site, epsilonConstant(epsilon)));
  const r = A.divide(site, A.constants(site, one), A.sqrt(site, shifted));
  const z = A.subtract(site, A.multiply(site, x, r), A.multiply(site, mean, r));
  const scaled = A.multiply(site, z, A.parameter(site, gamma));
  return beta === undefined ? scaled : A.add(site, scaled, A.parameter(site, beta));
}

/** ½x·(1 + tanh(c1·x·(1 + c2·x·x))). */
export function squaredGelu<V>(A: Arithmetic<V>, site: string, x: V): V {
  const inner = A.multiply(site, A.multiply(site, A.constants(site, geluInner), x), x);
  const factor = A.add(site, A.constants(site, one), inner);
  const w = A.multiply(site, A.multiply(site, A.constants(site, geluOuter), x), factor);
  const t = A.add(site, A.constants(site, one), A.tanh(site, w));
  return A.multiply(site, A.multiply(site, A.constants(site, half), x), t);
}

/** x·(1/(1 + e^−x)). */
export function sigmoidSilu<V>(A: Arithmetic<V>, site: string, x: V): V {
  const denominator = A.add(site, A.constants(site, one), A.exp(site, A.negate(x)));
  return A.multiply(site, x, A.divide(site, A.constants(site, one), denominator));
}
