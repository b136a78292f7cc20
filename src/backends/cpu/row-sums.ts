/** Sums of rows on the kernels of products: a row is a column of b, and a is a row of ones, since 1·t is t. */
import type { Format } from '../../formats/index.ts';
import type { OperationSpec } from '../../tensor/index.ts';
import { runJob, STATISTICS } from './job.ts';
import type { SumPlan, SumSpec } from './plan.ts';
import { packPanels } from './sums.ts';
import type { Address, KernelMemory } from './wasm.ts';

/**
 * Each row's sum, in memory: `rows` rows of n float32 at x, `rowBytes` apart; the sums lie one after the other.
 */
export function rowSums(
  memory: KernelMemory,
  plan: SumPlan,
  spec: SumSpec,
  x: Address,
  rowBytes: number,
  rows: number,
  n: number,
): Address {
  const count = Math.ceil(rows / 16);
  const sums = memory.allocate(count * 64);
  memory.scope(() => {
    const ones = memory.allocate(n * 4);
    memory.float32(ones, n).fill(1);
    const address = memory.allocate(count * n * 64);
    packPanels(memory, x, rowBytes / 4, n, rows, true, false, address);
    const statistics = memory.allocate(count * STATISTICS);
    if (plan.limits !== undefined) memory.kernels.statistics(address, n * 64, n * 16, count, statistics);
    const panels = { address, count, columns: rows, statistics };
    const input = { a: ones, rows: 1, terms: n, panels, result: sums, resultStride: count * 64, masks: 0 };
    runJob(memory, plan, spec, input);
  });
  return sums;
}

/** The spec of a site's row sums of numbers of `format`. */
export function rowSumSpec(spec: OperationSpec, format: Format): SumSpec {
  const { accumulate, order, mode, overflow, subnormals } = spec;
  return { a: 'one', b: format, product: 'exact', accumulate, order, fma: false, mode, overflow, subnormals };
}
