/** The search for counterexamples on all cores of this machine, and a journal to go on from after it was stopped. */
import { appendFileSync, readFileSync, rmSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { InputError } from '../formats/index.ts';
import type { UnitResult, UnitTask } from '../testing/search/unit.ts';
import { runTask } from '../testing/search/verify.ts';

/** Runs the tasks; each result is handed over as it comes, in no particular order. */
export async function runTasks(
  tasks: readonly UnitTask[],
  threads: number,
  onResult: (result: UnitResult) => void,
): Promise<void> {
  // Node 20 starts no worker from TypeScript, which is what runs under vitest.
  if (threads === 1 || tasks.length === 1 || import.meta.url.endsWith('.ts')) {
    for (const task of tasks) {
      onResult(runTask(task));
      await new Promise((resume) => setImmediate(resume));
    }
    return;
  }
  const url = new URL('./node-search-worker.js', import.meta.url);
  const workers = Array.from({ length: Math.min(threads, tasks.length) }, () => new Worker(url));
  let next = 0;
  try {
    await Promise.all(
      workers.map(
        (worker) =>
          new Promise<void>((resolve, reject) => {
            const send = (): void => {
              if (next === tasks.length) resolve();
              else worker.postMessage(tasks[next++]);
            };
            worker.on('error', reject);
            worker.on('message', (result: UnitResult) => {
              onResult(result);
              send();
            });
            send();
          }),
      ),
    );
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
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
