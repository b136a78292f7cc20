/** LayerNorm whose moments are updated entry by entry, or in blocks that are merged: theory/local-check.md, L5. */
import { rowLength, tensor } from '../../tensor/index.ts';
import type { Norm } from '../arithmetic.ts';
import { compositeConstants, epsilonConstant } from '../composites.ts';
import { FLOAT64, type Rounding } from './rounded.ts';
import type { Enclosing, Enclosure } from './value.ts';

export interface MomentsOptions {
  readonly norm: Norm;
  readonly epsilon: number;
  /** Of the format in which the moments are kept. */
  readonly rounding: Rounding;
}

/** Each running mean is off by at most δ = 3uΣ|x|; the mean square by 3δσ + δ² + (D + 8)u·v. */
export function withRunningMoments(
  A: Enclosing,
  site: string,
  x: Enclosure,
  { norm, epsilon, rounding }: MomentsOptions,
): Enclosure {
  const D = rowLength(A.shape(x));
  const u = rounding.u + FLOAT64;
  const sums = new Float64Array(x.numbers.length / D);
  x.numbers.forEach((number: number, i: number) => {
    sums[Math.floor(i / D)] += Math.abs(number) + x.radius[i];
  });
  const delta = sums.map((sum) => 3 * u * sum + D * rounding.eta);
  const width = A.lift(tensor([], Float64Array.of(D)));
  const exactMean = A.divide(site, A.rowSum(site, x), width);
  const mean = A.widened(
    exactMean,
    exactMean.radius.map((r, i) => Math.max(r, delta[i])),
  );
  const centred = A.subtract(site, x, mean);
  const twoPass = A.divide(site, A.rowSum(site, A.multiply(site, centred, centred)), width);
  const variance = A.widened(
    twoPass,
    twoPass.radius.map((r, i) => {
      const v = Math.max(0, twoPass.numbers[i]);
      const updated = 3 * delta[i] * Math.sqrt(v) + delta[i] ** 2 + (D + 8) * u * v + D * rounding.eta;
      return Math.max(r, updated);
    }),
  );
  const one = A.constants(site, compositeConstants.one);
  const root = A.sqrt(site, A.add(site, variance, A.constants(site, epsilonConstant(epsilon))));
  const z = A.multiply(site, centred, A.divide(site, one, root));
  const scaled = A.multiply(site, z, A.parameter(site, norm.gamma));
  return norm.beta === undefined ? scaled : A.add(site, scaled, A.parameter(site, norm.beta));
}
