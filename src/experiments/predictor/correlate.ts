/** Correlations of predicted with observed errors, with bootstrap intervals over draws. */
import { pearson, ranks } from '../../bounds/correlation.ts';
import { float64Functions } from '../../softfloat/float64.ts';
import { Random } from '../../testing/random.ts';
import { quantileOf } from '../statistics.ts';

export interface Pair {
  /** Runs of the same draw of weights and tokens are no independent samples: they are resampled together. */
  readonly draw: number;
  readonly predicted: number;
  readonly observed: number;
}

export interface Interval {
  readonly value: number;
  /** 2.5 % and 97.5 % quantiles over resamples. */
  readonly low: number;
  readonly high: number;
}

export interface Correlations {
  /** Of the logarithms. */
  readonly pearson: Interval | null;
  /** Of the ranks. */
  readonly spearman: Interval | null;
  /** Pairs of positive finite numbers: the others have no logarithm. */
  readonly runs: number;
}

/** Fewer draws say nothing about their spread. */
const LEAST_DRAWS = 3;

/** Null where there are fewer than three draws, or a list is constant. */
export function correlations(pairs: readonly Pair[], resamples: number, seed: number): Correlations {
  const usable = pairs.filter(({ predicted, observed }) =>
    [predicted, observed].every((x) => x > 0 && Number.isFinite(x)),
  );
  const log = ({ predicted, observed }: Pair): Point => [
    float64Functions.log(predicted),
    float64Functions.log(observed),
  ];
  const draws = new Map<number, Point[]>();
  for (const pair of usable) draws.set(pair.draw, [...(draws.get(pair.draw) ?? []), log(pair)]);
  const groups = [...draws.values()];
  const measures = { pearson: pearsonOf, spearman: spearmanOf };
  const found = Object.entries(measures).map(([name, of]) => [name, intervalOf(groups, of, resamples, seed)]);
  return { ...(Object.fromEntries(found) as Omit<Correlations, 'runs'>), runs: usable.length };
}

type Point = readonly [predicted: number, observed: number];
type Measure = (points: readonly Point[]) => number | null;

const pearsonOf: Measure = (points) =>
  pearson(
    points.map(([x]) => x),
    points.map(([, y]) => y),
  );
const spearmanOf: Measure = (points) => {
  const [x, y] = [0, 1].map((i) => ranks(points.map((point) => point[i])));
  return pearson(x, y);
};

function intervalOf(
  groups: readonly (readonly Point[])[],
  of: Measure,
  resamples: number,
  seed: number,
): Interval | null {
  const value = of(groups.flat());
  if (value === null || groups.length < LEAST_DRAWS) return null;
  const found: number[] = [];
  for (let i = 0; i < resamples; i++) {
    const random = new Random(seed, 'bootstrap', i);
    const again = of(groups.flatMap(() => random.pick(groups)));
    // Where one draw was picked alone, there may be no correlation.
    if (again !== null) found.push(again);
  }
  return { value, low: quantileOf(found, 0.025) ?? value, high: quantileOf(found, 0.975) ?? value };
}
