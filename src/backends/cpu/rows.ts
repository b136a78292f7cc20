/** Whole rows on the kernels, a few at a time. */
import type { RoundingContext } from '../../softfloat/scalar.ts';
import type { Numbers } from '../../tensor/index.ts';
import type { Operand } from './elementwise.ts';
import type { Address, KernelMemory, NumberSize } from './wasm.ts';

/** Numbers in memory at once. */
const PIECE = 1 << 18;

/** A site's arithmetic on the rows of an operand, in numbers of `size` bytes. */
export interface RowsIn {
  readonly memory: KernelMemory;
  readonly out: RoundingContext;
  readonly size: NumberSize;
  readonly x: Operand;
}

/** Copies pieces of whole rows in, lets `compute` put results somewhere in memory, and copies those out. */
export function inPiecesOfRows(
  { memory, size, x: { data } }: RowsIn,
  width: number,
  compute: (rows: Address, count: number, firstRow: number) => Address,
): Numbers {
  const results = memory.results.take(data.length, size);
  if (data.length === 0) return results;
  const step = Math.max(16, Math.floor(PIECE / width / 16) * 16) * width;
  for (let i = 0; i < data.length; i += step) {
    memory.scope(() => {
      const part = data.subarray(i, i + step);
      const at = compute(memory.copyIn(part, size), part.length / width, i / width);
      results.set(memory.numbers(at, part.length, size), i);
    });
  }
  return results;
}

/** How many rows, as many as are summed together or a multiple of that, make a task; `cost` is that of an element. */
export function rowsPerTask({ taskSize }: KernelMemory, width: number, size: NumberSize, cost: number): number {
  const together = 64 / size;
  return together * Math.max(1, Math.ceil(taskSize / (cost * width * together)));
}
