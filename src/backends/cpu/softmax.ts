/** Softmax on the kernels (assembly/softmax.ts), a few rows of each head at a time. */
import { visible } from '../../arithmetic/scalar-arithmetic.ts';
import { type KeyMask, type Numbers, rowLength } from '../../tensor/index.ts';
import { type RowSumPlan, rowSumJob } from './row-sums.ts';
import { inPiecesOfRows, type RowsIn, rowsPerTask } from './rows.ts';
import type { UnaryFunction } from './unary-tables.ts';
import { Units } from './units.ts';
import { type Address, jobKinds, type KernelMemory } from './wasm.ts';

/** What an element costs, in multiplications of a matmul. */
const COST = 16;

/**
 * Softmax of each row.
 * @param sum of exponentials, numbers of the site's `out`
 * @param exp of what the rows become when they are shifted (`out`), or of the rows themselves
 */
export function softmax(
  input: RowsIn,
  { shifted, sum, exp }: { shifted: boolean; sum: RowSumPlan; exp: UnaryFunction },
  shape: readonly number[],
  mask: KeyMask | undefined,
): Numbers {
  const { memory, out, size, x } = input;
  const width = rowLength(shape);
  const table = exp.table(memory, x.data.length);
  const perTask = rowsPerTask(memory, width, size, COST);
  return inPiecesOfRows(input, width, (rows, count, firstRow) => {
    const units = new Units(memory, out);
    const packed = table === undefined && mask !== undefined;
    const { at: ranges, total } = rangesIn(memory, shape, mask, firstRow, count, packed);
    const work = packed ? memory.allocate(total * size) : rows;
    const fields = (starts: boolean, finishes: boolean): number[] => [
      ...[rows, rows, count, width, size, perTask, ranges, work],
      ...[starts ? 1 : 0, finishes ? 1 : 0, shifted ? 1 : 0, table?.at ?? 0, table?.shift ?? 0],
      ...[units.of('subtract', x.format, x.format), units.of('divide', out.format, sum.spec.accumulate)],
    ];
    const run = (starts: boolean, finishes: boolean): void => {
      const integers = fields(starts, finishes);
      memory.scope(() =>
        memory.run({
          kind: jobKinds.softmax,
          tasks: Math.ceil(count / perTask),
          bytes: (integers.length + 2) * 4,
          write: (job) => {
            const own = [finishes ? rowSumJob(memory, sum, width) : 0, memory.allocate(16)];
            memory.int32(job, integers.length + 2).set([...integers, ...own]);
          },
        }),
      );
    };
    if (table !== undefined) {
      run(true, true);
    } else {
      run(true, false);
      exp.apply(memory, work, total, size);
      run(false, true);
    }
    return rows;
  });
}

/**
 * Of each row its visible entries [from, to), and where their exponentials begin: in their own places, or `packed` one row
 * after the other, `total` in all.
 */
function rangesIn(
  memory: KernelMemory,
  shape: readonly number[],
  mask: KeyMask | undefined,
  firstRow: number,
  count: number,
  packed: boolean,
): { at: Address; total: number } {
  const width = rowLength(shape);
  const at = memory.allocate(count * 12);
  const ranges = memory.int32(at, count * 3);
  let total = 0;
  for (let r = 0; r < count; r++) {
    const [from, to] = mask === undefined ? [0, width] : visible(mask, shape, firstRow + r);
    ranges[3 * r] = from;
    ranges[3 * r + 1] = to;
    ranges[3 * r + 2] = packed ? total : r * width + from;
    total += Math.max(0, to - from);
  }
  return { at, total };
}
