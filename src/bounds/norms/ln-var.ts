/** The reciprocal root 1/√(v + ε) that both norms multiply with. */
import { defineBound } from '../define.ts';
import { rowInputs } from './inputs.ts';
import { normAssumptions, normRounding, rootFactor, rootFactorValue, rootSymbols, rootTexts } from './rounding.ts';
import { rowOf } from './row.ts';

/** The mean square of x and what rounds on the way to its reciprocal root: k roundings of the mean, one of the square. */
export const lnVar = defineBound({
  id: 'lnVar',
  title: 'Reciprocal root of a mean square',
  quantity: 'relative error of r = 1/√(v + ε), v the mean square of the row (of the centred row, for LayerNorm)',
  kind: 'first-order',
  norm: 'componentwise',
  scale: 'relative',
  formula: '(((k + 1)*u*v + uv + deps)/(v + epsilon) + u)/2 + 1.5*u',
  secondOrder: {
    formula: rootFactor('k + 1'),
    value: ({ u, k, w }) => rootFactorValue(u, w, k + 1),
  },
  symbols: rootTexts,
  inputs: rowInputs,
  assumptions: [
    ...normAssumptions,
    {
      id: 'no-overflow',
      text: 'no sum of squares overflows',
      violated({ x, format }, s) {
        const { u, k, v, uv, deps, epsilon } = s as unknown as Record<string, number>;
        const shifted = (x.length * (v * (1 + u) ** (k + 1) + uv) + epsilon + deps) * (1 + u);
        return shifted <= format.largest ? undefined : `it can reach ${shifted}`;
      },
    },
  ],
  theory: 'theory/norms.md',
  source: 'derived here; the variance-rounding reading of ρ_LN in Baek, arXiv 2510.21770',
  compute(inputs) {
    const rounding = normRounding(inputs);
    return rootSymbols(rounding, {
      ...{ v: rowOf(inputs.x).meanSquare, epsilon: inputs.epsilon },
      ...{ n: rounding.k + 1, flushes: 2 },
    });
  },
  value: ({ u, k, v, uv, deps, epsilon }) => (((k + 1) * u * v + uv + deps) / (v + epsilon) + u) / 2 + 1.5 * u,
});
