/** dotMixed: low-precision factors, exact products, a wider accumulator and a rounded result. */
import { InputError } from '../../formats/index.ts';
import { defineBound } from '../define.ts';
import { arithmetic, format, vector } from '../inputs.ts';
import { unitRoundoff } from '../unit-roundoff.ts';
import { absoluteProduct, growthOfAnyOrder, nearestText } from './terms.ts';

interface MixedScope {
  readonly n: number;
  readonly uIn: number;
  readonly uAcc: number;
  readonly uOut: number;
  readonly nearest: number;
  readonly X: number;
  readonly L: number;
  readonly A: number;
  readonly S: number;
  readonly etaOut: number;
}

/** From above: |x̂|·|ŷ| of the rounded factors, and the error of the accumulated sum against x·y. */
function accumulated({ n, uIn, uAcc, nearest, X, L, A }: MixedScope): { size: number; error: number } {
  const moved = uIn * (2 + uIn) * X + L;
  return { size: X + moved, error: moved + growthOfAnyOrder(n, uAcc, nearest) * (X + moved + A) + A };
}

export const dotMixed = defineBound({
  id: 'dotMixed',
  title: 'Inner product of rounded factors, exact products, wider accumulator, rounded result',
  quantity: '|fl(x·y) − x·y| of the unrounded x and y',
  kind: 'rigorous',
  norm: 'componentwise',
  scale: 'absolute',
  theory: 'theory/dot.md',
  source: 'after P. Blanchard et al., SIAM J. Sci. Comput. 42 (2020); derived here',
  inputs: {
    x: vector('one factor, n numbers, rounded to `input` first'),
    y: vector('the other factor, n numbers, rounded to `input` first'),
    input: format.describe('the format that the factors are rounded to'),
    accumulate: format.describe('the format of the sum'),
    out: format.describe('the format of the result'),
    mode: arithmetic.mode,
    subnormals: arithmetic.subnormals,
  },
  formula:
    '(1 + uOut) * (uIn * (2 + uIn) * X + L + (nearest ? n * uAcc : expm1(n * log1p(uAcc))) * (X * (1 + uIn)^2 + L + A) + A) + uOut * S + etaOut',
  symbols: {
    n: 'number of terms',
    uIn: 'unit roundoff of the factors',
    uAcc: 'unit roundoff of the sum',
    uOut: 'unit roundoff of the result',
    nearest: nearestText,
    X: '|x|·|y|',
    L: 'what underflow of the factors can add: Σ η(1 + u)(|x| + |y|) + η²',
    A: 'what underflow of the sum can add: η for each term, and for each sum where tiny sums are flushed',
    S: '|x·y|',
    etaOut: 'what underflow of the result can add',
  },
  compute({ x, y, input, accumulate, out, mode, subnormals }) {
    const n = x.length;
    if (y.length !== n) throw new InputError(`y: expected ${n} numbers as in x, got ${y.length}`);
    const at = (one: typeof input) => unitRoundoff({ format: one, mode, subnormals });
    const [low, sum, last] = [at(input), at(accumulate), at(out)];
    // Operands from outside are flushed as numbers of `out` before they are rounded to `input`.
    const eta = subnormals === 'flush' ? Math.max(low.eta, last.eta) : low.eta;
    const L = x.reduce((total, xi, i) => total + eta * (1 + low.u) * (Math.abs(xi) + Math.abs(y[i])) + eta * eta, 0);
    const X = absoluteProduct(x, y);
    // From above: cancellation may leave little more than the rounding of this very sum.
    const S = Math.abs(x.reduce((total, xi, i) => total + xi * y[i], 0)) + n * 2 ** -52 * X;
    return {
      ...{ n, uIn: low.u, uAcc: sum.u, uOut: last.u, nearest: Number(sum.nearest) },
      ...{ X, L, A: n * sum.eta + (n - 1) * sum.etaSum, S, etaOut: last.eta },
    };
  },
  value(s) {
    return (1 + s.uOut) * accumulated(s).error + s.uOut * s.S + s.etaOut;
  },
  assumptions: [
    {
      id: 'range',
      text: 'no factor, no partial sum and no result can overflow',
      violated({ x, y, input, accumulate, out }, scope) {
        const s = scope as MixedScope;
        const factor = [x, y].reduce((most, v) => v.reduce((m, e) => Math.max(m, Math.abs(e)), most), 0);
        if (factor > input.largest) return `a factor is ${factor}, the largest number is ${input.largest}`;
        const { size, error } = accumulated(s);
        const largest = Math.min(accumulate.largest, out.largest);
        return size + error <= largest
          ? undefined
          : `a sum may reach ${size + error}, the largest number is ${largest}`;
      },
    },
  ],
});
