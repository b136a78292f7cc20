/** What a residual block y = x + f(x) can do to an error that it is given. */
import { z } from 'zod';
import { defineBound } from '../define.ts';
import { arithmetic } from '../inputs.ts';
import { unitRoundoff } from '../unit-roundoff.ts';
import { sizes } from './inputs.ts';

const rho = z
  .number()
  .nonnegative()
  .describe('a Lipschitz constant of f in the 2-norm, on the segment between the exact and the perturbed x');

export const residualAbs = defineBound({
  id: 'residualAbs',
  title: 'Residual block: absolute error',
  quantity: '‖δy‖₂ of y = x + f(x), x perturbed by δx',
  kind: 'rigorous',
  norm: '2-norm',
  scale: 'absolute',
  formula: '(1 + rho)*dx',
  symbols: { rho: 'Lipschitz constant of f', dx: '‖δx‖₂' },
  inputs: { rho, dx: z.number().nonnegative().describe('‖δx‖₂') },
  assumptions: [],
  theory: 'theory/depth.md',
  source: 'derived here',
  compute: ({ rho, dx }) => ({ rho, dx }),
  value: ({ rho, dx }) => (1 + rho) * dx,
});

export const residualRel = defineBound({
  id: 'residualRel',
  title: 'Residual block: relative error',
  quantity: '‖δy‖₂/‖y‖₂ of y = x + f(x), x perturbed by δx, where ‖f(x)‖₂ ≤ ρ‖x‖₂',
  kind: 'rigorous',
  norm: '2-norm',
  scale: 'relative',
  formula: '(1 + rho)/(1 - rho)*dx',
  symbols: { rho: 'Lipschitz constant of f, which also bounds ‖f(x)‖/‖x‖', dx: '‖δx‖₂/‖x‖₂' },
  inputs: { rho, dx: z.number().nonnegative().describe('‖δx‖₂/‖x‖₂') },
  assumptions: [
    {
      id: 'small-gain',
      text: 'ρ is below 1',
      violated: ({ rho }) => (rho < 1 ? undefined : `ρ = ${rho}`),
    },
  ],
  theory: 'theory/depth.md',
  source: 'derived here; the factor (1 + ρ)/(1 − ρ) is that of Baek, arXiv 2510.21770',
  compute: ({ rho, dx }) => ({ rho, dx }),
  value: ({ rho, dx }) => ((1 + rho) / (1 - rho)) * dx,
});

export const residAdds = defineBound({
  id: 'residAdds',
  title: 'The additions of the residual stream',
  quantity: '‖x̂_L − (x₀ + Σ f_l)‖₂/‖x̂_L‖₂ of x̂_l = R(x̂_{l−1} + f_l), the f_l as they were computed',
  kind: 'rigorous',
  norm: '2-norm',
  scale: 'relative',
  formula: '(u*S + n*sqrt(D)*etas)/last',
  symbols: {
    u: 'unit roundoff',
    S: 'the sum of the norms of the computed streams',
    n: 'the number of additions',
    D: 'the width',
    etas: 'what underflow can add to a sum: 0 where underflow is gradual',
    last: 'the norm of the last stream',
  },
  inputs: {
    norms: sizes('‖x̂_l‖₂ of the computed stream after each addition'),
    width: z.number().int().positive().describe('numbers in the stream'),
    ...arithmetic,
  },
  assumptions: [
    {
      id: 'nonzero',
      text: 'the last stream is not 0',
      violated: (_, { last }) => (Number(last) > 0 ? undefined : 'it is'),
    },
  ],
  theory: 'theory/depth.md',
  source: 'derived here; 2L·u where no stream is larger than the last',
  compute(inputs) {
    const { norms, width } = inputs;
    const { u, etaSum } = unitRoundoff(inputs);
    const S = norms.reduce((sum, norm) => sum + norm, 0);
    return { u, S, n: norms.length, D: width, etas: etaSum, last: norms[norms.length - 1] };
  },
  value: ({ u, S, n, D, etas, last }) => (u * S + n * Math.sqrt(D) * etas) / last,
});
