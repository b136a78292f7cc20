/** Summation trees: which terms and partial sums meet in which addition. */
import { type Order, planOf } from '../../tensor/order.ts';

export interface Term {
  readonly kind: 'term';
  /** Index of the term. */
  readonly first: number;
  readonly terms: 1;
}

/** An addition of two partial sums, or of more with a single rounding. */
export interface Sum {
  readonly kind: 'sum';
  /** By their smallest term: which operand stands left cannot be seen from outside. */
  readonly children: readonly PartialSum[];
  /** The smallest index below it. */
  readonly first: number;
  /** How many terms are below it. */
  readonly terms: number;
}

export type PartialSum = Term | Sum;

/** No tree of rounded additions does what was seen. */
export interface NoTree {
  readonly kind: 'none';
  readonly reason: string;
}

export type SummationTree = PartialSum | NoTree;

export function termAt(index: number): Term {
  return { kind: 'term', first: index, terms: 1 };
}

export function sumOf(children: readonly PartialSum[]): PartialSum {
  if (children.length === 1) return children[0];
  const sorted = [...children].sort((a, b) => a.first - b.first);
  const terms = sorted.reduce((count, child) => count + child.terms, 0);
  return { kind: 'sum', children: sorted, first: sorted[0].first, terms };
}

/** The tree of a declared order. Kahan's compensation reaches across additions, so it has none. */
export function treeOf(order: Order, n: number): SummationTree {
  if (order.kind === 'kahan' && n > 2) return { kind: 'none', reason: 'kahan carries a compensation beside its sum' };
  const { chains, combine } = planOf(order, n);
  const sums = chains.map(({ first, step, count }) =>
    chained(Array.from({ length: count }, (_, k) => termAt(first + k * step))),
  );
  return combine === 'pairwise' ? halved(sums, 0, sums.length) : chained(sums);
}

function chained(sums: readonly PartialSum[]): PartialSum {
  return sums.reduce((left, right) => sumOf([left, right]));
}

function halved(sums: readonly PartialSum[], from: number, n: number): PartialSum {
  if (n === 1) return sums[from];
  const left = 2 ** (31 - Math.clz32(n - 1));
  return sumOf([halved(sums, from, left), halved(sums, from + left, n - left)]);
}

/** True if both sum the same terms in the same additions. Nothing equals `none`. */
export function sameTree(a: SummationTree, b: SummationTree): boolean {
  // Not recursive: a sequential tree is as deep as it has terms.
  const open: [SummationTree, SummationTree][] = [[a, b]];
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const [x, y] = pair;
    if (x.kind === 'none' || y.kind === 'none' || x.first !== y.first || x.terms !== y.terms) return false;
    if (x.kind === 'term' || y.kind === 'term') continue;
    if (x.children.length !== y.children.length) return false;
    x.children.forEach((child, i) => {
      open.push([child, y.children[i]]);
    });
  }
  return true;
}

/**
 * The declared order with this tree, the plainest where several have it: with few terms many orders are `sequential`,
 * and `splitk(s)` is `blocked(⌈n/s⌉)`. Undefined for other trees.
 */
export function orderOf(tree: SummationTree): Order | undefined {
  if (tree.kind === 'none') return undefined;
  const n = tree.terms;
  const plain: Order[] = [{ kind: 'sequential' }, { kind: 'reversed' }, { kind: 'pairwise' }];
  const found = plain.find((order) => sameTree(tree, treeOf(order, n)));
  if (found !== undefined) return found;
  // The size of a block, and the number of lanes, are those of the additions that the first term goes through.
  for (const size of sizesAbove(tree)) {
    const sized: Order[] = [
      { kind: 'blocked', block: size },
      { kind: 'lanes', lanes: Math.ceil(n / size) },
    ];
    const match = sized.find((order) => sameTree(tree, treeOf(order, n)));
    if (match !== undefined) return match;
  }
  // A lane of ⌈n/w⌉ terms does not say w.
  for (let lanes = 2; lanes < n; lanes++) {
    const order: Order = { kind: 'lanes', lanes };
    if (sameTree(tree, treeOf(order, n))) return order;
  }
  return undefined;
}

/** How many terms each partial sum around the first term has, from the inside out. */
function sizesAbove(tree: PartialSum): number[] {
  const sizes: number[] = [];
  for (let at = tree; at.kind === 'sum'; at = at.children[0]) sizes.push(at.terms);
  return sizes.reverse();
}
