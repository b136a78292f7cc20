import { defineBound } from '../define.ts';
import { arithmetic, vector } from '../inputs.ts';
import { unitRoundoff } from '../unit-roundoff.ts';
import { largestOf, probabilitiesOf } from './probabilities.ts';

export const lampCol = defineBound({
  id: 'lampCol',
  title: 'What the rounding of one logit does to softmax',
  quantity: '‖softmax(x with R(x_j) for x_j) − softmax(x)‖₁, for each j',
  kind: 'rigorous',
  norm: '1-norm',
  scale: 'absolute',
  formula: 'min(2 * p * q * expm1(u * y + eta), 2 * tanh((u * y + eta) / 4))',
  symbols: {
    p: 'the exact probability p_j',
    q: '1 − p_j',
    u: 'unit roundoff',
    y: '|x_j|',
    eta: 'η, half the smallest subnormal number',
  },
  inputs: { logits: vector('x: a row of logits, any real numbers'), ...arithmetic },
  assumptions: [
    {
      id: 'overflow',
      text: 'no logit overflows',
      violated: ({ logits, format }) => {
        const most = largestOf(logits.map(Math.abs));
        return most <= format.largest ? undefined : `${most} in ${format.name}`;
      },
    },
  ],
  compute: (inputs) => {
    const { u, eta } = unitRoundoff(inputs);
    const { p, rest: q } = probabilitiesOf(inputs.logits);
    return { p, q, u, y: inputs.logits.map(Math.abs), eta };
  },
  value: ({ p, q, u, y, eta }) => Math.min(2 * p * q * Math.expm1(u * y + eta), 2 * Math.tanh((u * y + eta) / 4)),
  theory: 'theory/softmax.md',
  source: "the criterion of LAMP's code (Budzinskiy, Fang, Zeng, Petersen)",
});
