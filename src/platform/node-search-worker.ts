/** A worker of the search for counterexamples: a task in, its result out. */
import { parentPort } from 'node:worker_threads';
import type { UnitTask } from '../testing/search/unit.ts';
import { runTask } from '../testing/search/verify.ts';

parentPort?.on('message', (task: UnitTask) => parentPort?.postMessage(runTask(task)));
