/** What the roundings of a norm can do: the mean, the mean square and its reciprocal root. See theory/norms.md. */
import { type Format, type RoundingMode, round } from '../../formats/index.ts';
import type { Order } from '../../tensor/index.ts';
import type { CheckedAssumption } from '../define.ts';
import { depthOf } from '../dot/depth.ts';
import { isOperand } from '../operands.ts';
import { unitRoundoff } from '../unit-roundoff.ts';

export interface NormInputs {
  readonly x: Float64Array;
  readonly epsilon: number;
  readonly format: Format;
  readonly mode?: RoundingMode | 'stochastic' | undefined;
  readonly subnormals?: 'keep' | 'flush' | undefined;
  readonly order: Order;
}

export interface NormRounding {
  readonly u: number;
  readonly eta: number;
  readonly etaSum: number;
  /** Roundings of a mean on the longest path: additions, the division where it is not exact, a decimal format's first. */
  readonly k: number;
  /** |R(ε) − ε|. */
  readonly deps: number;
  /** The parameter as it is loaded: to nearest even in every mode. */
  readonly load: (parameter: number) => number;
}

export function normRounding(inputs: NormInputs): NormRounding {
  const { x, epsilon, format, subnormals, order } = inputs;
  const { u, eta, etaSum } = unitRoundoff(inputs);
  const flushedBelow = subnormals === 'flush' ? format.smallestNormal : 0;
  const load = (parameter: number): number => {
    const rounded = round(parameter, format);
    return Math.abs(rounded) < flushedBelow ? 0 : rounded;
  };
  const additions = depthOf(order, x.length).additions;
  // A decimal number is stored as a float64 beside it, which a directed mode may round away again where a chain starts.
  const others = format.kind === 'decimal' ? 2 : Number.isInteger(Math.log2(x.length)) ? 0 : 1;
  return { u, eta, etaSum, k: additions + others, deps: Math.abs(load(epsilon) - epsilon), load };
}

/** What a formula reads of the mean square V of the numbers whose mean square is v, after `n` roundings each. */
export interface RootSymbols {
  readonly u: number;
  readonly k: number;
  readonly v: number;
  /** All that underflow adds to V + ε. */
  readonly uv: number;
  readonly deps: number;
  readonly epsilon: number;
  /** The largest relative decrease of V + ε. */
  readonly w: number;
}

/** n: roundings of a square on its way to V; flushes: how often a sum of the way is flushed. */
export function rootSymbols(
  { u, eta, etaSum, k, deps }: NormRounding,
  { v, epsilon, n, flushes }: { v: number; epsilon: number; n: number; flushes: number },
): RootSymbols {
  const underflow = 2 * eta + flushes * etaSum;
  const w = (v * -Math.expm1(n * Math.log1p(-u)) + underflow + deps) / (v + epsilon);
  return { u, k, v, uv: underflow * (1 + u) ** (k + 1), deps, epsilon, w };
}

export const rootTexts = {
  u: 'unit roundoff',
  k: 'roundings of a mean: additions on the longest path, and 1 for the division unless D is a power of two (decimal formats: 2)',
  v: 'the exact mean square that is divided by',
  uv: 'what underflow can add to it',
  deps: '|R(ε) − ε|',
  epsilon: 'ε',
  w: 'the largest relative decrease of the computed mean square plus ε',
} as const;

/** The second-order factor of 1/√ of the computed mean square plus ε; `roundings` of the mean square, amplified. */
export const rootFactor = (roundings: string): string => `max((1 + u)^(${roundings}), 1/((1 - w)*(1 - u)^3))`;

/** How much larger than r the computed reciprocal root can be. */
export const rootGrowth = (u: number, w: number): number => 1 / (Math.sqrt(1 - w) * (1 - u) ** 2.5);

export const rootFactorValue = (u: number, w: number, roundings: number): number =>
  Math.max((1 + u) ** roundings, 1 / ((1 - w) * (1 - u) ** 3));

/** What the bounds on sums over a row assume. */
export const rowAssumptions: readonly CheckedAssumption<Omit<NormInputs, 'epsilon'>, never>[] = [
  {
    id: 'stored',
    text: 'x holds numbers of the format, none of them subnormal where subnormals are flushed',
    violated({ x, format, subnormals }) {
      const other = x.find((entry) => !isOperand(entry, format, subnormals));
      return other === undefined ? undefined : `${other} is none in ${format.name}`;
    },
  },
  {
    id: 'tree',
    text: 'the sums are trees of additions',
    violated: ({ order }) => (order.kind === 'kahan' ? 'a compensated sum is not' : undefined),
  },
];

/** The assumptions of every bound on a norm's roundings, in the order in which they are checked. */
export const normAssumptions: readonly CheckedAssumption<NormInputs, 'w'>[] = [
  ...rowAssumptions,
  {
    id: 'roots',
    text: 'square roots and their reciprocals are normal numbers of the format',
    violated({ format: { smallestNormal, smallestSubnormal, largest, name } }) {
      const [least, most] = [Math.sqrt(smallestSubnormal), Math.sqrt(largest)];
      const normal = least >= smallestNormal && least * largest >= 1 && most * smallestNormal <= 1;
      return normal ? undefined : `not all of them in ${name}`;
    },
  },
  {
    id: 'positive',
    text: 'no rounding can bring the mean square plus ε down to zero (w < 1)',
    violated: (_, { w }) => (Number(w) < 1 ? undefined : `w = ${w}`),
  },
];
