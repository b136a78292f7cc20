/** The variance as the mean square minus the squared mean: one pass over the row, and the cancellation that goes with it. */
import { defineBound } from '../define.ts';
import { rowInputs } from './inputs.ts';
import { normRounding, rowAssumptions } from './rounding.ts';
import { rowOf } from './row.ts';

const { epsilon: _, ...inputs } = rowInputs;

export const onePassVar = defineBound({
  id: 'onePassVar',
  title: 'Variance in one pass',
  quantity: '|v̂ − v| of v̂ = R(R(Σx²/D) − R(μ̂·μ̂)), μ̂ the computed mean',
  kind: 'first-order',
  norm: 'componentwise',
  scale: 'absolute',
  formula: '(k + 1)*u*q + 2*mu*(k*u*m + um) + (k*u*m + um)^2 + u*mu^2 + u*v + uq + eta + etas',
  secondOrder: {
    formula: '(1 + u)^(2*k + 2)',
    value: ({ u, k }) => (1 + u) ** (2 * k + 2),
  },
  symbols: {
    u: 'unit roundoff',
    k: 'roundings of a mean: additions on the longest path, and 1 for the division unless D is a power of two (decimal formats: 2)',
    q: 'the mean of x²',
    mu: '|mean of x|',
    m: 'the mean of |x|',
    v: 'the variance',
    um: 'what underflow can add to the mean',
    uq: 'what underflow can add to the mean square',
    eta: 'what underflow can add to a product',
    etas: 'what underflow can add to a sum: 0 where underflow is gradual',
  },
  inputs,
  assumptions: [
    ...rowAssumptions,
    {
      id: 'no-overflow',
      text: 'no sum of squares overflows',
      violated({ x, format }, s) {
        const { u, k, q, m, um, uq, eta } = s as unknown as Record<string, number>;
        const mean = m * (1 + u) ** k + um;
        const squares = x.length * (q * (1 + u) ** (k + 1) + uq);
        const most = Math.max(squares, x.length * mean, mean ** 2 * (1 + u) + eta);
        return most <= format.largest ? undefined : `one can reach ${most}`;
      },
    },
  ],
  theory: 'theory/norms.md',
  source: 'derived here',
  compute(given) {
    const { u, k, eta, etaSum } = normRounding({ ...given, epsilon: 0 });
    const row = rowOf(given.x);
    return {
      ...{ u, k, q: row.meanSquare, mu: Math.abs(row.mean), m: row.meanAbs, v: row.variance },
      um: etaSum * (1 + u) ** (k + 1) + eta,
      uq: (2 * eta + etaSum) * (1 + u) ** (k + 1),
      eta,
      etas: etaSum,
    };
  },
  value({ u, k, q, mu, m, v, um, uq, eta, etas }) {
    const mean = k * u * m + um;
    return (k + 1) * u * q + 2 * mu * mean + mean ** 2 + u * mu ** 2 + u * v + uq + eta + etas;
  },
});
