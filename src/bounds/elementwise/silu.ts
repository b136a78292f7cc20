/** SiLU, whose roundings are all relative. */
import { defineBound } from '../define.ts';
import { unitRoundoff } from '../unit-roundoff.ts';
import { elementInputs, stored } from './inputs.ts';

export const siluAbs = defineBound({
  id: 'siluAbs',
  title: 'SiLU',
  quantity: '|ŷ − y| of y = x/(1 + exp(−x))',
  kind: 'first-order',
  norm: 'componentwise',
  scale: 'absolute',
  formula: 'y*(u*(2 + s) + eta*(1 - s)) + eta',
  secondOrder: {
    formula: '1/(1 - u*(2 + s) - eta*(1 - s))',
    value: ({ u, s, eta }) => 1 / (1 - u * (2 + s) - eta * (1 - s)),
  },
  symbols: {
    y: '|silu(x)|',
    s: '1/(1 + exp(x))',
    u: 'unit roundoff',
    eta: 'what underflow can add to a product, a quotient or exp',
  },
  inputs: elementInputs,
  assumptions: [
    stored,
    {
      id: 'precision',
      text: 'three roundings change a number by less than itself',
      violated(_, { u, eta, s }) {
        const change = (s as Float64Array).reduce((most, share) => Math.max(most, Number(u) * (2 + share)), 0);
        return change + Number(eta) < 1 ? undefined : `u(2 + s) + η reaches ${change + Number(eta)}`;
      },
    },
    {
      id: 'no-overflow',
      text: 'exp(−x) does not overflow',
      violated({ x, format }, { u }) {
        const least = x.reduce((smallest, entry) => Math.min(smallest, entry), 0);
        const most = (1 + Math.exp(-least) * (1 + Number(u))) * (1 + Number(u));
        return most <= format.largest ? undefined : `1 + exp(−x) can reach ${most}`;
      },
    },
  ],
  theory: 'theory/elementwise.md',
  source: 'derived here',
  compute(inputs) {
    const { u, eta } = unitRoundoff(inputs);
    return {
      ...{ u, eta },
      s: inputs.x.map((entry) => 1 / (1 + Math.exp(entry))),
      y: inputs.x.map((entry) => Math.abs(entry / (1 + Math.exp(-entry)))),
    };
  },
  value: ({ y, u, s, eta }) => y * (u * (2 + s) + eta * (1 - s)) + eta,
});
