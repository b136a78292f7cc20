import { defineBound } from '../define.ts';
import { vector } from '../inputs.ts';
import { mostEvenSplit } from './jacobian.ts';
import { sum } from './probabilities.ts';

export const thetaOp = defineBound({
  id: 'thetaOp',
  title: 'Norm of the softmax Jacobian from the ∞-norm to the 1-norm',
  quantity: '‖(diag(p) − ppᵀ)d‖₁ / ‖d‖∞, for every d',
  kind: 'rigorous',
  norm: 'operator',
  scale: 'relative',
  formula: '4 * a * b / (a + b)^2',
  symbols: {
    a: 'weight of a set S of tokens with p(S) as near to a half as any (of half of them, where there are too many sets)',
    b: 'weight of the other tokens',
  },
  inputs: { weights: vector('p, or nonnegative numbers proportional to it') },
  assumptions: [
    {
      id: 'weights',
      text: 'the weights are nonnegative, and one is positive',
      violated: ({ weights }) => {
        const least = weights.reduce((a, b) => Math.min(a, b));
        if (least < 0) return `a weight of ${least}`;
        return sum(weights) > 0 ? undefined : 'all are 0';
      },
    },
  ],
  compute: ({ weights }) => {
    // Scaled, so that squares stay in range.
    const most = weights.reduce((a, b) => Math.max(a, b));
    const { inside: a, outside: b } = mostEvenSplit(weights.map((weight) => weight / (most || 1)));
    return { a, b };
  },
  value: ({ a, b }) => (4 * a * b) / (a + b) ** 2,
  theory: 'theory/softmax.md',
  source: 'Emadi (2026), theorem 4.2',
});
