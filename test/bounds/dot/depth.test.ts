import { describe, expect, it } from 'vitest';
import { sumInOrder } from '../../../src/arithmetic/sums.ts';
import { depthOf } from '../../../src/bounds/dot/depth.ts';
import { orderText, parseOrder } from '../../../src/tensor/index.ts';

const orders = [
  ...['sequential', 'reversed', 'pairwise'],
  ...[1, 2, 3, 8].flatMap((size) => [`blocked(${size})`, `lanes(${size})`, `splitk(${size})`]),
].map(parseOrder);

describe('the depth of a sum', () => {
  it.each(orders.map((order) => [orderText(order), order] as const))('in the order %s', (_, order) => {
    for (let n = 1; n <= 70; n++) {
      // The longest path from a term to each partial sum.
      const additions = sumInOrder(
        order,
        n,
        { start: () => 0, extend: (s) => s + 1 },
        { zero: 0, add: (a, b) => Math.max(a, b) + 1, subtract: (a) => a, negate: (a) => a },
      );
      expect(depthOf(order, n), `n = ${n}`).toEqual({ additions, roundings: additions + 1 });
      expect(depthOf('unknown', n).additions).toBeGreaterThanOrEqual(additions);
    }
  });
});
