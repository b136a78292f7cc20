/** GELU in both forms. Each is x/2 times 1 + t, and t is a bounded increasing function of x. */
import { defineBound } from '../define.ts';
import { unitRoundoff } from '../unit-roundoff.ts';
import { erf } from './erf.ts';
import { arithmeticTexts, binary, elementInputs, loadError, stored } from './inputs.ts';

// y may cancel for x < 0: it stands in the bounds only beside u·|x|·|t|, which is then larger.

/** √(2/π), the factor of x³, and 1/√2, as the nearest float64. */
const C1 = 0.7978845608028654;
const C2 = 0.044715;
const SQRT_HALF = Math.SQRT1_2;

/** |x/2|·|t̂ − t|, two roundings of y, and the underflow of x/2, of 1 + t and of y. `dt`: the argument's share of t̂ − t. */
const formula = (dt: string): string => `x/2*(${dt} + u*t + eta + etas) + 2*u*y + 3*eta`;
const value = (
  { x, u, t, y, eta, etas }: Readonly<Record<'x' | 'u' | 't' | 'y' | 'eta' | 'etas', number>>,
  dt: number,
): number => (x / 2) * (dt + u * t + eta + etas) + 2 * u * y + 3 * eta;

const symbols = {
  x: '|x|',
  t: '|t|',
  y: '|gelu(x)|',
  ...arithmeticTexts,
} as const;

export const geluAbs = defineBound({
  id: 'geluAbs',
  title: 'GELU, tanh form',
  quantity: '|ŷ − y| of y = x/2·(1 + tanh(c₁(x + c₂x³)))',
  kind: 'first-order',
  norm: 'componentwise',
  scale: 'absolute',
  formula: formula('(c1*((2*u + l1)*x + c2*(5*u + l1 + l2)*x^3) + eta*(2 + 0.04*x))/cosh(a)^2'),
  secondOrder: { formula: '(1 + u)^8*(1 + l1)*(1 + l2)', value: ({ u, l1, l2 }) => (1 + u) ** 8 * (1 + l1) * (1 + l2) },
  symbols: {
    ...symbols,
    c1: '√(2/π)',
    c2: '0.044715',
    l1: 'relative error of c₁ as it is loaded',
    l2: 'relative error of c₂ as it is loaded',
    a: 'the least magnitude that the argument of tanh can have, exact or computed',
  },
  inputs: elementInputs,
  assumptions: [
    stored,
    binary,
    {
      id: 'no-overflow',
      text: 'x³ does not overflow',
      violated({ x, format }, { u }) {
        const most = x.reduce((largest, entry) => Math.max(largest, Math.abs(entry)), 0);
        const cube = Math.max(most ** 3, most ** 2, most) * (1 + Number(u)) ** 6;
        return cube <= format.largest ? undefined : `|x|³ can reach ${cube}`;
      },
    },
  ],
  theory: 'theory/elementwise.md',
  source: 'derived here',
  compute(inputs) {
    const { u, eta, etaSum } = unitRoundoff(inputs);
    const [l1, l2] = [loadError(C1, inputs), loadError(C2, inputs)];
    const x = inputs.x.map(Math.abs);
    const argument = (s: number): number => C1 * (s + C2 * s ** 3);
    const error = (s: number): number =>
      (C1 * ((2 * u + l1) * s + C2 * (5 * u + l1 + l2) * s ** 3) + eta * (2 + 0.04 * s)) *
      (1 + u) ** 5 *
      (1 + l1) *
      (1 + l2);
    const t = x.map((s) => Math.tanh(argument(s)));
    return {
      ...{ x, t, u, l1, l2, eta, etas: etaSum, c1: C1, c2: C2 },
      y: inputs.x.map((entry, i) => (x[i] / 2) * (1 + Math.sign(entry) * t[i])),
      a: x.map((s) => Math.max(0, argument(s) - error(s))),
    };
  },
  value(s) {
    const { u, x, c1, c2, l1, l2, eta } = s;
    const error = c1 * ((2 * u + l1) * x + c2 * (5 * u + l1 + l2) * x ** 3) + eta * (2 + 0.04 * x);
    return value(s, error / Math.cosh(s.a) ** 2);
  },
});

export const geluErfAbs = defineBound({
  id: 'geluErfAbs',
  title: 'GELU, erf form',
  quantity: '|ŷ − y| of y = x/2·(1 + erf(x/√2))',
  kind: 'first-order',
  norm: 'componentwise',
  scale: 'absolute',
  formula: formula('c*exp(-a^2)*((u + l)*x/sqrt(2) + eta)'),
  secondOrder: { formula: '(1 + u)^4', value: ({ u }) => (1 + u) ** 4 },
  symbols: {
    ...symbols,
    c: '2/√π',
    l: 'relative error of 1/√2 as it is loaded',
    a: 'the least magnitude that the argument of erf can have, exact or computed',
  },
  inputs: elementInputs,
  assumptions: [stored, binary],
  theory: 'theory/elementwise.md',
  source: 'derived here',
  compute(inputs) {
    const { u, eta, etaSum } = unitRoundoff(inputs);
    const l = loadError(SQRT_HALF, inputs);
    const x = inputs.x.map(Math.abs);
    const t = x.map((s) => erf(s * SQRT_HALF));
    const error = (s: number): number => ((u + l) * s * SQRT_HALF + eta) * (1 + u);
    return {
      ...{ x, u, l, eta, etas: etaSum, c: 2 / Math.sqrt(Math.PI) },
      t,
      y: inputs.x.map((entry, i) => (x[i] / 2) * (1 + Math.sign(entry) * t[i])),
      a: x.map((s) => Math.max(0, s * SQRT_HALF - error(s))),
    };
  },
  value: (s) => value(s, s.c * Math.exp(-(s.a ** 2)) * (((s.u + s.l) * s.x) / Math.SQRT2 + s.eta)),
});
