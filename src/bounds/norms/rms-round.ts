/** What the roundings of RMSNorm do to each entry. */
import { InputError } from '../../formats/index.ts';
import { defineBound } from '../define.ts';
import { gamma, rowInputs } from './inputs.ts';
import {
  normAssumptions,
  normRounding,
  rootFactor,
  rootFactorValue,
  rootGrowth,
  rootSymbols,
  rootTexts,
} from './rounding.ts';
import { rowOf } from './row.ts';

export const rmsRound = defineBound({
  id: 'rmsRound',
  title: 'Rounding errors of RMSNorm',
  quantity: '|ŷ − y| of y = γ·x/√(v + ε), v the mean square of x',
  kind: 'first-order',
  norm: 'componentwise',
  scale: 'absolute',
  formula:
    'z*(gamma*(2*u + (((k + 1)*u*v + uv + deps)/(v + epsilon) + u)/2 + 1.5*u) + dgamma) + eta*(1 + gamma + dgamma)',
  secondOrder: {
    formula: `${rootFactor('k + 1')}*(1 + u)^2`,
    value: ({ u, k, w }) => rootFactorValue(u, w, k + 1) * (1 + u) ** 2,
  },
  symbols: {
    ...rootTexts,
    z: '|x|/√(v + ε)',
    gamma: '|γ|',
    dgamma: '|R(γ) − γ|',
    eta: 'what underflow can add to a product',
  },
  inputs: { ...rowInputs, gamma },
  assumptions: [
    ...normAssumptions,
    {
      id: 'no-overflow',
      text: 'no intermediate number overflows',
      violated({ x, format }, s) {
        const { u, eta, k, v, uv, deps, epsilon, w } = s as unknown as Record<string, number>;
        const squares = x.length * (v * (1 + u) ** (k + 1) + uv) + epsilon + deps;
        const [z, gains, loads] = [s.z, s.gamma, s.dgamma] as [Float64Array, Float64Array, Float64Array];
        let most = squares * (1 + u);
        z.forEach((size, i) => {
          const normalised = size * rootGrowth(u, w) * (1 + u) + eta;
          most = Math.max(most, normalised, normalised * (gains[i] + loads[i]) * (1 + u) + eta);
        });
        return most <= format.largest ? undefined : `one can reach ${most}`;
      },
    },
  ],
  theory: 'theory/norms.md',
  source: 'derived here',
  compute(inputs) {
    const { x, gamma: gains, epsilon } = inputs;
    if (gains.length !== x.length) {
      throw new InputError(`rmsRound: gamma: expected ${x.length} numbers, one for each of x, got ${gains.length}`);
    }
    const rounding = normRounding(inputs);
    const v = rowOf(x).meanSquare;
    const root = Math.sqrt(v + epsilon);
    return {
      ...rootSymbols(rounding, { v, epsilon, n: rounding.k + 1, flushes: 2 }),
      z: x.map((entry) => Math.abs(entry) / root),
      gamma: gains.map(Math.abs),
      dgamma: gains.map((gain) => Math.abs(rounding.load(gain) - gain)),
      eta: rounding.eta,
    };
  },
  value: ({ u, k, v, uv, deps, epsilon, z, gamma, dgamma, eta }) =>
    z * (gamma * (2 * u + (((k + 1) * u * v + uv + deps) / (v + epsilon) + u) / 2 + 1.5 * u) + dgamma) +
    eta * (1 + gamma + dgamma),
});
