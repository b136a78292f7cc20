/** One job for the kernels: everything they read of it, in memory, in the order of assembly/layout.ts. */
import { type Format, formats } from '../../formats/index.ts';
import type { Order } from '../../tensor/order.ts';
import { type Panels, statisticsOfRows } from './panels.ts';
import { type Limits, SCALE, type SumPlan, type SumSpec } from './plan.ts';
import { type BinaryContext, laneConstants, wideConstants } from './rounding-constants.ts';
import { type Address, jobKinds, type KernelMemory, type TaskedJob } from './wasm.ts';

/** Where a job's operands and results are. */
export interface JobInput {
  readonly a: Address;
  readonly rows: number;
  readonly terms: number;
  readonly panels: Panels;
  readonly result: Address;
  readonly resultStride: number;
  readonly masks: Address;
  readonly readColumns: Address;
}

const EXACT = {
  ...{ format: formats.fp32, mode: 'nearest-even', overflow: 'inf', subnormals: 'keep' },
} as BinaryContext;

/** Stacks of partial sums, then two scaled rows. */
const SCRATCH = 8192;

/** A job is so many float64 and 37 integers, in the order of assembly/layout.ts. */
const NUMBERS = 9;
const JOB_BYTES = NUMBERS * 8 + 37 * 4;

/** Runs the kernels on a job. */
export function runJob(memory: KernelMemory, plan: SumPlan, spec: SumSpec, input: JobInput): void {
  memory.run({ kind: jobKinds.matmul, ...jobWriter(memory, plan, spec, input) });
}

/** A job's number of tasks, its size, and what writes one thread's copy of it. */
export function jobWriter(
  memory: KernelMemory,
  plan: SumPlan,
  spec: SumSpec,
  input: JobInput,
): Omit<TaskedJob, 'kind'> {
  const { terms, rows, panels } = input;
  const double = plan.storage === 'float64';
  const { limits } = plan;
  const { mode, overflow, subnormals } = spec;
  const context = (format: Format) => ({ format, mode, overflow, subnormals }) as BinaryContext;
  const accumulate = context(spec.accumulate);
  const exact = spec.product === 'exact' || spec.fma;
  // Exact products pass through as float32 numbers.
  const product = exact ? EXACT : context(spec.product as Format);
  const stride = terms * (double ? 8 : 4);
  let statistics = 0;
  if (limits !== undefined) {
    statistics = statisticsOfRows(memory, input.a, rows, terms, limits);
  }
  const lanes = (scale: number): [Address, Address] => {
    if (double) {
      const unused = memory.allocate(192);
      return [unused, unused];
    }
    return [laneConstants(memory, product, scale), laneConstants(memory, accumulate, scale)];
  };
  const narrow = lanes(0);
  const lifted = plan.scaled < 0 ? narrow : lanes(SCALE);
  const wide = double ? narrow : [wideConstants(memory, product), wideConstants(memory, accumulate)];
  const { chains, first, firstStep, step, length, combine } = chainsOf(spec.order, terms);
  const { rowsPerTask, panelsPerTask } = tasksOf(memory, rows, panels.count, terms, double);
  const tasks = Math.ceil(rows / rowsPerTask) * Math.ceil(panels.count / panelsPerTask);
  const numbers = limits === undefined ? [] : numbersOf(limits);
  const fields = (scratch: Address): number[] => [
    ...[input.a, stride, rows, terms, panels.address, panels.count, panels.columns],
    ...[input.result, input.resultStride, input.masks],
    ...[statistics, panels.statistics, plan.quick, plan.signed, plan.careful, plan.beyond, plan.scaled, ...plan.kinds],
    ...[chains, first, firstStep, step, length, combine],
    ...[...narrow, ...lifted, ...wide, exact ? 1 : 0, spec.fma ? 1 : 0, scratch, rowsPerTask, panelsPerTask],
    input.readColumns,
  ];
  return {
    tasks,
    bytes: JOB_BYTES,
    write: (job) => {
      const scratch = memory.allocate(SCRATCH + 2 * (terms + 4) * 4);
      memory.float64(job, numbers.length).set(numbers);
      const integers = fields(scratch);
      memory.int32(job + NUMBERS * 8, integers.length).set(integers);
    },
  };
}

/** The first fields of a job. */
function numbersOf({ product, sum, exact, scaledSum, scaled, quickLeast, quickMost }: Limits): number[] {
  return [product, sum, exact, scaledSum, scaled, 2 ** SCALE, 2 ** -SCALE, quickLeast, quickMost];
}

/** Bytes of a task's rows: they stay in a core's cache while the panels pass. */
const TASK_ROWS_BYTES = 1 << 18;

/** How a job is cut: into blocks of rows, a multiple of four, and those into blocks of panels. */
function tasksOf(memory: KernelMemory, rows: number, panels: number, terms: number, double: boolean) {
  const [rowBytes, perPanel] = double ? [terms * 8, terms * 8] : [terms * 4, terms * 16];
  const share = memory.shareOf(rows * panels * perPanel);
  const rowsPerTask = 4 * Math.ceil(Math.min(rows, TASK_ROWS_BYTES / rowBytes, share / perPanel) / 4);
  const panelsPerTask = Math.min(panels, Math.max(1, Math.ceil(share / (Math.min(rows, rowsPerTask) * perPanel))));
  return { rowsPerTask, panelsPerTask };
}

/** tensor/order.ts's plan as an arithmetic progression of chains. */
function chainsOf(order: Order, n: number) {
  const blocks = (size: number) => ({
    ...{ chains: Math.ceil(n / size), first: 0, firstStep: size, step: 1, length: size, combine: 0 },
  });
  switch (order.kind) {
    case 'sequential':
      return blocks(n);
    case 'kahan':
      return { ...blocks(n), combine: 2 };
    case 'reversed':
      return { ...blocks(n), first: n - 1, step: -1 };
    case 'pairwise':
      return { ...blocks(1), combine: 1 };
    case 'blocked':
      return blocks(Math.min(order.block, n));
    case 'splitk':
      return blocks(Math.ceil(n / order.chunks));
    case 'lanes':
      return {
        ...{ chains: Math.min(order.lanes, n), first: 0, firstStep: 1 },
        ...{ step: Math.min(order.lanes, n), length: n, combine: 1 },
      };
  }
}
