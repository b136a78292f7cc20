import { defineBound } from '../define.ts';
import { arithmetic, vector } from '../inputs.ts';
import { unitRoundoff } from '../unit-roundoff.ts';

export const expInput = defineBound({
  id: 'expInput',
  title: 'Exponential of a rounded argument',
  quantity: '|R(exp(R(x))) − exp(x)| / exp(x)',
  kind: 'rigorous',
  norm: 'componentwise',
  scale: 'relative',
  formula: 'u + (1 + u) * expm1(u * x + eta) + eta * r',
  symbols: {
    u: 'unit roundoff',
    x: '|x|',
    eta: 'η, half the smallest subnormal number',
    r: 'exp(−x)',
  },
  inputs: { x: vector('x: real arguments'), ...arithmetic },
  assumptions: [
    {
      id: 'overflow',
      text: 'no exponential overflows',
      violated: ({ x, format, ...rest }) => {
        const { u, eta } = unitRoundoff({ format, ...rest });
        const most = x.reduce((a, b) => Math.max(a, b + u * Math.abs(b) + eta), Number.NEGATIVE_INFINITY);
        const least = x.reduce((a, b) => Math.min(a, b), 0);
        if (most > format.lnMax * (1 - 2 ** -50)) return `exp(${most}) in ${format.name}`;
        return -least * (1 + u) > format.largest ? `an argument of ${least} in ${format.name}` : undefined;
      },
    },
  ],
  compute: (inputs) => {
    const { u, eta } = unitRoundoff(inputs);
    return { u, x: inputs.x.map(Math.abs), eta, r: inputs.x.map((x) => Math.exp(-x)) };
  },
  value: ({ u, x, eta, r }) => u + (1 + u) * Math.expm1(u * x + eta) + eta * r,
  theory: 'theory/softmax.md',
  source: 'known; derived here for any u|x|',
});
