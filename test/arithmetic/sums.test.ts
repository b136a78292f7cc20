import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PartialSums, sumInOrder, type Terms } from '../../src/arithmetic/sums.ts';
import { parseOrder } from '../../src/tensor/index.ts';

/** Sums as the text of their tree, so that the order itself is what is compared. */
const text: PartialSums<string> = {
  zero: '0',
  add: (a, b) => `(${a}+${b})`,
  subtract: (a, b) => `(${a}-${b})`,
  negate: (a) => `-${a}`,
};
const terms: Terms<string> = { start: (k) => `${k + 1}`, extend: (s, k) => `(${s}+${k + 1})` };
const tree = (order: string, n: number): string => sumInOrder(parseOrder(order), n, terms, text);

describe('accumulation orders', () => {
  it.each([
    ['sequential', 4, '(((1+2)+3)+4)'],
    ['reversed', 4, '(((4+3)+2)+1)'],
    ['pairwise', 1, '1'],
    ['pairwise', 5, '(((1+2)+(3+4))+5)'],
    ['pairwise', 7, '(((1+2)+(3+4))+((5+6)+7))'],
    ['pairwise', 8, '(((1+2)+(3+4))+((5+6)+(7+8)))'],
    ['blocked(3)', 7, '((((1+2)+3)+((4+5)+6))+7)'],
    ['blocked(9)', 3, '((1+2)+3)'],
    ['lanes(3)', 7, '((((1+4)+7)+(2+5))+(3+6))'],
    ['lanes(8)', 3, '((1+2)+3)'],
    ['splitk(3)', 7, '((((1+2)+3)+((4+5)+6))+7)'],
    ['splitk(4)', 5, '(((1+2)+(3+4))+5)'],
    ['splitk(9)', 3, '((1+2)+3)'],
    ['kahan', 1, '1'],
    ['kahan', 2, '(1+(-0+2))'],
  ])('%s of %i terms', (order, n, expected) => {
    expect(tree(order, n)).toBe(expected);
  });
  it('each order uses each term once', () => {
    const order = fc.oneof(
      fc.constantFrom('sequential', 'reversed', 'pairwise'),
      fc
        .tuple(fc.constantFrom('blocked', 'lanes', 'splitk'), fc.integer({ min: 1, max: 40 }))
        .map(([k, n]) => `${k}(${n})`),
    );
    fc.assert(
      fc.property(order, fc.integer({ min: 1, max: 70 }), (name, n) => {
        const used = (tree(name, n).match(/\d+/g) ?? []).map(Number).sort((a, b) => a - b);
        expect(used).toEqual(Array.from({ length: n }, (_, k) => k + 1));
      }),
      { seed: 11, numRuns: 500 },
    );
  });
  it('kahan recovers what a plain sum loses', () => {
    const numbers = [1, ...new Array<number>(1000).fill(2 ** -53)];
    const plain: PartialSums<number> = { zero: 0, add: (a, b) => a + b, subtract: (a, b) => a - b, negate: (a) => -a };
    const exact: Terms<number> = { start: (k) => numbers[k], extend: (s, k) => s + numbers[k] };
    expect(sumInOrder(parseOrder('sequential'), numbers.length, exact, plain)).toBe(1);
    expect(sumInOrder(parseOrder('kahan'), numbers.length, exact, plain)).toBeCloseTo(1 + 1000 * 2 ** -53, 15);
  });
});
