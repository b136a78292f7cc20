/** Local errors, each carried to the output by the exact program, and added up. */
import { z } from 'zod';
import { InputError } from '../../formats/index.ts';
import { defineBound } from '../define.ts';
import { sizes } from './inputs.ts';

const transported = sizes('the norm of each local error, carried to the output');

export const triangle = defineBound({
  id: 'triangle',
  title: 'Triangle: the transported local errors added up',
  quantity: '‖x̂_L − x_L‖ of x_l = F_l(x_{l−1}), x̂_l = F_l(x̂_{l−1}) + ξ_l',
  kind: 'first-order',
  norm: '2-norm',
  scale: 'absolute',
  formula: 'T',
  secondOrder: { formula: '1 + q', value: ({ q }) => 1 + q },
  symbols: { T: 'the sum of the transported norms', q: 'what the tails’ curvature can add, relative to T' },
  inputs: {
    transported,
    transport: z
      .enum(['exact', 'linear'])
      .describe('exact: differences of the exact program; linear: its derivative, times the local error'),
    local: sizes('').optional().describe('‖ξ_l‖, for linear transport'),
    curvature: sizes('')
      .optional()
      .describe('Lipschitz constant of the derivative of each tail F_L∘…∘F_{l+1}, for linear transport'),
  },
  assumptions: [
    {
      id: 'curvature',
      text: 'linear transport comes with the local errors and the curvature of the tails',
      violated: ({ transport, local, curvature }) =>
        transport === 'exact' || (local !== undefined && curvature !== undefined) ? undefined : 'they are missing',
    },
    {
      id: 'transported',
      text: 'the transported errors are not all 0 where curvature adds to them',
      violated: (_, { q }) => (Number.isFinite(Number(q)) ? undefined : 'they are'),
    },
  ],
  theory: 'theory/depth.md',
  source: 'derived here: a telescoping sum',
  compute({ transported, transport, local, curvature }) {
    const T = transported.reduce((sum, norm) => sum + norm, 0);
    if (transport === 'exact' || local === undefined || curvature === undefined) return { T, q: 0 };
    if (local.length !== transported.length || curvature.length !== transported.length) {
      throw new InputError(`triangle: expected ${transported.length} numbers in local and in curvature`);
    }
    const added = local.reduce((sum, norm, l) => sum + curvature[l] * norm ** 2, 0);
    return { T, q: added === 0 ? 0 : added / (2 * T) };
  },
  value: ({ T }) => T,
});

export const rss = defineBound({
  id: 'rss',
  title: 'Root sum square of the transported local errors',
  quantity: 'the root mean square of ‖x̂_L − x_L‖₂ if the local errors are uncorrelated with mean 0',
  kind: 'probabilistic',
  norm: '2-norm',
  scale: 'absolute',
  formula: 'sqrt(Q)',
  symbols: { Q: 'the sum of the squares of the transported norms' },
  inputs: { transported },
  assumptions: [],
  theory: 'theory/depth.md',
  source: 'derived here',
  compute: ({ transported }) => ({ Q: transported.reduce((sum, norm) => sum + norm ** 2, 0) }),
  value: ({ Q }) => Math.sqrt(Q),
});
