/**
 * The rate of an operation: on one thread by CPU time, on all threads by the wall clock, and limit.c before them, round by
 * round, so that what slows the machine down slows all of them down. Medians; a ratio is the median of the rounds' ratios,
 * because a shared machine can be twice as slow in one minute as in the next.
 */
import { runLimit } from './limit.js';
import { cpuSeconds, median, repeatsOf, timed, wallSeconds } from './timing.js';

/** Three significant digits, or more where they stand before the point. */
export const rounded = (x) => (x === undefined ? null : x >= 100 ? Math.round(x) : Number(x.toPrecision(3)));

/**
 * @param run the operation, `operations` of them a call
 * @returns 10^9 operations a second of each round, and the figures of limit.c in it
 */
function roundsOf(run, operations, { threads, runs, limit }, withUnfused = false) {
  const alone = threads.alone(run);
  const repeat = repeatsOf(alone);
  const rate = (f, clock) => operations / timed(f, clock, repeat) / 1e9;
  return Array.from({ length: runs }, () => ({
    limits: limit && runLimit(limit, withUnfused),
    one: rate(alone, cpuSeconds),
    all: rate(run, wallSeconds),
  }));
}

const medianOf = (rounds, of) => rounded(median(rounds.map(of)));

/** 10^9 operations a second on one thread and on all. */
export function ratesOf(run, operations, context) {
  const rounds = roundsOf(run, operations, { ...context, limit: undefined });
  return { gops: medianOf(rounds, ({ one }) => one), gopsAllCores: medianOf(rounds, ({ all }) => all) };
}

/**
 * The same beside a figure of limit.c, in the form of the JSON; fp32 also beside limit.c without contraction, which does
 * what is measured here: a rounding after each multiplication and each addition.
 */
export function againstLimit(run, operations, figure, context) {
  const rounds = roundsOf(run, operations, context, figure === 'fp32');
  const known = rounds[0].limits !== undefined;
  const beside = (name) => [
    known ? medianOf(rounds, ({ limits }) => limits[name]) : null,
    known ? medianOf(rounds, ({ limits, one }) => one / limits[name]) : null,
  ];
  const [gops, gopsAllCores] = [medianOf(rounds, ({ one }) => one), medianOf(rounds, ({ all }) => all)];
  const [limit, ratio] = beside(figure);
  const result = { gops, gopsAllCores, limit, ratio, speedup: medianOf(rounds, ({ one, all }) => all / one) };
  if (figure !== 'fp32') return result;
  const [limitUnfused, ratioUnfused] = beside('fp32Unfused');
  return { ...result, limitUnfused, ratioUnfused };
}
