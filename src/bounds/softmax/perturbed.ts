/** What a change d of the logits does to exact probabilities, whatever its size. */
import { defineBound } from '../define.ts';
import { vector } from '../inputs.ts';

const inputs = { change: vector('d: the change of each logit') };
const symbols = { r: 'max d − min d' };
const compute = ({ change }: { readonly change: Float64Array }) => ({
  r: change.reduce((a, b) => Math.max(a, b)) - change.reduce((a, b) => Math.min(a, b)),
});

export const softmaxTV = defineBound({
  id: 'softmaxTV',
  title: 'Total variation of softmax under a change of its logits',
  quantity: '½‖softmax(x + d) − softmax(x)‖₁, for every x',
  kind: 'rigorous',
  norm: '1-norm',
  scale: 'absolute',
  formula: 'tanh(r / 4)',
  symbols,
  inputs,
  assumptions: [],
  compute,
  value: ({ r }) => Math.tanh(r / 4),
  theory: 'theory/softmax.md',
  source: 'derived here; Calver (2026) has tanh(max|d|)',
});

export const softmaxKL = defineBound({
  id: 'softmaxKL',
  title: 'Kullback–Leibler divergence of softmax under a change of its logits',
  quantity: 'KL(softmax(x) ‖ softmax(x + d)), for every x',
  kind: 'rigorous',
  norm: 'divergence',
  scale: 'absolute',
  formula: 'r^2 / 8',
  symbols,
  inputs,
  assumptions: [],
  compute,
  value: ({ r }) => r ** 2 / 8,
  theory: 'theory/softmax.md',
  source: 'Hoeffding (1963), lemma 1',
});
