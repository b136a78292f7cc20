/** LayerNorm beside one massive entry: a relative bound for all the others. */
import { defineBound } from '../define.ts';
import { rowInputs } from './inputs.ts';
import { layerNormSecondOrder, layerNormTexts, meanError } from './ln-round.ts';
import { normAssumptions, normRounding, rootGrowth, rootSymbols } from './rounding.ts';
import { rowOf } from './row.ts';

/** Index of the entry of largest magnitude. */
function outlierOf(x: Float64Array): number {
  return x.reduce((k, entry, i) => (Math.abs(entry) > Math.abs(x[k]) ? i : k), 0);
}

export const lnOutlier = defineBound({
  id: 'lnOutlier',
  title: 'LayerNorm with a massive outlier, γ = 1 and no β',
  quantity: 'the largest |ẑᵢ − zᵢ|/|zᵢ| of the entries other than the one of largest magnitude M',
  kind: 'first-order',
  norm: 'componentwise',
  scale: 'relative',
  formula:
    'u*(2.5*k + (k + 3)/2 + 3.5) + ((1.25*k*u*M/D + um)^2 + uv + deps + last*u*(v + epsilon))/(2*(v + epsilon))' +
    ' + 2*D/M*(um + etas + eta*sqrt(v + epsilon))',
  secondOrder: layerNormSecondOrder,
  symbols: {
    ...layerNormTexts,
    M: '|M|',
    D: 'the number of entries',
    last: '1 where the variance plus ε rounds: 0 for ε = 0',
  },
  inputs: rowInputs,
  assumptions: [
    {
      id: 'outlier',
      text: 'all other entries are at most |M|/(4D) in magnitude, M the largest entry, D ≥ 2',
      violated({ x }) {
        const k = outlierOf(x);
        const limit = Math.abs(x[k]) / (4 * x.length);
        const other = x.find((entry, i) => i !== k && Math.abs(entry) > limit);
        if (x.length < 2 || limit === 0) return 'there is no outlier';
        return other === undefined ? undefined : `|${other}| is above ${limit}`;
      },
    },
    ...normAssumptions,
    {
      id: 'no-overflow',
      text: 'no intermediate number overflows',
      violated({ x, format }, scope) {
        const { u, k, v, M, um, uv, epsilon, deps, w, eta } = scope as unknown as Record<string, number>;
        const shift = meanError({ u, k, um, m: (1.25 * M) / x.length }) * (1 + u) ** k;
        const squares = x.length * ((v + shift ** 2) * (1 + u) ** (k + 3) + uv) + epsilon + deps;
        const largest = (M + x.length * um + shift) * 1.25 * (1 + u) ** (k + 1);
        const normalised = (largest * rootGrowth(u, w) * (1 + u)) / Math.sqrt(v + epsilon) + eta;
        const most = Math.max(largest, squares * (1 + u), normalised);
        return most <= format.largest ? undefined : `one can reach ${most}`;
      },
    },
  ],
  theory: 'theory/norms.md',
  source: 'derived here; the claim of Budzinskiy et al., arXiv 2503.10251 v2, that the background governs the error',
  compute(inputs) {
    const { x, epsilon } = inputs;
    const rounding = normRounding(inputs);
    const { u, k, eta, etaSum } = rounding;
    return {
      ...rootSymbols(rounding, { v: rowOf(x).variance, epsilon, n: k + 3, flushes: 3 }),
      um: etaSum * (1 + u) ** (k + 1) + eta,
      M: Math.abs(x[outlierOf(x)]),
      D: x.length,
      last: rounding.load(epsilon) === 0 ? 0 : 1,
      eta,
      etas: etaSum,
    };
  },
  value({ u, k, v, uv, deps, epsilon, um, M, D, last, eta, etas }) {
    const variance = v + epsilon;
    const mean = (1.25 * k * u * M) / D + um;
    return (
      u * (2.5 * k + (k + 3) / 2 + 3.5) +
      (mean ** 2 + uv + deps + last * u * variance) / (2 * variance) +
      ((2 * D) / M) * (um + etas + eta * Math.sqrt(variance))
    );
  },
});
