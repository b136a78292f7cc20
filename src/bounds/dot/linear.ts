/** linear: a linear layer against the same layer with its weights and bias as they are in the checkpoint. */
import { type Format, InputError } from '../../formats/index.ts';
import { defineBound } from '../define.ts';
import { arithmetic, type Matrix, matrix, order, vector } from '../inputs.ts';
import { isOperand } from '../operands.ts';
import { type ArithmeticInputs, unitRoundoff } from '../unit-roundoff.ts';
import { GROWTH_OF_ANY_ORDER, growthOfAnyOrder, nearestText } from './terms.ts';

interface LinearInputs extends ArithmeticInputs {
  readonly x: Float64Array;
  readonly weight: Matrix;
  readonly bias?: Float64Array | undefined;
}

interface LinearScope {
  readonly n: number;
  readonly u: number;
  readonly nearest: number;
  readonly uW: number;
  readonly uB: number;
  readonly uAdd: number;
  readonly L: number;
  readonly X: number;
  readonly A: number;
  readonly B: number;
  readonly Y: number;
}

/** What loading numbers as parameters does to them: to nearest even in every mode, and nothing where they fit. */
function loading(parameters: Float64Array, format: Format, subnormals?: 'keep' | 'flush'): { u: number; eta: number } {
  const fits = parameters.every((parameter) => isOperand(parameter, format, subnormals));
  return fits ? { u: 0, eta: 0 } : unitRoundoff({ format, subnormals });
}

function sumsOf({ x, weight, bias }: LinearInputs): { X: Float64Array; B: Float64Array; Y: Float64Array } {
  const { rows, columns, data } = weight;
  const [X, B, Y] = [new Float64Array(rows), new Float64Array(rows), new Float64Array(rows)];
  for (let r = 0; r < rows; r++) {
    const b = bias?.[r] ?? 0;
    let exact = 0;
    for (let k = 0; k < columns; k++) {
      const term = x[k] * data[r * columns + k];
      exact += term;
      X[r] += Math.abs(term);
    }
    B[r] = Math.abs(b);
    // From above: cancellation may leave little more than the rounding of this very sum.
    Y[r] = Math.abs(exact + b) + (columns + 1) * 2 ** -52 * (X[r] + B[r]);
  }
  return { X, B, Y };
}

const error = ({ n, u, nearest, uW, uB, uAdd, L, X, A, B, Y }: LinearScope): number =>
  (1 + uAdd) * (uW * X + L + growthOfAnyOrder(n, u, nearest) * (X * (1 + uW) + L + A) + A + uB * B) + uAdd * Y;

/** The largest of an expression over the components of a scope. */
function most(
  scope: Readonly<Record<keyof LinearScope, number | Float64Array>>,
  f: (s: LinearScope) => number,
): number {
  const rows = scope.X as Float64Array;
  return rows.reduce((largest, _, r) => {
    const at = Object.fromEntries(Object.entries(scope).map(([name, v]) => [name, typeof v === 'number' ? v : v[r]]));
    return Math.max(largest, f(at as unknown as LinearScope));
  }, 0);
}

export const linear = defineBound({
  id: 'linear',
  title: 'Linear layer in one format, its weights and bias rounded on load',
  quantity: '|fl(W·x + b) − (W·x + b)| of the unrounded W and b',
  kind: 'rigorous',
  norm: 'componentwise',
  scale: 'absolute',
  theory: 'theory/dot.md',
  source: 'derived here',
  inputs: {
    x: vector('the layer’s input, n numbers of the format'),
    weight: matrix('W, one row for each output'),
    bias: vector('b, one number for each output (default: there is none)').optional(),
    order,
    ...arithmetic,
  },
  formula: `(1 + uAdd) * (uW * X + L + ${GROWTH_OF_ANY_ORDER} * (X * (1 + uW) + L + A) + A + uB * B) + uAdd * Y`,
  symbols: {
    n: 'number of inputs',
    u: 'unit roundoff',
    nearest: nearestText,
    uW: 'unit roundoff of the weights’ loading (to nearest), 0 where they are numbers of the format',
    uB: 'the same of the bias',
    uAdd: 'u where there is a bias to add, else 0',
    L: 'what underflow of the weights can add: η Σ|x|',
    X: '|W|·|x|',
    A: 'what underflow can add elsewhere',
    B: '|b|',
    Y: '|W·x + b|',
  },
  compute(inputs) {
    const { x, weight, bias, format, subnormals } = inputs;
    const n = x.length;
    if (weight.columns !== n) throw new InputError(`weight: expected rows of ${n} numbers, got ${weight.columns}`);
    if (bias !== undefined && bias.length !== weight.rows)
      throw new InputError(`bias: expected ${weight.rows} numbers, got ${bias.length}`);
    const { u, eta, etaSum, nearest } = unitRoundoff(inputs);
    const loadW = loading(weight.data, format, subnormals);
    const loadB = bias === undefined ? { u: 0, eta: 0 } : loading(bias, format, subnormals);
    return {
      ...{ n, u, nearest: Number(nearest), uW: loadW.u, uB: loadB.u, uAdd: bias === undefined ? 0 : u },
      ...{ L: loadW.eta * x.reduce((sum, xi) => sum + Math.abs(xi), 0), A: n * (eta + etaSum) + loadB.eta },
      ...sumsOf(inputs),
    };
  },
  value: error,
  assumptions: [
    {
      id: 'representable',
      text: 'x holds numbers of the format, none of them subnormal where subnormals are flushed',
      violated({ x, format, subnormals }) {
        const other = x.find((xi) => !isOperand(xi, format, subnormals));
        return other === undefined ? undefined : `${other} is no such number of ${format.name}`;
      },
    },
    {
      id: 'tree',
      text: 'the sum is a tree of additions',
      violated: ({ order: { kind } }) => (kind === 'kahan' ? 'a compensated sum is none' : undefined),
    },
    {
      id: 'range',
      text: 'no parameter, no product and no sum can overflow',
      violated({ weight, format: { largest } }, scope) {
        const parameter = weight.data.reduce((m, w) => Math.max(m, Math.abs(w)), 0);
        const reached = Math.max(
          parameter,
          most(scope, (s) => s.X + s.B + error(s)),
        );
        return reached <= largest ? undefined : `one may reach ${reached}, the largest number is ${largest}`;
      },
    },
  ],
});
