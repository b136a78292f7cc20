/** What the roundings of LayerNorm do to each entry. */
import { InputError } from '../../formats/index.ts';
import { defineBound } from '../define.ts';
import { vector } from '../inputs.ts';
import { gamma, rowInputs } from './inputs.ts';
import {
  normAssumptions,
  normRounding,
  rootFactor,
  rootFactorValue,
  rootGrowth,
  rootSymbols,
  rootTexts,
} from './rounding.ts';
import { rowOf } from './row.ts';

/** How far the computed mean is off, to first order. */
export const MEAN_ERROR = '(k*u*m + um)';
export const meanError = (s: { u: number; k: number; m: number; um: number }): number => s.k * s.u * s.m + s.um;

/** Relative error of the reciprocal root of LayerNorm, whose variance has three roundings more than the mean. */
export const ROOT_ERROR = `((((k + 3)*u*v + ${MEAN_ERROR}^2 + uv + deps)/(v + epsilon) + u)/2 + 1.5*u)`;
const rootError = (
  s: {
    readonly [name in 'u' | 'k' | 'v' | 'm' | 'um' | 'uv' | 'deps' | 'epsilon']: number;
  },
): number => (((s.k + 3) * s.u * s.v + meanError(s) ** 2 + s.uv + s.deps) / (s.v + s.epsilon) + s.u) / 2 + 1.5 * s.u;

/** What both bounds of LayerNorm's roundings are written in. */
export const layerNormTexts = {
  ...rootTexts,
  v: 'the variance of x, exactly',
  uv: 'what underflow can add to the computed variance',
  w: 'the largest relative decrease of the computed variance plus ε',
  um: 'what underflow can add to the mean',
  eta: 'what underflow can add to a product',
  etas: 'what underflow can add to a sum: 0 where underflow is gradual',
};

export const layerNormSecondOrder = {
  formula: `${rootFactor('3*k + 3')}*(1 + u)^(k + 4)`,
  value: ({ u, k, w }: { readonly u: number; readonly k: number; readonly w: number }): number =>
    rootFactorValue(u, w, 3 * k + 3) * (1 + u) ** (k + 4),
};

export const lnRound = defineBound({
  id: 'lnRound',
  title: 'Rounding errors of LayerNorm',
  quantity: '|ŷ − y| of y = γ·(x − mean)/√(v + ε) + β, two passes',
  kind: 'first-order',
  norm: 'componentwise',
  scale: 'absolute',
  formula:
    `gamma*(z*(3*u + ${ROOT_ERROR}) + (${MEAN_ERROR} + etas)/sqrt(v + epsilon))` +
    ` + dgamma*(z + (${MEAN_ERROR} + etas)/sqrt(v + epsilon)) + eta*(1 + gamma + dgamma)` +
    ' + last*(u*y + dbeta + etas)',
  secondOrder: layerNormSecondOrder,
  symbols: {
    ...layerNormTexts,
    m: 'the mean of |x|',
    z: '|x − mean|/√(v + ε)',
    y: '|y|',
    gamma: '|γ|',
    dgamma: '|R(γ) − γ|',
    dbeta: '|R(β) − β|',
    last: '1 where β is added, 0 without β',
  },
  inputs: {
    ...rowInputs,
    gamma,
    beta: vector('').optional().describe('β, one for each entry of x, in original numbers (default: none is added)'),
  },
  assumptions: [
    ...normAssumptions,
    {
      id: 'no-overflow',
      text: 'no intermediate number overflows',
      violated({ x, format }, scope) {
        const most = largestIntermediate(x, scope as unknown as RangeScope);
        return most <= format.largest ? undefined : `one can reach ${most}`;
      },
    },
  ],
  theory: 'theory/norms.md',
  source: 'derived here',
  compute(inputs) {
    const { x, epsilon, gamma: gains, beta } = inputs;
    for (const [name, parameters] of [['gamma', gains] as const, ['beta', beta] as const]) {
      if (parameters === undefined || parameters.length === x.length) continue;
      throw new InputError(
        `lnRound: ${name}: expected ${x.length} numbers, one for each of x, got ${parameters.length}`,
      );
    }
    const rounding = normRounding(inputs);
    const { u, k, eta, etaSum, load } = rounding;
    const row = rowOf(x);
    const root = Math.sqrt(row.variance + epsilon);
    const loadError = (parameter: number): number => Math.abs(load(parameter) - parameter);
    return {
      ...rootSymbols(rounding, { v: row.variance, epsilon, n: k + 3, flushes: 3 }),
      m: row.meanAbs,
      um: etaSum * (1 + u) ** (k + 1) + eta,
      z: row.centred.map((deviation) => Math.abs(deviation) / root),
      y: row.centred.map((deviation, i) => Math.abs((gains[i] * deviation) / root + (beta?.[i] ?? 0))),
      gamma: gains.map(Math.abs),
      dgamma: gains.map(loadError),
      dbeta: beta?.map(loadError) ?? 0,
      last: beta === undefined ? 0 : 1,
      eta,
      etas: etaSum,
    };
  },
  value(s) {
    const shift = (meanError(s) + s.etas) / Math.sqrt(s.v + s.epsilon);
    return (
      s.gamma * (s.z * (3 * s.u + rootError(s)) + shift) +
      s.dgamma * (s.z + shift) +
      s.eta * (1 + s.gamma + s.dgamma) +
      s.last * (s.u * s.y + s.dbeta + s.etas)
    );
  },
});

interface RangeScope {
  readonly [symbol: string]: number & Float64Array;
}

/** Above every partial sum, deviation, square, normalised and scaled number that the norm forms. */
function largestIntermediate(x: Float64Array, s: RangeScope): number {
  const { u, k, v, m, um, uv, epsilon, deps, w, eta } = s as Record<string, number>;
  const grow = 1 + u;
  const shift = (k * u * m + um) * grow ** k;
  const sum = x.length * (m * grow ** k + um);
  const squares = x.length * ((v + shift ** 2) * grow ** (k + 3) + uv);
  const r = rootGrowth(u, w) / Math.sqrt(v + epsilon);
  let most = Math.max(sum, (squares + epsilon + deps) * grow);
  s.z.forEach((z, i) => {
    const deviation = (z * Math.sqrt(v + epsilon) + shift) * grow;
    const normalised = deviation * r * grow + eta;
    const scaled = (normalised * (s.gamma[i] + s.dgamma[i]) + eta) * grow;
    const shifted = scaled + s.y[i] + s.gamma[i] * z + (typeof s.dbeta === 'number' ? 0 : s.dbeta[i]);
    most = Math.max(most, deviation, normalised, scaled, shifted * grow);
  });
  return most;
}
