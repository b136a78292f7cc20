/** `ulpwise verify`: searches for inputs on which an error exceeds its bound. */
import { bounds } from '../bounds/index.ts';
import { atomicFile } from '../platform/node-output.ts';
import { openJournal, runTasks } from '../platform/node-search.ts';
import { threadsOf } from '../platform/node-workers.ts';
import { markdownList, printTable, type TableFormat } from '../report/table.ts';
import { verifyJson } from '../report/verify-json.ts';
import { verifyColumns, verifyFormatColumns } from '../report/verify-table.ts';
import { fallsShort } from '../testing/search/known-sharpness.ts';
import { type BoundSummary, failed, summarize } from '../testing/search/summary.ts';
import { boundsToVerify, taskKey, tasksOf } from '../testing/search/verify.ts';
import type { Io } from './io.ts';
import { progressLine } from './progress.ts';

export interface VerifyCommandOptions {
  readonly cases: number;
  readonly seed: number;
  readonly json?: string;
  readonly table: TableFormat;
  readonly formats?: boolean;
}

/**
 * @returns whether no rigorous or first-order bound was exceeded
 * @throws InputError where an id is no bound's, or the JSON cannot be written
 */
export async function runVerify(ids: readonly string[], options: VerifyCommandOptions, io: Io): Promise<boolean> {
  const { cases, seed, json, table } = options;
  const chosen = boundsToVerify(ids);
  const tasks = tasksOf({ ids: chosen.map(({ id }) => id), cases, seed });
  const file = json === undefined || json === '-' ? undefined : json;
  const journal = file === undefined ? undefined : openJournal('--json', `${file}.progress`);
  const known = new Map(journal?.results.map((result) => [taskKey(result), result]));
  const results = tasks.map((task) => known.get(taskKey(task))).filter((result) => result !== undefined);
  const left = tasks.filter((task) => !known.has(taskKey(task)));
  if (results.length > 0) io.stderr(`going on: ${results.length} of ${tasks.length} units are done already\n`);

  const progress = progressLine(io);
  try {
    await runTasks(left, threadsOf(process.env.ULPWISE_THREADS), (result) => {
      journal?.add(result);
      results.push(result);
      progress.report({ done: results.length, total: tasks.length, what: result.bound });
    });
  } finally {
    progress.clear();
  }
  const summaries = chosen.map((bound) =>
    summarize(
      bound,
      results.filter((result) => result.bound === bound.id),
    ),
  );
  const text = verifyJson(seed, cases, summaries);
  if (file !== undefined) {
    const output = atomicFile('--json', file);
    try {
      output.write(new TextEncoder().encode(text));
      output.commit();
    } finally {
      output.abort();
    }
    journal?.remove();
  }
  io.stdout(json === '-' ? text : printed(summaries, { ...options, table }));
  return !summaries.some(failed);
}

function printed(summaries: readonly BoundSummary[], { table, seed, formats }: VerifyCommandOptions): string {
  const rows = summaries.flatMap(({ id, formats: each }) =>
    Object.entries(each).map(([format, ratios]) => ({ id, format, ...ratios })),
  );
  const text = formats ? printTable(table, verifyFormatColumns, rows) : printTable(table, verifyColumns, summaries);
  if (table !== 'md') return text;
  const wrong = summaries.filter(failed);
  const list = markdownList([
    { label: 'seed', text: String(seed) },
    { label: 'bounds', text: `${summaries.length} of ${bounds.all.length}` },
    { label: 'exceeded', text: namesOf(wrong) },
    { label: 'below a third of what is known', text: namesOf(summaries.filter(fallsShort)) },
  ]);
  return `${list}\n${text}${wrong.map(counterexampleText).join('')}`;
}

const namesOf = (summaries: readonly BoundSummary[]): string =>
  summaries.length === 0 ? 'none' : summaries.map(({ id }) => id).join(', ');

function counterexampleText({ id, counterexample }: BoundSummary): string {
  if (counterexample === null) return '';
  return `\n${id} is exceeded ${counterexample.ratio.toPrecision(3)} times by\n${JSON.stringify(counterexample.case)}\n`;
}
