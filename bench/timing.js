/** Clocks, medians and how often to repeat what is too short for a clock. */
import { existsSync, readFileSync } from 'node:fs';

const SCHEDSTAT = '/proc/self/schedstat';

/**
 * Of the main thread, as limit.c measures its one thread: the wall clock counts other programs on a shared machine, the
 * process's time what V8's other threads do at the same time, which it is where Linux does not tell.
 */
export const cpuSeconds = existsSync(SCHEDSTAT)
  ? () => Number(readFileSync(SCHEDSTAT, 'utf8').split(' ')[0]) / 1e9
  : () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    };

export function wallSeconds() {
  return performance.now() / 1e3;
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Parts of a measurement, of which the median counts: another program interrupts a few of them, if any. */
const PARTS = 10;

/**
 * Seconds of one call of `run` by `clock`: the median of ten parts of `repeat` calls in all, after as long again to fill caches
 * that others used. Fewer calls than parts are one part.
 */
export function timed(run, clock, repeat) {
  for (let i = 0; i < repeat; i++) run();
  const calls = repeat < PARTS ? repeat : Math.ceil(repeat / PARTS);
  const part = () => {
    const start = clock();
    for (let i = 0; i < calls; i++) run();
    return (clock() - start) / calls;
  };
  return median(Array.from({ length: repeat < PARTS ? 1 : PARTS }, part));
}

/** A tenth of it is long enough for the resolution of the CPU clock, which is a few milliseconds on some systems. */
const LEAST_SECONDS = 0.3;
/** V8 optimises what runs for a while. */
const WARM_SECONDS = 0.2;

/** How many calls take long enough to be timed, found out after a warm-up. */
export function repeatsOf(run) {
  const end = wallSeconds() + WARM_SECONDS;
  do run();
  while (wallSeconds() < end);
  return Math.max(1, Math.ceil(LEAST_SECONDS / timed(run, wallSeconds, 1)));
}
