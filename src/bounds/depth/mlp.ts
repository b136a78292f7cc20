/** The sensitivities of MLPs, of two matrices and gated. */
import { z } from 'zod';
import { InputError } from '../../formats/index.ts';
import { defineBound } from '../define.ts';
import { type Matrix, matrix, requireEqual, vector } from '../inputs.ts';
import { rowSumNorm } from '../matrices.ts';

/** Numbers just above the largest slope of each activation; theory/depth.md proves them. */
export const steepest = Object.freeze({ 'gelu-erf': 1.128905, 'gelu-tanh': 1.128994, silu: 1.09984, relu: 1 });

const activationName = z.enum(['gelu-erf', 'gelu-tanh', 'silu', 'relu']);

export const mlpLip = defineBound({
  id: 'mlpLip',
  title: 'Sensitivity of an MLP in the maximum norm',
  quantity: '‖f(x′) − f(x)‖∞/‖x′ − x‖∞ of f(x) = W_down·φ(W_up·x + b) + b′',
  kind: 'rigorous',
  norm: 'operator',
  scale: 'absolute',
  formula: 'slope*up*down',
  symbols: { slope: 'the largest slope of φ', up: '‖W_up‖∞', down: '‖W_down‖∞' },
  inputs: {
    up: matrix('W_up, a row for each hidden number'),
    down: matrix('W_down, a column for each hidden number'),
    activation: activationName.describe('φ; for a gated MLP see gatedMlpLip'),
  },
  assumptions: [],
  theory: 'theory/depth.md',
  source: 'derived here; ‖W_up‖∞‖W_down‖∞ is the ω_ud of Budzinskiy et al., arXiv 2503.10251 v2',
  compute({ up, down, activation }) {
    if (down.columns !== up.rows) {
      throw new InputError(`mlpLip: down: expected ${up.rows} columns, one for each row of up, got ${down.columns}`);
    }
    return { slope: steepest[activation], up: rowSumNorm(up), down: rowSumNorm(down) };
  },
  value: ({ slope, up, down }) => slope * up * down,
});

/** The largest magnitude of W·x + b for ‖x‖∞ ≤ R. */
function largestResult(weight: Matrix, bias: Float64Array | undefined, radius: number): number {
  return rowSumNorm(weight) * radius + (bias === undefined ? 0 : bias.reduce((a, b) => Math.max(a, Math.abs(b)), 0));
}

export const gatedMlpLip = defineBound({
  id: 'gatedMlpLip',
  title: 'Sensitivity of a gated MLP in the maximum norm, for inputs within a radius',
  quantity: '‖f(x′) − f(x)‖∞/‖x′ − x‖∞ of f(x) = W_down·(φ(W_gate·x + b)∘(W_up·x + b′)) + b″, ‖x‖∞, ‖x′‖∞ ≤ R',
  kind: 'rigorous',
  norm: 'operator',
  scale: 'absolute',
  formula: '(G*up + slope*gate*U)*down',
  symbols: {
    G: 'the most that |W_gate·x + b| can be, and so |φ| of it',
    U: 'the most that |W_up·x + b′| can be',
    slope: 'the largest slope of φ',
    gate: '‖W_gate‖∞',
    up: '‖W_up‖∞',
    down: '‖W_down‖∞',
  },
  inputs: {
    gate: matrix('W_gate, a row for each hidden number'),
    up: matrix('W_up, a row for each hidden number'),
    down: matrix('W_down, a column for each hidden number'),
    gateBias: vector('b').optional(),
    upBias: vector('b′').optional(),
    activation: activationName.describe('φ'),
    radius: z.number().nonnegative().describe('R: no input has a larger ∞-norm'),
    x: vector('an input to check against the radius').optional(),
  },
  assumptions: [
    {
      id: 'radius',
      text: 'no input has an ∞-norm above the radius',
      violated: ({ x, radius }) => {
        const most = x?.reduce((a, b) => Math.max(a, Math.abs(b)), 0) ?? 0;
        return most <= radius ? undefined : `${most} above ${radius}`;
      },
    },
  ],
  theory: 'theory/depth.md',
  source: 'derived here',
  compute({ gate, up, down, gateBias, upBias, activation, radius }) {
    requireEqual('gatedMlpLip: up: as many rows as gate', gate.rows, up.rows);
    requireEqual('gatedMlpLip: down: as many columns as gate has rows', gate.rows, down.columns);
    return {
      G: largestResult(gate, gateBias, radius),
      U: largestResult(up, upBias, radius),
      slope: steepest[activation],
      gate: rowSumNorm(gate),
      up: rowSumNorm(up),
      down: rowSumNorm(down),
    };
  },
  value: ({ G, U, slope, gate, up, down }) => (G * up + slope * gate * U) * down,
});
