/** The cells of an experiment on all cores of this machine. */
import type { Cell, Row } from '../experiments/experiment.ts';
import { experimentOf } from '../experiments/index.ts';
import type { Parameters } from '../experiments/parameters.ts';
import { loadCheckpoint } from './node-checkpoint.ts';
import { runOnThreads } from './node-threads.ts';

export interface CellTask {
  readonly experiment: string;
  readonly parameters: Parameters;
  readonly index: number;
  readonly cell: Cell;
}

export async function runCell({ experiment, parameters, cell }: CellTask): Promise<readonly Row[]> {
  return experimentOf(experiment).run(parameters, cell, { loadCheckpoint });
}

/** Runs the cells; the rows of each are handed over as they come, in no particular order. */
export function runCells(
  tasks: readonly CellTask[],
  threads: number,
  onRows: (rows: readonly Row[], task: CellTask) => void,
): Promise<void> {
  const worker = new URL('./node-cells-worker.js', import.meta.url);
  return runOnThreads(tasks, threads, { worker, run: runCell }, onRows);
}
