/** Sums of rows within composites (assembly/row-sums.ts). */
import type { Format } from '../../formats/index.ts';
import type { OperationSpec } from '../../tensor/index.ts';
import { jobWriter } from './job.ts';
import { STATISTICS } from './panels.ts';
import type { SumPlan, SumSpec } from './plan.ts';
import type { BinaryContext } from './rounding-constants.ts';
import { Units } from './units.ts';
import type { Address, KernelMemory } from './wasm.ts';

/** How the rows of numbers of `format` are summed at a site. */
export interface RowSumPlan {
  readonly plan: SumPlan;
  readonly spec: SumSpec;
}

/** Sums of rows of n numbers as assembly/row-sums.ts reads them, of one thread alone: it writes to what is allocated here. */
export function rowSumJob(memory: KernelMemory, { plan, spec }: RowSumPlan, n: number): Address {
  const size = plan.storage === 'float64' ? 8 : 4;
  const ones = memory.allocate(n * size);
  memory.numbers(ones, n, size).fill(1);
  const panels = { address: memory.allocate(n * 64), count: 1, columns: 1, statistics: memory.allocate(STATISTICS) };
  const result = memory.allocate(64);
  const { bytes, write } = jobWriter(memory, plan, spec, {
    ...{ a: ones, rows: 1, terms: n, panels, result, resultStride: 64, masks: 0, readColumns: 0 },
  });
  const job = memory.allocate(bytes);
  write(job);
  const { accumulate: format, mode, overflow, subnormals } = spec;
  const units = new Units(memory, { format, mode, overflow, subnormals } as BinaryContext);
  // Ascending sums start at −0, and −0 + 0 is −0 when rounding down.
  const ascending = spec.order.kind === 'sequential' && mode !== 'down';
  const add = ascending ? units.of('add', format, spec.b) : 0;
  return memory.integersIn([add, job, result]);
}

/** The spec of a site's row sums of numbers of `format`. */
export function rowSumSpec(spec: OperationSpec, format: Format): SumSpec {
  const { accumulate, order, mode, overflow, subnormals } = spec;
  return { a: 'one', b: format, product: 'exact', accumulate, order, fma: false, mode, overflow, subnormals };
}
