/** The tree of a sum from outside: magnitudes that suit it, the tree by masking, and the checks that it is one. */
import { checkCounts, checkRepeatable } from './checks.ts';
import { canTellExact, isExact } from './exactness.ts';
import { maskedTree } from './masking.ts';
import { objection } from './objection.ts';
import { type Asking, both, NotATree } from './query.ts';
import { type Scale, scaleOf, suitable } from './scale.ts';
import { type SummationTree, sumOf, termAt } from './tree.ts';

/** Reveals the tree of a sum of n ≥ 1 terms with the first of the magnitudes that suits it. */
export function* revealTree(
  n: number,
  magnitudes: readonly (readonly [large: number, unit: number])[],
): Asking<SummationTree> {
  if (n === 1) return termAt(0);
  for (const [large, unit] of magnitudes) {
    // Narrower pairs than the widest that it takes would find nothing to vanish.
    if (yield* suitable(n, large, unit)) return yield* treeWith(n, large, unit);
  }
  return {
    kind: 'none',
    reason: 'no magnitudes make a unit come out as it is and M − M as 0; give `large` and `unit`, if it is a sum',
  };
}

function* treeWith(n: number, large: number, unit: number): Asking<SummationTree> {
  try {
    const [, scale] = yield* both(checkRepeatable(n, large, unit), visibleScale(n, large, unit));
    if (scale === 'exact') return yield* exactTree(n, large, unit);
    const tree = yield* maskedTree(n, scale);
    const [, reason] = yield* both(checkCounts(tree, scale), objection(tree, scale));
    return reason === undefined ? tree : { kind: 'none', reason };
  } catch (error) {
    if (error instanceof NotATree) return { kind: 'none', reason: error.message };
    throw error;
  }
}

/** A rounding up leaves ±M alone beside negative units only; one toward zero does so with neither. */
function* visibleScale(n: number, large: number, unit: number): Asking<Scale | 'exact'> {
  for (const signed of [unit, -unit]) {
    try {
      return yield* scaleOf(n, large, signed);
    } catch (error) {
      if (!(error instanceof NotATree)) throw error;
    }
  }
  return { large, unit, group: 1, lenient: true };
}

function* exactTree(n: number, large: number, unit: number): Asking<SummationTree> {
  const refuse = (why: string): SummationTree => ({
    kind: 'none',
    reason: `nothing vanishes beside a large term; ${why}`,
  });
  if (!canTellExact(n, large, unit)) {
    return refuse(
      n < 5
        ? 'fewer than five terms do not tell an exact sum from a compensated one'
        : 'the range of terms is too small',
    );
  }
  if (yield* isExact(n, large, unit)) return sumOf(Array.from({ length: n }, (_, k) => termAt(k)));
  return refuse('the sum is compensated, or sorts its terms');
}
