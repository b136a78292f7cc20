/** The cells of an experiment on all cores of this machine. */
import type { Cell, Context, Row } from '../experiments/experiment.ts';
import { experimentOf } from '../experiments/index.ts';
import type { Parameters } from '../experiments/parameters.ts';
import { loadCheckpoint } from './node-checkpoint.ts';
import { runOnThreads } from './node-threads.ts';

export interface CellTask {
  readonly experiment: string;
  readonly parameters: Parameters;
  readonly index: number;
  readonly cell: Cell;
  /** `scalar`: the oracle. */
  readonly backend?: 'cpu' | 'scalar';
}

export async function runCell(
  { experiment, parameters, cell, backend }: CellTask,
  device?: Context['backend'],
): Promise<readonly Row[]> {
  return experimentOf(experiment).run(parameters, cell, { loadCheckpoint, backend: device ?? backend });
}

/**
 * Runs the cells; the rows of each are handed over as they come, in no particular order.
 * @param device computes in place of the tasks' backends, all on this thread
 */
export function runCells(
  tasks: readonly CellTask[],
  threads: number,
  onRows: (rows: readonly Row[], task: CellTask) => void,
  device?: Context['backend'],
): Promise<void> {
  const worker = new URL('./node-cells-worker.js', import.meta.url);
  const run = (task: CellTask) => runCell(task, device);
  return runOnThreads(tasks, device === undefined ? threads : 1, { worker, run }, onRows);
}
