/** The worst case through depth: every half block stretches the error by what its norm and its branch can do at most. */
import { z } from 'zod';
import { InputError } from '../../formats/index.ts';
import { defineBound } from '../define.ts';
import { sizes } from './inputs.ts';

const value = ({
  E,
  L,
  gamma,
  a,
  D,
  c,
  sigma,
  epsilon,
  local,
}: Readonly<Record<'E' | 'L' | 'gamma' | 'a' | 'D' | 'c' | 'sigma' | 'epsilon' | 'local', number>>): number => {
  const s = Math.sqrt(Math.max(0, sigma - E) ** 2 + epsilon);
  return (1 + (L * gamma * (a + Math.min((1 + Math.sqrt(D)) / 2, (c + 2 * E) / s))) / s) * E + local;
};

export const blockInf = defineBound({
  id: 'blockInf',
  title: 'Worst case through depth, in the largest entry',
  quantity: 'maxₜ‖x̂_l − x_l‖∞ after each half block x_l = x_{l−1} + f_l(norm(x_{l−1})), over all tokens t',
  kind: 'rigorous',
  norm: 'block-∞',
  scale: 'absolute',
  formula:
    '(1 + L*gamma*(a + min((1 + sqrt(D))/2, (c + 2*E)/sqrt(max(0, sigma - E)^2 + epsilon)))' +
    '/sqrt(max(0, sigma - E)^2 + epsilon))*E + local',
  symbols: {
    E: 'the bound before the half block',
    L: 'Lipschitz constant of the branch f_l',
    gamma: '‖γ‖∞',
    a: '2 − 2/D of LayerNorm, 1 of RMSNorm',
    D: 'the width',
    c: 'the largest |x − mean| of any token; |x| of RMSNorm',
    sigma: 'the smallest standard deviation of any token; root mean square of RMSNorm',
    epsilon: 'ε',
    local: 'the half block’s own error',
  },
  inputs: {
    width: z.number().int().positive().describe('the model’s width D'),
    norm: z.enum(['layerNorm', 'rmsNorm']).optional().describe('the norms (default: layerNorm)'),
    initial: z.number().nonnegative().describe('maxₜ‖x̂₀ − x₀‖∞, the error of the embedding'),
    lipschitz: sizes('Lipschitz constants of the branches, maximum norm over all tokens to the same'),
    gamma: sizes('‖γ‖∞ of each norm'),
    sigma: sizes('the smallest standard deviation (root mean square) over the tokens, of each norm’s exact input'),
    deviation: sizes('the largest |x − mean| (|x|) over the tokens, of each norm’s exact input'),
    epsilon: sizes('ε of each norm'),
    local: sizes('maxₜ‖fl(F_l)(x̂) − F_l(x̂)‖∞ of each half block'),
  },
  assumptions: [
    {
      id: 'spread',
      text: 'the error leaves every norm a variance plus ε above 0',
      violated(_, { E, sigma, epsilon }) {
        const [errors, deviations, shifts] = [E, sigma, epsilon] as Float64Array[];
        const l = errors.findIndex((error, i) => !(shifts[i] > 0 || deviations[i] > error));
        return l < 0 ? undefined : `half block ${l} has σ = ${deviations[l]} and ε = 0 at an error of ${errors[l]}`;
      },
    },
  ],
  theory: 'theory/depth.md',
  source: 'derived here, from Budzinskiy et al., arXiv 2503.10251 v2; with the norms’ sensitivity at a finite distance',
  compute({ width, norm, initial, lipschitz, gamma, sigma, deviation, epsilon, local }) {
    const steps = { lipschitz, gamma, sigma, deviation, epsilon, local };
    for (const [name, numbers] of Object.entries(steps)) {
      if (numbers.length === lipschitz.length) continue;
      throw new InputError(
        `blockInf: ${name}: expected ${lipschitz.length} numbers, one a half block, got ${numbers.length}`,
      );
    }
    const a = norm === 'rmsNorm' ? 1 : 2 - 2 / width;
    let error = initial;
    const E = lipschitz.map((L, l) => {
      // Above the exact recursion in spite of its rounding, so that σ − E is not too large where it cancels.
      const before = error * (1 + 2 ** -40);
      error = value({
        ...{ E: before, L, a, D: width, gamma: gamma[l], c: deviation[l] },
        ...{ sigma: sigma[l], epsilon: epsilon[l], local: local[l] },
      });
      return before;
    });
    return { E, L: lipschitz, gamma, a, D: width, c: deviation, sigma, epsilon, local };
  },
  value,
});
