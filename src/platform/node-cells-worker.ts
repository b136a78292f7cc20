/** A worker of an experiment: a cell in, its rows out. */
import { parentPort } from 'node:worker_threads';
import { type CellTask, runCell } from './node-cells.ts';

parentPort?.on('message', async (task: CellTask) => parentPort?.postMessage(await runCell(task)));
