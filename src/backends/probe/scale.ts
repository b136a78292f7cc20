/** The magnitudes of a masking experiment: units, and a mask M so large that a unit vanishes beside it. */
import { type Asking, ask, NotATree, type Query } from './query.ts';

export interface Scale {
  /** M. */
  readonly large: number;
  readonly unit: number;
  /** So many units are counted without a rounding, and vanish together beside M. */
  readonly group: number;
  /**
   * Units beside M do not vanish but leave something else than a unit behind (a rounding toward zero, beside −M):
   * one unit at a time, and only an unchanged unit counts as a survivor.
   */
  readonly lenient: boolean;
}

/** Masks and units that suit float64, float32 and bfloat16, fp16, and the small formats, to be tried in turn. */
export const usualMagnitudes: readonly (readonly [large: number, unit: number])[] = [
  [2 ** 1000, 1],
  [2 ** 120, 1],
  [2 ** 15, 2 ** -14],
  [2 ** 8, 2 ** -6],
  [2 ** 4, 2 ** -4],
  [4, 0.125],
  [4, 0.5],
];

/** log2 of M in units, which may itself be beyond the largest number. */
export function rangeOf({ large, unit }: Pick<Scale, 'large' | 'unit'>): number {
  return Math.floor(Math.log2(large) - Math.log2(Math.abs(unit)));
}

/**
 * True if the function takes the pair: M − M = 0 and a unit alone comes out as it is, wherever they stand, and M has not
 * been replaced by the largest number (a result may overflow where a partial sum does not).
 */
export function* suitable(n: number, large: number, unit: number): Asking<boolean> {
  const alone = Array.from({ length: n }, (_, k): Query => ({ units: [k], unit, set: [] }));
  const cancelling = Array.from(
    { length: n - 1 },
    (_, k): Query => ({
      ...{ units: [], unit },
      set: [
        [k, large],
        [k + 1, -large],
      ],
    }),
  );
  const [largeAlone, ...sums] = yield* ask([{ units: [], unit, set: [[0, large]] }, ...alone, ...cancelling]);
  if (Number.isFinite(largeAlone) && !(largeAlone > large / 2 && largeAlone < 2 * large)) return false;
  return sums.every((sum, q) => sum === (q < n ? unit : 0));
}

/** Whether the third of three terms survives a mask on the other two, for each of the three. */
function maskings([i, j, k]: readonly [number, number, number], large: number, value: number): Query[] {
  const masking = (plus: number, minus: number, term: number): Query => ({
    ...{ units: [], unit: value },
    set: [
      [plus, large],
      [minus, -large],
      [term, value],
    ],
  });
  return [masking(i, j, k), masking(j, k, i), masking(k, i, j)];
}

/**
 * The largest group of units that can be counted at once, by experiment with the first, the middle and the last term.
 * @returns the scale, or `exact` where nothing vanishes beside M
 * @throws NotATree where a unit neither survives nor vanishes
 */
export function* scaleOf(n: number, large: number, unit: number): Asking<Scale | 'exact'> {
  if (n < 3) return { large, unit, group: 1, lenient: false };
  const three = [0, n >> 1, n - 1] as const;
  const groups = Array.from({ length: 32 - Math.clz32(n) }, (_, m) => 2 ** m);
  const sums = yield* ask(
    groups.flatMap((group): Query[] => [
      ...maskings(three, large, group * unit),
      { units: [], unit, set: [[three[0], (group - 1) * unit]] },
      {
        ...{ units: [], unit },
        set: [
          [three[0], (group - 1) * unit],
          [three[2], unit],
        ],
      },
    ]),
  );
  const survivors = (g: number): number[] => sums.slice(5 * g, 5 * g + 3).map((sum) => sum / (groups[g] * unit));
  const first = survivors(0);
  if (!first.every((count) => count === 0 || count === 1)) throw new NotATree('a term beside a large one is changed');
  if (first.every((count) => count === 1)) return 'exact';
  let last = 0;
  const countable = (g: number): boolean =>
    sums[5 * g + 3] === (groups[g] - 1) * unit &&
    sums[5 * g + 4] === groups[g] * unit &&
    survivors(g).every((count, q) => count === first[q]);
  while (last + 1 < groups.length && countable(last + 1)) last++;
  return { large, unit, group: groups[last], lenient: false };
}
