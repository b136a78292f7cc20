/** Statistics of a run's taps as JSON text. */
import type { PlannedTap } from '../analysis/traces/record.ts';
import type { TapStatistics } from '../analysis/traces/statistics.ts';
import { jsonText } from './json.ts';

/** The documented order of keys, so that equal runs are equal bytes. */
export function statisticsJson(
  about: Readonly<Record<string, string>>,
  taps: readonly PlannedTap[],
  found: ReadonlyMap<string, TapStatistics>,
): string {
  return jsonText({
    schema: 'ulpwise.trace-statistics/1',
    ...about,
    taps: taps.map(({ name, shape, format }) => {
      const { magnitude, ...rest } = found.get(name) as TapStatistics;
      const { q01, q25, q50, q75, q99, max } = magnitude;
      return { tap: name, shape, format: format.name, ...rest, magnitude: { q01, q25, q50, q75, q99, max } };
    }),
  });
}
