/** Independent tasks on worker threads of Node. */
import { Worker } from 'node:worker_threads';
import { InputError } from '../formats/index.ts';

export interface TaskRunner<Task, Result> {
  /** The built module whose worker answers each task with its result. */
  readonly worker: URL;
  /** The same on this thread. */
  readonly run: (task: Task) => Result | Promise<Result>;
}

/**
 * Runs the tasks; each result is handed over as it comes, in no particular order.
 * @throws what a task throws
 */
export async function runOnThreads<Task, Result>(
  tasks: readonly Task[],
  threads: number,
  { worker: url, run }: TaskRunner<Task, Result>,
  onResult: (result: Result, task: Task) => void,
): Promise<void> {
  // Node 20 starts no worker from TypeScript, which is what runs under vitest.
  if (threads === 1 || tasks.length === 1 || import.meta.url.endsWith('.ts')) {
    for (const task of tasks) {
      onResult(await run(task), task);
      await new Promise((resume) => setImmediate(resume));
    }
    return;
  }
  const workers = Array.from({ length: Math.min(threads, tasks.length) }, () => new Worker(url));
  let next = 0;
  try {
    await Promise.all(
      workers.map(
        (worker) =>
          new Promise<void>((resolve, reject) => {
            let current: Task;
            const send = (): void => {
              if (next === tasks.length) {
                resolve();
                return;
              }
              current = tasks[next++];
              worker.postMessage(current);
            };
            worker.on('error', (error) => reject(asThrown(error)));
            worker.on('message', (result: Result) => {
              onResult(result, current);
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

/** An error comes from a worker without its class. */
function asThrown(error: Error): Error {
  return error.name === 'InputError' ? new InputError(error.message) : error;
}
