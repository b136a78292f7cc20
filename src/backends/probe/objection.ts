/**
 * What only a tree of rounded additions stands. Masking alone takes a compensated sum for a plain one, a stochastic
 * rounding for a rounding, and one that sorts its terms for an addition of them all.
 */
import { masking } from './masking.ts';
import { type Asking, ask, both, choices, type Query, sideBySide } from './query.ts';
import { rangeOf, type Scale } from './scale.ts';
import type { PartialSum, Sum } from './tree.ts';
import { TreePaths } from './tree-paths.ts';

export const COLLECTED = 'terms that vanish one by one count together: a compensated sum, or one that sorts its terms';
const UNSTEADY = 'a term that vanishes beside a large one counts beside a larger one: a stochastic rounding';
const UNSEEN = 'no rounding of its additions could be observed';

const PAIRS = 4;
/** So many doublings of M beyond the smallest beside which a unit vanishes. */
const WINDOW = 5;

/** @returns what is wrong with the tree, undefined if nothing is */
export function* objection(tree: PartialSum, scale: Scale): Asking<string | undefined> {
  const n = tree.terms;
  if (n < 3 || tree.kind === 'term') return undefined;
  const paths = new TreePaths(tree);
  const next = choices(n);
  const pairs = somePairs(n, next);
  pairs.unshift([paths.deepest, paths.farthest], [paths.farthest, paths.deepest]);
  const joining = pairs.map(([i, j]) => paths.joining(i, j));
  const termsOfPairs = scale.lenient
    ? yield* sideBySide(pairs.map(([i, j], p) => vanishing(i, j, joining[p], scale)))
    : joining;
  const tried = pairs.flatMap(([i, j], p) => {
    const terms = termsOfPairs[p];
    return terms.length === 0 ? [] : [objectionBetween(i, j, terms, terms[next(terms.length)], scale)];
  });
  const reason = (yield* sideBySide(tried)).find((found) => found !== undefined);
  if (reason !== undefined) return reason;
  if (tried.length === 0 || (scale.lenient && isOneSum(tree))) return UNSEEN;
  return n === 3 || isOneSum(tree) ? yield* objectionToLast(tree, scale) : undefined;
}

/** What is wrong where these terms, and one of them alone, vanish beside ±M at terms i and j. */
function* objectionBetween(
  i: number,
  j: number,
  terms: readonly number[],
  one: number,
  scale: Scale,
): Asking<string | undefined> {
  const askings = [wavers(i, j, one, scale), ...(terms.length > 1 ? [collects(i, j, terms, scale)] : [])];
  const [isUnsteady, isCollected = false] = yield* sideBySide(askings);
  if (isUnsteady) return UNSTEADY;
  return isCollected ? COLLECTED : undefined;
}

/** All ordered pairs of few terms, some of many. */
function somePairs(n: number, next: (below: number) => number): [number, number][] {
  if (n <= 3) return Array.from({ length: n * (n - 1) }, (_, q) => [q % n, (q + 1 + Math.floor(q / n)) % n]);
  return Array.from({ length: PAIRS }, () => {
    const i = next(n);
    return [i, (i + 1 + next(n - 1)) % n];
  });
}

function isOneSum(tree: Sum): boolean {
  return tree.children.every(({ kind }) => kind === 'term');
}

/** Those that vanish alone: beside −M a directed rounding changes what it leaves as it is beside M. */
function* vanishing(i: number, j: number, terms: readonly number[], scale: Scale): Asking<number[]> {
  const alone = yield* ask(terms.map((term) => masking(i, j, [term], scale)));
  return terms.filter((_, q) => alone[q] === 0);
}

/** 2^exponent units. */
function unitsLarge({ unit }: Pick<Scale, 'unit'>, exponent: number): number {
  return 2 ** (Math.log2(Math.abs(unit)) + exponent);
}

/** So many at once: whoever answers may take as long for a few questions as for one. */
const PROBES = 7;

/** The smallest exponent above 0 at which all the sums are 0, of those up to `most`, where they are. */
function* smallest(most: number, sums: (exponent: number) => readonly Query[]): Asking<number> {
  let [below, from] = [0, most];
  while (from - below > 1) {
    const [start, step] = [below, Math.ceil((from - below) / (PROBES + 1))];
    const exponents = Array.from({ length: PROBES }, (_, q) => start + (q + 1) * step).filter((e) => e < from);
    const queries = exponents.map(sums);
    const answers = yield* ask(queries.flat());
    const vanish = exponents.findIndex((_, q) => {
      const width = queries[q].length;
      return answers.slice(q * width, (q + 1) * width).every((sum) => sum === 0);
    });
    if (vanish >= 0) from = exponents[vanish];
    if (vanish !== 0) below = exponents[(vanish < 0 ? exponents.length : vanish) - 1];
  }
  return from;
}

