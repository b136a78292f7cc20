/** dotProb: the √n law, with the probability that it fails. */
import { z } from 'zod';
import { defineBound } from '../define.ts';
import { dotInputs, dotScope, dotTexts, inRange, representable } from './terms.ts';

interface ProbabilisticScope {
  readonly n: number;
  readonly u: number;
  readonly lambda: number;
  readonly X: number;
  readonly A: number;
}

const bound = ({ n, u, lambda, X, A }: ProbabilisticScope): number =>
  Math.expm1(lambda * Math.sqrt(n) * u + (n * u * u) / (1 - u)) * (X + A) + A;

export const dotProb = defineBound({
  id: 'dotProb',
  title: 'Inner product, products and sums rounded one after the other with random errors',
  quantity: '|fl(x·y) − x·y|',
  kind: 'probabilistic',
  norm: 'componentwise',
  scale: 'absolute',
  theory: 'theory/dot.md',
  source: 'N. J. Higham and T. Mary, SIAM J. Sci. Comput. 41 (2019); M. P. Connolly et al., SISC 43 (2021)',
  inputs: {
    ...dotInputs,
    lambda: z.number().positive().describe('λ: the bound fails with probability at most 2n·exp(−λ²/2)'),
  },
  formula: 'expm1(lambda * sqrt(n) * u + n * u^2 / (1 - u)) * (X + A) + A',
  symbols: { ...dotTexts, lambda: 'λ' },
  compute: (inputs) => ({ ...dotScope(inputs), lambda: inputs.lambda }),
  value: bound,
  assumptions: [
    representable,
    {
      id: 'unbiased',
      text: 'the rounding mode is to nearest or stochastic',
      violated: ({ mode = 'nearest-even' }) =>
        mode.startsWith('nearest') || mode === 'stochastic' ? undefined : `it is ${mode}`,
    },
    inRange((s: ProbabilisticScope) => s.X + bound(s)),
  ],
});
