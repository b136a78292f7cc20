/** Worker threads of Node for the kernels' pool (src/backends/cpu/pool.ts). */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { InputError } from '../formats/index.ts';

/** What a worker is given. */
export interface NodeWorkerSetup {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly thread: number;
}

/**
 * Threads to use: ULPWISE_THREADS, else one for each core.
 * @throws InputError unless it is a whole number from 1 to 1024
 */
export function threadsOf(text: string | undefined): number {
  if (text === undefined || text === '') return availableParallelism();
  const threads = Number(text);
  if (!/^\d{1,4}$/.test(text) || threads < 1 || threads > 1024) {
    throw new InputError(`ULPWISE_THREADS: expected a whole number from 1 to 1024, got '${text}'`);
  }
  return threads;
}

/** What useWorkers (src/backends/cpu/wasm.ts) takes. */
export const nodeWorkers = {
  get threads(): number {
    return threadsOf(process.env.ULPWISE_THREADS);
  },
  maySleep: true,
  start(body: string, setup: NodeWorkerSetup) {
    const text = `const setup = require('node:worker_threads').workerData;\n${body}`;
    const worker = new Worker(text, { eval: true, workerData: setup, execArgv: [] });
    // Its tasks are done by others.
    worker.on('error', () => {});
    worker.unref();
    return { stop: (): void => void worker.terminate() };
  },
};