/**
 * True if there is no smallest M from which on a unit vanishes: if one counts beside a larger M = 2^e or 1.5·2^e (where
 * 1.5 units vanish too), or vanishes beside a smaller one.
 */
function* wavers(i: number, j: number, term: number, scale: Scale): Asking<boolean> {
  const beside = (large: number, unit = scale.unit): Query => masking(i, j, [term], { large, unit });
  const most = rangeOf(scale);
  const first = yield* smallest(most, (exponent) => [beside(unitsLarge(scale, exponent))]);
  const exponents = (from: number, to: number): number[] =>
    Array.from({ length: Math.max(0, to - from) }, (_, e) => from + e);
  const below = exponents(Math.max(0, first - WINDOW), first).map((e) => beside(unitsLarge(scale, e)));
  const signs = scale.lenient ? [1] : [1, -1];
  const above = exponents(first + 1, Math.min(first + 1 + WINDOW, most)).flatMap((e) =>
    signs.flatMap((sign) => {
      const large = sign * unitsLarge(scale, e);
      // Below a power of two numbers are half as far apart: 1.5 units not there.
      return [beside(large), beside(1.5 * large), beside(1.5 * large, 1.5 * scale.unit)];
    }),
  );
  const sums = yield* ask([...below, ...above]);
  return sums.some((sum, q) => (q < below.length ? sum === 0 : sum !== 0));
}

/**
 * Units that vanish beside M one at a time vanish together, if each is added to M on its own: M + 1 = M, as often as
 * wanted. True if, beside some M, each of the terms vanishes alone and all together do not.
 */
function* collects(i: number, j: number, terms: readonly number[], scale: Scale): Asking<boolean> {
  const beside = (exponent: number, units: readonly number[]): Query =>
    masking(i, j, units, { ...scale, large: unitsLarge(scale, exponent) });
  const most = rangeOf(scale);
  const [[atMost], from] = yield* both(
    ask([beside(most, terms)]),
    smallest(most, (exponent) => [beside(exponent, terms)]),
  );
  const first = atMost !== 0 ? most : from - 1;
  const window = Array.from({ length: Math.min(WINDOW, most + 1 - first) }, (_, e) => first + e);
  const together = yield* ask(window.map((exponent) => beside(exponent, terms)));
  const left = window.filter((_, w) => together[w] !== 0);
  const alone = yield* sideBySide(left.map((exponent) => ask(terms.map((term) => beside(exponent, [term])))));
  return alone.some((sums) => sums.every((sum) => sum === 0));
}

/**
 * The same where no terms are left to cancel M, in (a + b) + c and in one addition of all: M + 1 + 1 = M for the M beside
 * which a unit vanishes. M = 1.5·2^e, where numbers are as far apart below M as above it.
 */
function* objectionToLast(tree: Sum, scale: Scale): Asking<string | undefined> {
  const n = tree.terms;
  const inner = (tree.children.find(({ kind }) => kind === 'sum') as Sum | undefined)?.children ?? tree.children;
  const [a, b] = inner.map(({ first }) => first);
  const others = Array.from({ length: n }, (_, k) => k).filter((k) => k !== a && k !== b);
  const size = (exponent: number): number => 1.5 * unitsLarge(scale, exponent);
  const cancelled = (exponent: number): Query[] => {
    const large = { ...scale, large: size(exponent) };
    return [masking(a, others[0], [b], large), masking(b, others[0], [a], large)];
  };
  const most = rangeOf(scale) - 1;
  if (!(yield* ask(cancelled(most))).every((sum) => sum === 0)) return UNSEEN;
  const large = size(yield* smallest(most, cancelled));
  const beside = (mask: number, units: readonly number[]): Query => ({
    ...{ units, unit: scale.unit },
    set: [[mask, large]],
  });
  const sums = yield* ask([beside(a, [b, ...others]), beside(b, [a, ...others]), beside(a, []), beside(b, [])]);
  return sums[0] === sums[2] && sums[1] === sums[3] ? undefined : COLLECTED;
}
