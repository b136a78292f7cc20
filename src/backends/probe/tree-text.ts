/** Summation trees as text: `pairwise of 4 terms: ((0 + 1) + (2 + 3))`. */
import { orderText } from '../../tensor/order.ts';
import { orderOf, type PartialSum, type SummationTree } from './tree.ts';

const WHOLE = 16;
const DEPTH = 4;
const BREADTH = 6;

/**
 * The declared order that the tree is, if any, and the tree in parentheses, one pair an addition. Of more than 16 terms
 * only the last additions are shown: what is deeper is `…`.
 */
export function treeText(tree: SummationTree): string {
  if (tree.kind === 'none') return `no tree: ${tree.reason}`;
  const order = orderOf(tree);
  const count = `${tree.terms} ${tree.terms === 1 ? 'term' : 'terms'}`;
  const name = order === undefined ? count : `${orderText(order)} of ${count}`;
  return `${name}: ${nested(tree, tree.terms <= WHOLE ? Number.POSITIVE_INFINITY : DEPTH)}`;
}

function nested(tree: PartialSum, depth: number): string {
  if (tree.kind === 'term') return String(tree.first);
  if (depth === 0) return '…';
  const { children } = tree;
  const short = Number.isFinite(depth) && children.length > BREADTH;
  const shown = short ? [...children.slice(0, 2), undefined, ...children.slice(-1)] : children;
  return `(${shown.map((child) => (child === undefined ? '…' : nested(child, depth - 1))).join(' + ')})`;
}
