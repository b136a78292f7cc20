/** Operands made ready for the kernels: B in panels, and statistics by which a kernel is chosen (assembly/pack.ts). */
import type { Limits } from './plan.ts';
import { type Address, jobKinds, type KernelMemory, type NumberSize } from './wasm.ts';

/** Bytes of statistics of a row or panel. */
export const STATISTICS = 24;
/** What packing or measuring a byte takes, in multiplications of a product. */
const COST = 2;

/** B as the kernels read it: panels of 16 float32 or 8 float64 columns. */
export interface Panels {
  readonly address: Address;
  readonly count: number;
  readonly columns: number;
  readonly statistics: Address;
}

/** Where B is: `terms` rows of `columns` numbers or, transposed, `columns` rows of `terms`; `stride` numbers from row to row. */
export interface PanelSource {
  readonly address: Address;
  readonly stride: number;
  readonly terms: number;
  readonly columns: number;
  readonly transposed: boolean;
  readonly size: NumberSize;
}

/** 1 where the sums of magnitudes matter: to leave them out takes a quarter of the time. */
function withSums(limits: Limits | undefined): number {
  return limits?.sums === true ? 1 : 0;
}

/** Room for the panels of so many columns. */
export function allocatePanels(memory: KernelMemory, terms: number, columns: number, size: NumberSize): Panels {
  const count = Math.ceil(columns / (64 / size));
  const address = memory.allocate(count * terms * 64);
  return { address, count, columns, statistics: memory.allocate(count * STATISTICS) };
}

/**
 * Packs B, with the statistics that a kernel is chosen by within these limits, if any.
 * @param meanwhile what the calling thread does while others have begun
 */
export function pack(
  memory: KernelMemory,
  source: PanelSource,
  panels: Panels,
  limits: Limits | undefined,
  meanwhile?: () => void,
): void {
  const { address, stride, terms, columns, transposed, size } = source;
  const cost = COST * terms * 64;
  const panelsPerTask = Math.min(panels.count, Math.ceil(memory.shareOf(panels.count * cost) / cost));
  const statistics = limits === undefined ? 0 : panels.statistics;
  const fields = [
    ...[address, stride * size, terms, columns, transposed ? 1 : 0, size],
    ...[panels.address, statistics, withSums(limits), panelsPerTask],
  ];
  memory.run({
    kind: jobKinds.pack,
    tasks: Math.ceil(panels.count / panelsPerTask),
    bytes: fields.length * 4,
    write: (job) => memory.int32(job, fields.length).set(fields),
    meanwhile,
  });
}

/** Statistics of rows of n float32 numbers; those that are NaN become the positive quiet one. */
export function statisticsOfRows(memory: KernelMemory, x: Address, rows: number, n: number, limits: Limits): Address {
  const result = memory.allocate(rows * STATISTICS);
  const cost = COST * n * 4;
  const rowsPerTask = Math.min(rows, Math.ceil(memory.shareOf(rows * cost) / cost));
  const fields = [x, n * 4, n, rows, withSums(limits), result, rowsPerTask];
  memory.run({
    kind: jobKinds.statistics,
    tasks: Math.ceil(rows / rowsPerTask),
    bytes: fields.length * 4,
    write: (job) => memory.int32(job, fields.length).set(fields),
  });
  return result;
}
