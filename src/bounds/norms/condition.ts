/** Condition numbers and the sensitivity of the norms: properties of the exact functions, no rounding in them. */
import { z } from 'zod';
import { InputError } from '../../formats/index.ts';
import { defineBound } from '../define.ts';
import { format, vector } from '../inputs.ts';
import {
  epsilonCover,
  LEAST_DEVIATION,
  lnComponentCondition,
  lnNormwiseCondition,
  rmsComponentCondition,
} from './conditions.ts';
import { epsilon, gamma } from './inputs.ts';
import { rowOf } from './row.ts';

const x = vector('the row');

export const lnCondC = defineBound({
  id: 'lnCondC',
  title: 'Componentwise condition number of LayerNorm',
  quantity: 'Kᵢ = Σⱼ|∂zᵢ/∂xⱼ||xⱼ|/|zᵢ| of z = (x − mean)/√(v + ε)',
  kind: 'rigorous',
  norm: 'componentwise',
  scale: 'relative',
  formula: '(x + m)/c + p/(v + epsilon)',
  symbols: {
    x: '|x|',
    m: 'the mean of |x|',
    c: '|x − mean|',
    p: 'the mean of |x − mean||x|',
    v: 'the variance',
    epsilon: 'ε',
  },
  inputs: { x, epsilon },
  assumptions: [
    {
      id: 'off-mean',
      text: 'every entry differs from the mean, by more than 2^−45 of the mean of |x|',
      violated(_, { c, m }) {
        // Nearer to it, c is not known well enough in float64.
        const i = (c as Float64Array).findIndex((deviation) => !(deviation > LEAST_DEVIATION * Number(m)));
        return i < 0 ? undefined : `entry ${i} does not, and its condition number may be infinite`;
      },
    },
  ],
  theory: 'theory/norms.md',
  source: 'derived here; Budzinskiy et al., arXiv 2503.10251 v1, bound it by 3‖x‖∞/min|c|',
  compute({ x, epsilon }) {
    const row = rowOf(x);
    const c = row.centred.map(Math.abs);
    const p = c.reduce((sum, deviation, i) => sum + deviation * Math.abs(x[i]), 0) / x.length;
    return { x: x.map(Math.abs), m: row.meanAbs, c, p, v: row.variance, epsilon };
  },
  value: lnComponentCondition,
});

export const lnCond2 = defineBound({
  id: 'lnCond2',
  title: 'Normwise condition number of LayerNorm',
  quantity: '‖J‖₂‖x‖₂/‖z‖₂, J the Jacobian of z = (x − mean)/√(v + ε)',
  kind: 'rigorous',
  norm: '2-norm',
  scale: 'relative',
  formula: 'sqrt(q)/sqrt(v)',
  symbols: { q: 'the mean of x²', v: 'the variance' },
  inputs: { x },
  assumptions: [
    {
      id: 'spread',
      text: 'the variance is above 0',
      violated: (_, { v }) => (Number(v) > 0 ? undefined : 'all entries are equal, and z = 0'),
    },
  ],
  theory: 'theory/norms.md',
  source: 'derived here; equality for three entries or more',
  compute({ x }) {
    const { meanSquare, variance } = rowOf(x);
    return { q: meanSquare, v: variance };
  },
  value: lnNormwiseCondition,
});

export const rmsCondC = defineBound({
  id: 'rmsCondC',
  title: 'Componentwise condition number of RMSNorm',
  quantity: 'Kᵢ = Σⱼ|∂zᵢ/∂xⱼ||xⱼ|/|zᵢ| of z = x/√(v + ε), v the mean square of x (its limit where xᵢ = 0)',
  kind: 'rigorous',
  norm: 'componentwise',
  scale: 'relative',
  formula: '(2*others + D*epsilon)/(others + x^2 + D*epsilon)',
  symbols: {
    x: '|x|',
    others: 'the sum of the squares of the other entries',
    D: 'the number of entries',
    epsilon: 'ε',
  },
  inputs: { x, epsilon },
  assumptions: [
    {
      id: 'nonzero',
      text: 'the mean square plus ε is above 0',
      violated: ({ x, epsilon }) =>
        epsilon > 0 || x.some((entry) => entry !== 0) ? undefined : 'x = 0, where z is not defined',
    },
  ],
  theory: 'theory/norms.md',
  source: 'derived here, an equality; at most 2, as Budzinskiy et al., arXiv 2503.10251 v1, have it',
  compute: ({ x, epsilon }) => ({ x: x.map(Math.abs), others: othersOf(x), D: x.length, epsilon }),
  value: rmsComponentCondition,
});

