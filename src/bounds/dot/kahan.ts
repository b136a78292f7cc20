/** dotKahan: an inner product with Kahan's compensated sum. */
import { defineBound } from '../define.ts';
import { unitRoundoff } from '../unit-roundoff.ts';
import { dotInputs, dotScope, dotTexts, inRange, representable } from './terms.ts';

interface KahanScope {
  readonly n: number;
  readonly u: number;
  readonly a: number;
  readonly j: number;
  readonly X: number;
  readonly A: number;
}

/** Steps 4 and 6 of the derivation: what the corrections add to the terms, and by how much a step lets that grow. */
function feedback(u: number): { a: number; j: number } {
  const v = u * (1 + u) ** 2;
  const q = u + v;
  const r = 2 * u + u * u;
  const rho = (q * (1 + u) ** 2) / (1 - v) + r;
  return { a: q / (1 - v), j: (rho * u) / (1 - rho * u) };
}

/**
 * Step 8 of the derivation: the error of an inner product is at most this times X + A, and A times it over 4u.
 * Undefined where u is above 1/8, for which it is not derived.
 */
export function kahanGrowth(n: number, u: number): number | undefined {
  return u <= 1 / 8 ? growthOfProducts({ n, u, ...feedback(u) }) : undefined;
}

/** ω − 1 of step 6: no partial sum is above ω times the terms. */
const growth = ({ n, a, j }: Pick<KahanScope, 'n' | 'a' | 'j'>): number => Math.expm1((n - 1) * j + Math.log1p(a));

/** u + (1 + u)ε. */
const growthOfProducts = (s: Pick<KahanScope, 'n' | 'u' | 'a' | 'j'>): number =>
  s.u + (1 + s.u) * ((1 + s.u) * growth(s) + s.u);

export const dotKahan = defineBound({
  id: 'dotKahan',
  title: 'Inner product with rounded products and a compensated sum',
  quantity: '|fl(x·y) − x·y|',
  kind: 'first-order',
  norm: 'componentwise',
  scale: 'absolute',
  theory: 'theory/dot.md',
  source: 'W. Kahan, Comm. ACM 8 (1965); D. E. Knuth, TAOCP 2, 4.2.2, exercise 19; constant derived here',
  inputs: dotInputs,
  formula: '4 * u * (X + A) + A',
  secondOrder: {
    formula: '(u + (1 + u) * ((1 + u) * expm1((n - 1) * j + log1p(a)) + u)) / (4 * u)',
    value: (s) => growthOfProducts(s) / (4 * s.u),
  },
  symbols: {
    ...dotTexts,
    A: 'what underflow can add: η for each product, and 5η for each term where tiny sums are flushed',
    a: 'what the corrections add to the terms, relative to these: q/(1 − v), v = u(1 + u)², q = u + v',
    j: 'their growth in one step: ρu/(1 − ρu), ρ = q(1 + u)²/(1 − v) + 2u + u²',
  },
  compute(inputs) {
    const { eta, etaSum } = unitRoundoff(inputs);
    const { n, u, X } = dotScope(inputs);
    return { n, u, X, A: n * (eta + 5 * etaSum), ...feedback(u) };
  },
  value: ({ u, X, A }) => 4 * u * (X + A) + A,
  assumptions: [
    representable,
    {
      id: 'precision',
      text: 'u is at most 1/8',
      violated: (_, { u }) => ((u as number) <= 1 / 8 ? undefined : `u = ${u}`),
    },
    // A difference of two sums is the largest intermediate number.
    inRange<keyof KahanScope>((s) => 4 * (1 + s.u) * (1 + growth(s)) * (s.X + s.A)),
  ],
});
