/**
 * Correctly rounded elementary functions: the double-double kernel where its error interval rounds to one number, fixed
 * point with growing precision where it does not (A. Ziv, ACM TOMS 17, 1991).
 */
import type { AnyContext } from '../context.ts';
import { type Dyadic, roundDyadic } from '../dyadic.ts';
import type { ElementaryName } from '../scalars.ts';
import { decided } from './cases.ts';
import { fixedOf } from './fixed-point.ts';
import { KERNEL_ERROR, kernels, LOW } from './kernels.ts';
import { refined } from './refine.ts';

/** R(f(x)) for any format with p ≤ 53, decimal formats (of the nearest float64), any mode and any x. A few µs. */
export function correctlyRounded(name: ElementaryName, x: number, context: AnyContext): number {
  const { least, most, evaluate } = kernels[name];
  const size = Math.abs(x);
  if (!(size >= least && size <= most)) return refined(name, x, context);
  const known = decided(name, x, context);
  if (known !== undefined) return known;
  const hi = evaluate(x);
  const error = Math.abs(hi) * KERNEL_ERROR;
  // lo and its sum with the error are above 2^−1074, so 1100 bits hold the interval exactly.
  const [from, to] = [LOW[0] - error, LOW[0] + error].map((lo) => roundDyadic(exactSum(hi, lo), context));
  return Object.is(from, to) ? from : refined(name, x, context);
}

function exactSum(hi: number, lo: number): Dyadic {
  const sum = fixedOf(hi, 1100) + fixedOf(lo, 1100);
  return { negative: sum < 0n, significand: sum < 0n ? -sum : sum, exponent: -1100 };
}
