/** The command line of the benchmark. */
import { parseArgs } from 'node:util';
import { TOKENS } from './gpt2small.js';
import { SOURCE } from './limit.js';
import { parts } from './parts.js';

export const USAGE = `npm run bench -- [options]        (npm run build first)

  --only PARTS   some of ${Object.keys(parts).join(', ')}, separated by commas (default: all)
  --json FILE    writes the figures as JSON
  --docs         writes docs/performance.md; needs all parts at their full size
  --runs N       medians of so many runs (default: 9)
  --size N       numbers of an array to round (default: 2^20)
  --length N     tokens of gpt2small (default: ${TOKENS})
  --limit FILE   limit.c, to be compiled with gcc (default: ../shared/bench/limit.c)
  --help

Figures are 10^9 rounded operations a second: gops on one thread by CPU time, gopsAllCores on all threads (ULPWISE_THREADS,
or one a core) by the wall clock; limit is limit.c on one core, run in each round, and
ratio the median of gops / limit in each round (for arrays: of the gops of @petamoriken/float16). All parts take about ten
minutes, most of them limit.c's.
`;

/** What is wrong with the command line; exit status 2. */
export class UsageError extends Error {}

/** @throws UsageError */
export function parseOptions(words) {
  const text = { type: 'string' };
  const flag = { type: 'boolean', default: false };
  const known = { only: text, json: text, limit: text, runs: text, size: text, length: text, docs: flag, help: flag };
  let values;
  try {
    ({ values } = parseArgs({ args: words, options: known }));
  } catch (error) {
    throw new UsageError(error.message);
  }
  const names = Object.keys(parts);
  const only = values.only?.split(',') ?? names;
  for (const name of only) {
    if (!names.includes(name)) throw new UsageError(`--only: expected parts of ${names.join(', ')}, got '${name}'`);
  }
  const number = (name, otherwise) => {
    const n = Number(values[name] ?? otherwise);
    if (!Number.isInteger(n) || n < 1)
      throw new UsageError(`--${name}: expected a whole number, got '${values[name]}'`);
    return n;
  };
  const sizes = { runs: number('runs', 9), size: number('size', 2 ** 20), length: number('length', TOKENS) };
  if (values.docs && (['only', 'size', 'length'].some((name) => values[name] !== undefined) || sizes.runs < 7)) {
    throw new UsageError('--docs: expected all parts at their full size and at least 7 runs');
  }
  // In the order in which they are run, whatever the order of the words.
  const { json, docs, help, limit = SOURCE } = values;
  return { ...sizes, json, docs, help, limit, only: names.filter((name) => only.includes(name)) };
}
