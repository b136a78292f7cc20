/** `revealOrder`: the summation tree of any function that sums. */
import { InputError } from '../../formats/index.ts';
import { termsOf } from './query.ts';
import { revealTree } from './reveal.ts';
import { usualMagnitudes } from './scale.ts';
import type { SummationTree } from './tree.ts';

export interface RevealOptions {
  /**
   * A term beside which `unit` vanishes, with all the others it is summed with; a power of two. By default the pairs of
   * `large` and `unit` that suit float64, float32, fp16 and narrower formats are tried in turn.
   */
  readonly large?: number;
  /** A small term; a power of two. Default 1 where `large` is given. */
  readonly unit?: number;
  /**
   * Share each term's exponent between a and b, for products that are summed in a wider format than the arguments'.
   * Default: the terms are in a, and b is ones.
   */
  readonly split?: boolean;
}

/** For arguments in fp16 and in e4m3 whose products are summed in float32. */
const splitMagnitudes: readonly (readonly [large: number, unit: number])[] = [
  [2 ** 30, 2 ** -28],
  [2 ** 16, 2 ** -16],
];

/**
 * The tree in which a function adds its n terms, found by calling it: f(a, b) is a dot product, or a sum of a alone.
 *
 * Method: masking, after FPRev (masking.ts); n log n calls for the usual orders, n²/2 at worst, and as many more for the
 * checks. Additions of several terms with one rounding are one node, an exact sum is one node of n terms. What no tree
 * of rounded additions does (compensated, stochastic, not reproducible) is `{ kind: 'none', reason }`.
 * @throws InputError where n or an option is out of range
 * @example treeText(revealOrder((a, b) => a.reduce((s, x, k) => s + x * b[k], 0), 8))
 */
export function revealOrder(
  f: (a: Float64Array, b: Float64Array) => number,
  n: number,
  options: RevealOptions = {},
): SummationTree {
  if (!Number.isSafeInteger(n) || n < 1) throw new InputError(`revealOrder: expected n ≥ 1 terms, got ${n}`);
  const { split = false } = options;
  const asking = revealTree(n, magnitudesOf(options));
  let step = asking.next();
  while (step.done !== true) {
    const sums = step.value.map((query) => {
      const terms = termsOf(query, n);
      const b = terms.map((term) => (split && term !== 0 ? 2 ** Math.floor(Math.log2(Math.abs(term)) / 2) : 1));
      return f(split ? terms.map((term, k) => term / b[k]) : terms, b);
    });
    step = asking.next(sums);
  }
  return step.value;
}

function magnitudesOf({ large, unit, split }: RevealOptions): readonly (readonly [number, number])[] {
  for (const [name, x] of Object.entries({ large, unit })) {
    if (x !== undefined && !(x > 0 && Number.isFinite(x) && Number.isInteger(Math.log2(x)))) {
      throw new InputError(`revealOrder: ${name}: expected a positive power of two, got ${x}`);
    }
  }
  if (large !== undefined) {
    if (large <= (unit ?? 1)) throw new InputError(`revealOrder: large: expected more than the unit, got ${large}`);
    return [[large, unit ?? 1]];
  }
  const usual = split === true ? [...splitMagnitudes, ...usualMagnitudes] : usualMagnitudes;
  return unit === undefined ? usual : usual.map(([m]) => [m, unit] as const).filter(([m]) => m > unit);
}
