/**
 * The tree of a sum from outside, by masking: with M at one term, −M at another and units elsewhere, the units that are
 * added before the two cancel vanish beside M, and the result counts the others. So it is known for any two terms how
 * many there are below the addition in which they meet.
 *
 * After FPRev (Xie, Gao, Wang, Xue: Revealing Floating-Point Accumulation Orders in Software/Hardware Implementations,
 * arXiv:2411.00442): the pivot's additions first, then what they add to it, each by a pivot of its own. Here the pivot
 * is the middle term, which makes sequential, reversed and pairwise sums of n terms cost O(n log n) calls; and only the
 * terms in question carry units, in groups that the format can count.
 */
import { type Asking, ask, NotATree, type Query, sideBySide } from './query.ts';
import type { Scale } from './scale.ts';
import { type PartialSum, sumOf, termAt } from './tree.ts';

/** @throws NotATree where the counts are no tree's */
export function* maskedTree(n: number, scale: Scale): Asking<PartialSum> {
  const terms = Array.from({ length: n }, (_, k) => k);
  return sumOf(yield* subtrees(terms, undefined, scale));
}

/**
 * The partial sums that one addition combines, given all the terms below them. `witness` is a term that is added there
 * too: it vanishes with all others where two terms do not meet before that addition.
 */
function* subtrees(terms: readonly number[], witness: number | undefined, scale: Scale): Asking<PartialSum[]> {
  const found: Asking<PartialSum>[] = [];
  const extra = witness === undefined ? [] : [witness];
  for (let rest = terms; rest.length > 0; ) {
    const pivot = rest[rest.length >> 1];
    const others = rest.filter((term) => term !== pivot);
    const survivors = yield* survivorsOf(pivot, others, [...rest, ...extra], scale);
    const apart: number[] = [];
    const meetings = new Map<number, number[]>();
    others.forEach((other, q) => {
      if (witness !== undefined && survivors[q] === 0) {
        apart.push(other);
        return;
      }
      const below = rest.length + extra.length - survivors[q];
      const there = meetings.get(below);
      if (there === undefined) meetings.set(below, [other]);
      else there.push(other);
    });
    found.push(chain(pivot, meetings, scale));
    rest = apart;
  }
  return yield* sideBySide(found);
}

/** The pivot, and what is added to it: the terms that it meets, by how many terms there are then. */
function* chain(pivot: number, meetings: ReadonlyMap<number, readonly number[]>, scale: Scale): Asking<PartialSum> {
  const additions = [...meetings].sort(([a], [b]) => a - b);
  let met = 0;
  for (const [below, added] of additions) {
    if (below !== 1 + met + added.length) {
      throw new NotATree(
        `term ${pivot} meets ${added.length} others in a sum of ${below}, where it has met ${met} before`,
      );
    }
    met += added.length;
  }
  const parts = yield* sideBySide(additions.map(([, added]) => subtrees(added, pivot, scale)));
  return parts.reduce<PartialSum>((sum, added) => sumOf([sum, ...added]), termAt(pivot));
}

/** For each of `others`: how many of `units`, the masks' own terms left out, survive M at the pivot and −M there. */
function* survivorsOf(
  pivot: number,
  others: readonly number[],
  units: readonly number[],
  scale: Scale,
): Asking<readonly number[]> {
  const free = units.filter((term) => term !== pivot);
  const groups: number[][] = [];
  for (let at = 0; at < free.length; at += scale.group) groups.push(free.slice(at, at + scale.group));
  const asked: { readonly q: number; readonly count: number; readonly query: Query }[] = [];
  others.forEach((other, q) => {
    for (const group of groups) {
      const count = group.includes(other) ? group.length - 1 : group.length;
      if (count > 0) asked.push({ q, count, query: masking(pivot, other, group, scale) });
    }
  });
  const sums = yield* ask(asked.map(({ query }) => query));
  const survivors = new Array<number>(others.length).fill(0);
  asked.forEach(({ q, count }, at) => {
    survivors[q] += countOf(sums[at], count, scale);
  });
  return survivors;
}

/** M at `plus`, −M at `minus`, units at the others of `units`. */
export function masking(
  plus: number,
  minus: number,
  units: readonly number[],
  { large, unit }: Pick<Scale, 'large' | 'unit'>,
): Query {
  return {
    ...{ units, unit },
    set: [
      [plus, large],
      [minus, -large],
    ],
  };
}

/** @throws NotATree where the sum is no count of at most `most` units */
export function countOf(sum: number, most: number, { unit, lenient }: Scale): number {
  if (lenient) return sum === unit ? 1 : 0;
  const count = sum / unit;
  if (Number.isInteger(count) && count >= 0 && count <= most) return count;
  throw new NotATree(`${most} ${most === 1 ? 'unit' : 'units'} beside a mask came out as ${count}`);
}
