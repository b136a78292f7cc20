/** Bounds from the numbers that were computed: dotRunning and dotRms. */
import { type CheckedAssumption, defineBound } from '../define.ts';
import { arithmetic, vector } from '../inputs.ts';
import { isOperand } from '../operands.ts';
import { type ArithmeticInputs, unitRoundoff } from '../unit-roundoff.ts';

const inputs = {
  products: vector('results of every rounded product, or of every multiply-add').optional(),
  sums: vector('results of every rounded sum of two numbers of the format').optional(),
  ...arithmetic,
};

interface ComputedInputs extends ArithmeticInputs {
  readonly products?: Float64Array | undefined;
  readonly sums?: Float64Array | undefined;
}

/** f over all results, added up. */
function total({ products, sums }: ComputedInputs, f: (result: number) => number): number {
  const of = (results: Float64Array | undefined): number => results?.reduce((s, r) => s + f(r), 0) ?? 0;
  return of(products) + of(sums);
}

type OnResults = Omit<CheckedAssumption<ComputedInputs, never>, 'violated'> & {
  violated(inputs: ComputedInputs): string | undefined;
};

const firstOf = ({ products, sums }: ComputedInputs, wrong: (result: number) => boolean): number | undefined =>
  products?.find(wrong) ?? sums?.find(wrong);

const results: OnResults = {
  id: 'results',
  text: 'products and sums are numbers of the format',
  violated(given) {
    const other = firstOf(given, (r) => !isOperand(r, given.format, given.subnormals));
    return other === undefined ? undefined : `${other} is no such number of ${given.format.name}`;
  },
};

/** In the modes that do not overflow to infinity, the largest number may stand for one beyond it. */
const range: OnResults = {
  id: 'range',
  text: 'every result is below the largest number of the format, which an overflow may have become',
  violated(given) {
    const most = firstOf(given, (r) => Math.abs(r) >= given.format.largest);
    return most === undefined ? undefined : `one is ${most}`;
  },
};

export const dotRunning = defineBound({
  id: 'dotRunning',
  title: 'Running error bound of an inner product or sum, from its computed intermediates',
  quantity: '|fl(x·y) − x·y|',
  kind: 'rigorous',
  norm: 'componentwise',
  scale: 'absolute',
  theory: 'theory/dot.md',
  source: 'J. H. Wilkinson (1986); N. J. Higham, Accuracy and Stability of Numerical Algorithms (2002), 3.3',
  inputs,
  formula: 'u * M + A',
  symbols: {
    u: 'unit roundoff',
    M: 'sum of the magnitudes of all rounded results: products and partial sums',
    A: 'what underflow can add: η for each product, and for each sum where tiny sums are flushed',
  },
  compute(given) {
    const { u, eta, etaSum } = unitRoundoff(given);
    const A = (given.products?.length ?? 0) * eta + (given.sums?.length ?? 0) * etaSum;
    return { u, M: total(given, Math.abs), A };
  },
  value: ({ u, M, A }) => u * M + A,
  assumptions: [results, range],
});

export const dotRms = defineBound({
  id: 'dotRms',
  title: 'Root-mean-square rounding error of an inner product or sum, from its computed intermediates',
  quantity: 'root mean square of fl(x·y) − x·y over roundings of random sign',
  kind: 'probabilistic',
  norm: 'componentwise',
  scale: 'absolute',
  theory: 'theory/dot.md',
  source: 'derived here, after N. J. Higham, Accuracy and Stability of Numerical Algorithms (2002), 2.8',
  inputs,
  formula: 'sqrt(v * (3 / (8 * log(2)) * u^2 * Q + eta^2 * P))',
  symbols: {
    u: 'unit roundoff',
    eta: 'η, the same for a result that underflows',
    v: 'variance of a rounding error in units of (u·2^exponent)² or of η²: 1/3 to nearest, 1/6 for stochastic rounding',
    Q: 'sum of the squares of all rounded results: products and partial sums',
    P: 'number of products below the smallest normal number; of sums, too, where tiny ones are flushed',
  },
  compute(given) {
    const { u, eta, etaSum } = unitRoundoff(given);
    const tiny = (r: number): number => Number(Math.abs(r) < given.format.smallestNormal);
    const P = total(etaSum === 0 ? { ...given, sums: undefined } : given, tiny);
    return { u, eta, v: given.mode === 'stochastic' ? 1 / 6 : 1 / 3, Q: total(given, (r) => r * r), P };
  },
  value: ({ u, eta, v, Q, P }) => Math.sqrt(v * ((3 / (8 * Math.LN2)) * u ** 2 * Q + eta ** 2 * P)),
  assumptions: [
    {
      id: 'unbiased',
      text: 'the rounding mode is to nearest or stochastic',
      violated: ({ mode = 'nearest-even' }) =>
        mode.startsWith('nearest') || mode === 'stochastic' ? undefined : `it is ${mode}`,
    },
    results,
    range,
  ],
});
