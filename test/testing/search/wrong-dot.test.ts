/** The search finds what is wrong with bounds of sums that count too few roundings, or take them for random. */
import { describe, it } from 'vitest';
import { expectViolation, scalars, wrong } from '../../support/wrong-bound.ts';

describe.each([
  [
    'pairwise sums with one addition too few',
    wrong('dotPair', (scope) => {
      const { n, u, X, A } = scalars(scope);
      const additions = Math.max(0, Math.ceil(Math.log2(n)) - 1);
      return Math.expm1((additions + 1) * Math.log1p(u)) * (X + A) + A;
    }),
  ],
  [
    '√n·u',
    wrong('dotSeq', (scope) => {
      const { n, u, X, A } = scalars(scope);
      return Math.sqrt(n) * u * X + A;
    }),
  ],
  [
    '(n − 1)·u of products and sums',
    wrong('dotSeq', (scope) => {
      const { n, u, X, A } = scalars(scope);
      return n === 1 ? undefined : (n - 1) * u * (X + A) + A;
    }),
  ],
  [
    '2u of Kahan’s sum',
    wrong('dotKahan', (scope) => {
      const { n, u, X, A } = scalars(scope);
      return 2 * u * X + 4 * n * u * u * X + 2 * A;
    }),
  ],
  [
    'inner products without underflow',
    wrong('dotFma', (scope) => {
      const { n, u, X } = scalars(scope);
      return n * u * X;
    }),
  ],
])('%s', (_, bound) => {
  it('is found out within 20,000 cases', () => expectViolation(bound));
});