/** For each entry the sum of the squares of the others, without a subtraction. */
function othersOf(x: Float64Array): Float64Array {
  const others = new Float64Array(x.length);
  let [before, after] = [0, 0];
  for (let i = 0; i < x.length; i++) {
    others[i] += before;
    before += x[i] ** 2;
  }
  for (let i = x.length - 1; i >= 0; i--) {
    others[i] += after;
    after += x[i] ** 2;
  }
  return others;
}

export const lnLipInf = defineBound({
  id: 'lnLipInf',
  title: 'Sensitivity of LayerNorm in the maximum norm',
  quantity: 'Σⱼ|∂yᵢ/∂xⱼ| of y = γ·(x − mean)/√(v + ε) + β; the largest is ‖J‖∞',
  kind: 'rigorous',
  norm: 'operator',
  scale: 'absolute',
  formula: 'gamma*(2 - 2/D + z*mz)/sqrt(v + epsilon)',
  symbols: {
    gamma: '|γ|',
    D: 'the number of entries',
    z: '|x − mean|/√(v + ε)',
    mz: 'the mean of z',
    v: 'the variance',
    epsilon: 'ε',
  },
  inputs: { x, epsilon, gamma },
  assumptions: [
    {
      id: 'spread',
      text: 'the variance plus ε is above 0',
      violated: (_, { v, epsilon }) =>
        Number(v) + Number(epsilon) > 0 ? undefined : 'all entries are equal, and ε = 0',
    },
  ],
  theory: 'theory/norms.md',
  source: 'derived here; at most ‖γ‖∞(2 + ‖z‖∞)/√(v + ε)',
  compute({ x, epsilon, gamma: gains }) {
    if (gains.length !== x.length) {
      throw new InputError(`lnLipInf: gamma: expected ${x.length} numbers, one for each of x, got ${gains.length}`);
    }
    const { centred, variance } = rowOf(x);
    const root = Math.sqrt(variance + epsilon);
    const sizes = centred.map((deviation) => Math.abs(deviation) / root);
    const mz = sizes.reduce((sum, size) => sum + size, 0) / x.length;
    return { gamma: gains.map(Math.abs), D: x.length, z: sizes, mz, v: variance, epsilon };
  },
  value: ({ gamma, D, z, mz, v, epsilon }) => (gamma * (2 - 2 / D + z * mz)) / Math.sqrt(v + epsilon),
});

export const rhoLN = defineBound({
  id: 'rhoLN',
  title: 'How far ε covers the rounding of the variance (an indicator)',
  quantity: 'nothing: below 1, ε hides the rounding error of the variance; above 1, it gives no protection',
  kind: 'heuristic',
  norm: 'componentwise',
  scale: 'relative',
  formula: 'v*D*u/epsilon',
  symbols: {
    v: 'the variance of the norm’s input',
    D: 'the number of entries',
    u: 'unit roundoff, or ε_mach = 2u in the first version',
    epsilon: 'ε',
  },
  inputs: {
    x,
    epsilon,
    format,
    version: z
      .enum(['first', 'final'])
      .default('final')
      .describe('the definition: of the first version, with ε_mach, or of the final one, with u (default: final)'),
  },
  assumptions: [
    {
      id: 'epsilon',
      text: 'ε is above 0',
      violated: ({ epsilon }) => (epsilon > 0 ? undefined : 'ε = 0'),
    },
  ],
  theory: 'theory/norms.md',
  source: 'Baek, arXiv 2510.21770 v1 (with ε_mach) and the final version (with u)',
  compute({ x, epsilon, format, version }) {
    return { v: rowOf(x).variance, D: x.length, u: version === 'first' ? format.epsMach : format.u, epsilon };
  },
  value: epsilonCover,
});
