/** Rotary embedding: pairs of entries turned by tables that are rounded on load. */
import { InputError } from '../../formats/index.ts';
import { defineBound } from '../define.ts';
import { vector } from '../inputs.ts';
import { unitRoundoff } from '../unit-roundoff.ts';
import { arithmeticTexts, elementInputs, stored } from './inputs.ts';

export const ropeRound = defineBound({
  id: 'ropeRound',
  title: 'Rounding errors of rotary embedding',
  quantity: '|x̂ − x′| of x′ⱼ = xⱼ·cos − x_{j+d/2}·sin, x′_{j+d/2} = x_{j+d/2}·cos + xⱼ·sin',
  kind: 'first-order',
  norm: 'componentwise',
  scale: 'absolute',
  formula: '(u + ul)*(p + q) + u*y + 2*eta + etal*size + etas',
  secondOrder: { formula: '(1 + u)^2', value: ({ u }) => (1 + u) ** 2 },
  symbols: {
    ...arithmeticTexts,
    ul: 'unit roundoff of the tables, to nearest even in every mode',
    etal: 'what underflow can add to a table’s entry',
    p: 'magnitude of the product with the cosine',
    q: 'magnitude of the product with the sine',
    y: 'magnitude of the exact result',
    size: 'sum of the magnitudes of the pair',
  },
  inputs: {
    ...elementInputs,
    x: vector('the entries of one head at one position, numbers of the format, d of them'),
    cos: vector('the exact cosines, d/2 of them'),
    sin: vector('the exact sines, d/2 of them'),
  },
  assumptions: [
    stored,
    {
      id: 'angles',
      text: 'cos² + sin² = 1',
      violated({ cos, sin }) {
        const other = cos.findIndex((c, j) => Math.abs(c * c + sin[j] * sin[j] - 1) > 2 ** -48);
        return other < 0 ? undefined : `not for pair ${other}`;
      },
    },
    {
      id: 'no-overflow',
      text: 'no sum of two products overflows',
      violated({ format }, { size, u }) {
        const most = (size as Float64Array).reduce((a, b) => Math.max(a, b), 0) * (1 + Number(u)) ** 3;
        return most <= format.largest ? undefined : `one can reach ${most}`;
      },
    },
  ],
  theory: 'theory/elementwise.md',
  source: 'derived here',
  compute(inputs) {
    const { x, cos, sin } = inputs;
    const half = x.length / 2;
    if (cos.length !== half || sin.length !== half) {
      throw new InputError(
        `ropeRound: expected half as many cosines and sines as entries, got ${cos.length} and ${sin.length} for ${x.length}`,
      );
    }
    const { u, eta, etaSum } = unitRoundoff(inputs);
    const load = unitRoundoff({ ...inputs, mode: 'nearest-even' });
    const partner = (i: number): number => x[i < half ? i + half : i - half];
    const turn = (i: number): number => (i < half ? -sin[i] : sin[i - half]);
    return {
      ...{ u, eta, etas: etaSum, ul: load.u, etal: load.eta },
      p: x.map((entry, i) => Math.abs(entry * cos[i % half])),
      q: x.map((_, i) => Math.abs(partner(i) * turn(i))),
      y: x.map((entry, i) => Math.abs(entry * cos[i % half] + partner(i) * turn(i))),
      size: x.map((entry, i) => Math.abs(entry) + Math.abs(partner(i))),
    };
  },
  value: ({ u, ul, p, q, y, eta, etal, size, etas }) => (u + ul) * (p + q) + u * y + 2 * eta + etal * size + etas,
});
