/** The sensitivity of a two-matrix MLP. */
import { z } from 'zod';
import { InputError } from '../../formats/index.ts';
import { defineBound } from '../define.ts';
import { matrix } from '../inputs.ts';
import { rowSumNorm } from '../matrices.ts';

/** Numbers just above the largest slope of each activation; theory/depth.md proves them. */
export const steepest = Object.freeze({ 'gelu-erf': 1.128905, 'gelu-tanh': 1.128994, silu: 1.09984, relu: 1 });

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
    activation: z.enum(['gelu-erf', 'gelu-tanh', 'silu', 'relu']).describe('φ; a gated MLP is not covered'),
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
