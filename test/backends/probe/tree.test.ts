import { describe, expect, it } from 'vitest';
import { sumInOrder } from '../../../src/arithmetic/sums.ts';
import { orderOf, type SummationTree, sameTree, sumOf, termAt, treeOf } from '../../../src/backends/probe/tree.ts';
import { treeText } from '../../../src/backends/probe/tree-text.ts';
import { orderText, parseOrder } from '../../../src/tensor/order.ts';

const orders = ['sequential', 'reversed', 'pairwise', 'blocked(4)', 'lanes(3)', 'lanes(8)', 'splitk(3)'];

/** The additions of a tree, in the text that a sum over texts gives. */
function written(tree: SummationTree): string {
  if (tree.kind === 'none') return 'none';
  if (tree.kind === 'term') return String(tree.first);
  return `(${tree.children.map(written).sort().join('+')})`;
}

describe('trees of declared orders', () => {
  it.each(orders)('%s: the additions of sumInOrder', (text) => {
    const order = parseOrder(text);
    const add = (a: string, b: string): string => `(${[a, b].sort().join('+')})`;
    for (let n = 1; n <= 40; n++) {
      const partial = { zero: '', add, subtract: add, negate: (a: string) => a };
      const sum = sumInOrder(order, n, { start: String, extend: (s, k) => add(s, String(k)) }, partial);
      expect(written(treeOf(order, n)), `${n} terms`).toBe(sum);
    }
  });
  it('kahan has none, unless there is nothing to compensate', () => {
    expect(treeOf({ kind: 'kahan' }, 3)).toMatchObject({ kind: 'none' });
    expect(sameTree(treeOf({ kind: 'kahan' }, 2), treeOf({ kind: 'sequential' }, 2))).toBe(true);
  });
  it.each([
    ['sequential', 5, 'sequential'],
    ['reversed', 5, 'reversed'],
    ['pairwise', 12, 'pairwise'],
    ['blocked(4)', 30, 'blocked(4)'],
    ['lanes(3)', 30, 'lanes(3)'],
    ['lanes(7)', 65, 'lanes(7)'],
    ['lanes(64)', 65, 'lanes(64)'],
    ['splitk(3)', 30, 'blocked(10)'],
    ['splitk(40)', 30, 'sequential'],
    ['blocked(1)', 9, 'sequential'],
    ['lanes(9)', 9, 'pairwise'],
  ])('%s of %i terms is %s', (text, n, expected) => {
    const order = orderOf(treeOf(parseOrder(text), n));
    expect(order && orderText(order)).toBe(expected);
  });
  it('every order is recognised at every length, as an order with the same tree', () => {
    for (const text of orders) {
      for (let n = 1; n <= 65; n++) {
        const tree = treeOf(parseOrder(text), n);
        const found = orderOf(tree);
        expect(found !== undefined && sameTree(treeOf(found, n), tree), `${text}, ${n}`).toBe(true);
      }
    }
  });
  it('no order has this tree', () => {
    const tree = sumOf([sumOf([termAt(0), termAt(3)]), sumOf([termAt(1), termAt(2)])]);
    expect(orderOf(tree)).toBeUndefined();
    expect(orderOf({ kind: 'none', reason: '' })).toBeUndefined();
    expect(sameTree({ kind: 'none', reason: '' }, { kind: 'none', reason: '' })).toBe(false);
  });
  it('a deep tree is no trouble', () => {
    const tree = treeOf({ kind: 'sequential' }, 20_000);
    expect(sameTree(tree, treeOf({ kind: 'sequential' }, 20_000))).toBe(true);
    expect(treeText(tree)).toBe('sequential of 20000 terms: ((((… + 19996) + 19997) + 19998) + 19999)');
  });
});

describe('treeText', () => {
  it.each([
    ['sequential', 4, 'sequential of 4 terms: (((0 + 1) + 2) + 3)'],
    ['pairwise', 5, 'pairwise of 5 terms: (((0 + 1) + (2 + 3)) + 4)'],
    ['sequential', 1, 'sequential of 1 term: 0'],
    ['reversed', 17, 'reversed of 17 terms: (0 + (1 + (2 + (3 + …))))'],
  ])('%s of %i', (text, n, expected) => {
    expect(treeText(treeOf(parseOrder(text), n))).toBe(expected);
  });
  it('one addition of many terms', () => {
    expect(treeText(sumOf([termAt(2), termAt(0), termAt(1)]))).toBe('3 terms: (0 + 1 + 2)');
    expect(treeText(sumOf(Array.from({ length: 64 }, (_, k) => termAt(k))))).toBe('64 terms: (0 + 1 + … + 63)');
    expect(treeText({ kind: 'none', reason: 'why' })).toBe('no tree: why');
  });
});
