/** The search for counterexamples on all cores of this machine, and a journal to go on from after it was stopped. */
import { appendFileSync, readFileSync, rmSync } from 'node:fs';
import { InputError } from '../formats/index.ts';
import type { UnitResult, UnitTask } from '../testing/search/unit.ts';
import { runTask } from '../testing/search/verify.ts';
import { runOnThreads } from './node-threads.ts';

/** Runs the tasks; each result is handed over as it comes, in no particular order. */
export function runTasks(
  tasks: readonly UnitTask[],
  threads: number,
  onResult: (result: UnitResult) => void,
): Promise<void> {
  const worker = new URL('./node-search-worker.js', import.meta.url);
  return runOnThreads(tasks, threads, { worker, run: runTask }, onResult);
}

/** Results written down one a line as they come. */
export interface Journal {
  /** Those of earlier runs. */
  readonly results: readonly UnitResult[];
  add(result: UnitResult): void;
  /** When all is done and kept elsewhere. */
  remove(): void;
}

/**
 * @param where what asked for it: the beginning of every message
 * @throws InputError where the file cannot be read or written
 */
export function openJournal(where: string, path: string): Journal {
  const attempt = <T>(action: () => T): T => {
    try {
      return action();
    } catch (error) {
      throw new InputError(`${where}: expected a place to write to at '${path}', got ${(error as Error).message}`);
    }
  };
  attempt(() => appendFileSync(path, ''));
  const lines = attempt(() => readFileSync(path, 'utf8')).split('\n');
  // The last line may have been cut off; a line of something else belongs to no task and does nothing.
  const results = lines.flatMap((line) => {
    try {
      const result: UnitResult | null = JSON.parse(line);
      return typeof result === 'object' && result !== null ? [result] : [];
    } catch {
      return [];
    }
  });
  if (lines.at(-1) !== '') attempt(() => appendFileSync(path, '\n'));
  return {
    results,
    add: (result) => attempt(() => appendFileSync(path, `${JSON.stringify(result)}\n`)),
    remove: () => rmSync(path, { force: true }),
  };
}
