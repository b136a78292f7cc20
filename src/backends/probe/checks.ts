/** That equal calls give equal results, and that a tree predicts the answers to other questions than it was made from. */
import { countOf, masking } from './masking.ts';
import { type Asking, ask, choices, NotATree, type Query } from './query.ts';
import type { Scale } from './scale.ts';
import type { PartialSum } from './tree.ts';
import { TreePaths } from './tree-paths.ts';

const REPEATS = 8;

/** @throws NotATree where the same terms have two sums */
export function* checkRepeatable(n: number, large: number, unit: number): Asking<void> {
  const next = choices(n);
  const terms = Array.from({ length: n }, (_, k) => k);
  const data = Array.from({ length: 4 }, (_, q): Query => {
    // Numbers that every addition rounds, or units beside a mask.
    const sign = (): number => 1 - 2 * next(2);
    if (q % 2 === 0)
      return { units: [], unit, set: terms.map((k) => [k, (1 + next(2 ** 30) / 2 ** 30) * sign() * unit]) };
    const plus = next(n);
    return masking(plus, (plus + 1 + next(n - 1)) % n, terms, { large, unit });
  });
  const sums = yield* ask(Array.from({ length: REPEATS }, () => data).flat());
  if (sums.some((sum, q) => !Object.is(sum, sums[q % data.length]))) {
    throw new NotATree('the same arguments gave different results');
  }
}

/** Random masks over random units. @throws NotATree where a count is not the tree's */
export function* checkCounts(tree: PartialSum, scale: Scale): Asking<void> {
  const n = tree.terms;
  const paths = new TreePaths(tree);
  const next = choices(0x9e3779b9);
  const asked = Array.from({ length: Math.min(4 * n, 128) }, () => {
    const plus = next(n);
    const minus = (plus + 1 + next(n - 1)) % n;
    const units = new Set<number>();
    for (let u = 0; u < scale.group; u++) {
      const term = next(n);
      if (term !== plus && term !== minus) units.add(term);
    }
    return { plus, minus, units: [...units] };
  });
  const sums = yield* ask(asked.map(({ plus, minus, units }) => masking(plus, minus, units, scale)));
  asked.forEach(({ plus, minus, units }, q) => {
    const vanishing = paths.below(plus, minus);
    const expected = units.filter((term) => !vanishing.has(term)).length;
    if (units.length > 0 && countOf(sums[q], units.length, scale) !== expected) {
      throw new NotATree(`of ${units.length} units beside a mask ${expected} should be left`);
    }
  });
}
