/** What was measured on: processor, threads, Node, and how limit.c itself scales over the cores. */
import { availableParallelism, cpus } from 'node:os';
import { mediansOf, runLimit, runTogether } from './limit.js';
import { rounded } from './rates.js';

const RUNS = 3;

/** `limit`: on one core, and the sum over as many simultaneous processes as cores; null where there is no limit.c. */
export async function machineFacts({ threads, limit, progress }) {
  if (limit.binary !== undefined) progress('limit.c on one core and on all');
  const cores = availableParallelism();
  const [one, all] = [[], []];
  for (let i = 0; i < RUNS; i++) {
    one.push(runLimit(limit));
    all.push(await runTogether(limit, cores));
  }
  const figures = (runs) => {
    const medians = mediansOf(runs);
    return medians && Object.fromEntries(Object.entries(medians).map(([name, x]) => [name, rounded(x)]));
  };
  return {
    ...{ cpu: cpus()[0]?.model ?? 'unknown', cores, threads: threads.count, node: process.version },
    limit: limit.binary === undefined ? null : { one: figures(one), allCores: figures(all) },
  };
}
