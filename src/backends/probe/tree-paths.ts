/** Where two terms of a tree meet, and what else is added on the way there. */
import type { PartialSum, Sum } from './tree.ts';

export class TreePaths {
  /** The sums above each term, the nearest first. */
  private readonly parents = new Map<PartialSum, Sum>();
  private readonly leaves: PartialSum[] = [];
  private readonly depths: number[] = [];
  readonly root: PartialSum;

  constructor(root: PartialSum) {
    this.root = root;
    const open: { readonly at: PartialSum; readonly depth: number }[] = [{ at: root, depth: 0 }];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { at, depth } = next;
      if (at.kind === 'term') {
        this.leaves[at.first] = at;
        this.depths[at.first] = depth;
        continue;
      }
      for (const child of at.children) {
        this.parents.set(child, at);
        open.push({ at: child, depth: depth + 1 });
      }
    }
  }

  /** A term with the most additions above it. */
  get deepest(): number {
    return this.depths.indexOf(this.depths.reduce((most, depth) => Math.max(most, depth), 0));
  }

  /** The sums from a term up to the root. */
  private above(term: number): Sum[] {
    const sums: Sum[] = [];
    for (let at = this.parents.get(this.leaves[term]); at !== undefined; at = this.parents.get(at)) sums.push(at);
    return sums;
  }

  /** All terms below the sum in which i and j meet. */
  below(i: number, j: number): Set<number> {
    const terms = new Set<number>();
    const open: PartialSum[] = [this.meeting(i, j)];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (at.kind === 'term') terms.add(at.first);
      else open.push(...at.children);
    }
    return terms;
  }

  private meeting(i: number, j: number): Sum {
    const sums = new Set(this.above(i));
    return this.above(j).find((sum) => sums.has(sum)) as Sum;
  }

  /**
   * Terms that are added to i or to j one by one: one of each sum that either goes through before they meet, j's nearest
   * first, and one of each other operand of the sum in which they meet.
   */
  joining(i: number, j: number): number[] {
    const meeting = this.meeting(i, j);
    const last: PartialSum[] = [];
    const joined = [j, i].flatMap((term) => {
      const terms: number[] = [];
      let from: PartialSum = this.leaves[term];
      for (const sum of this.above(term)) {
        if (sum === meeting) break;
        terms.push((sum.children.find((child) => child !== from) as PartialSum).first);
        from = sum;
      }
      last.push(from);
      return terms;
    });
    return [...joined, ...meeting.children.filter((child) => !last.includes(child)).map(({ first }) => first)];
  }

  /** A term that meets the deepest one in the root. */
  get farthest(): number {
    const { deepest, root } = this;
    const sums = this.above(deepest);
    const own = sums.length === 1 ? this.leaves[deepest] : sums[sums.length - 2];
    return root.kind === 'term' ? root.first : (root.children.find((child) => child !== own) as PartialSum).first;
  }
}
