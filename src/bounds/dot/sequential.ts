/** Inner products term by term: dotSeq, dotFma and dotGamma. */
import { defineBound } from '../define.ts';
import { unitRoundoff } from '../unit-roundoff.ts';
import {
  type DotInputs,
  dotInputs,
  dotScope,
  dotTexts,
  GROWTH_OF_ANY_ORDER,
  growthOfAnyOrder,
  inRange,
  nearestText,
  representable,
} from './terms.ts';

interface LengthScope {
  readonly n: number;
  readonly u: number;
  readonly nearest: number;
  readonly X: number;
  readonly A: number;
}

const byLength = ({ n, u, nearest, X, A }: LengthScope): number => growthOfAnyOrder(n, u, nearest) * (X + A) + A;

const shared = {
  quantity: '|fl(x·y) − x·y|',
  kind: 'rigorous',
  norm: 'componentwise',
  scale: 'absolute',
  theory: 'theory/dot.md',
  inputs: dotInputs,
} as const;

const symbols: Readonly<Record<keyof LengthScope, string>> = { ...dotTexts, nearest: nearestText };
const nearestOf = (inputs: DotInputs): number => Number(unitRoundoff(inputs).nearest);

export const dotSeq = defineBound({
  ...shared,
  id: 'dotSeq',
  title: 'Inner product, products and sums rounded one after the other',
  source:
    'C.-P. Jeannerod and S. M. Rump, SIAM J. Matrix Anal. Appl. 34 (2013); underflow and other modes derived here',
  formula: `${GROWTH_OF_ANY_ORDER} * (X + A) + A`,
  symbols,
  compute: (inputs) => ({ ...dotScope(inputs), nearest: nearestOf(inputs) }),
  value: byLength,
  assumptions: [representable, inRange<keyof LengthScope>((s) => s.X + byLength(s))],
});

export const dotFma = defineBound({
  ...shared,
  id: 'dotFma',
  title: 'Inner product, each product added with one rounding',
  source: 'derived here, after Jeannerod and Rump (2013)',
  formula: `${GROWTH_OF_ANY_ORDER} * (X + A) + A`,
  symbols: { ...symbols, A: 'what underflow can add: η for each of the n roundings' },
  compute: (inputs) => ({
    ...dotScope(inputs),
    nearest: nearestOf(inputs),
    A: inputs.x.length * unitRoundoff(inputs).eta,
  }),
  value: byLength,
  assumptions: [representable, inRange<keyof LengthScope>((s) => s.X + byLength(s))],
});

type GammaScope = Omit<LengthScope, 'nearest'>;

const gamma = ({ n, u, X, A }: GammaScope): number => ((n * u) / (1 - n * u)) * (X + A) + A;

export const dotGamma = defineBound({
  ...shared,
  id: 'dotGamma',
  title: 'Inner product in any order of additions, by γ_n',
  source: 'J. H. Wilkinson (1963); N. J. Higham, Accuracy and Stability of Numerical Algorithms (2002), 3.1',
  formula: 'n * u / (1 - n * u) * (X + A) + A',
  symbols: dotTexts,
  compute: dotScope,
  value: gamma,
  assumptions: [
    representable,
    {
      id: 'small',
      text: 'n·u is below 1',
      violated: (_, { n, u }) => ((n as number) * (u as number) < 1 ? undefined : `n = ${n}, u = ${u}`),
    },
    inRange<keyof GammaScope>((s) => s.X + gamma(s)),
  ],
});
