/** LayerNorm and RMSNorm on the kernels (assembly/norm.ts), a few rows at a time. */
import type { Numbers } from '../../tensor/index.ts';
import { type RowSumPlan, rowSumJob } from './row-sums.ts';
import { inPiecesOfRows, type RowsIn, rowsPerTask } from './rows.ts';
import { Units } from './units.ts';
import { jobKinds } from './wasm.ts';

/** What an element costs, in multiplications of a matmul. */
const COST = 16;

/** Numbers of the site's `out`. */
export interface NormConstants {
  readonly gamma: Numbers;
  readonly beta: Numbers | undefined;
  readonly epsilon: number;
  readonly one: number;
}

/** `mean`: the sums of the rows themselves, where they are centred (layerNorm). */
export function norm(
  input: RowsIn,
  mean: RowSumPlan | undefined,
  squares: RowSumPlan,
  { gamma, beta, epsilon, one }: NormConstants,
): Numbers {
  const { memory, out, size, x } = input;
  const width = gamma.length;
  const perTask = rowsPerTask(memory, width, size, COST);
  const [F, G, S] = [out.format, x.format, squares.spec.accumulate];
  const centred = mean === undefined ? G : F;
  return inPiecesOfRows(input, width, (rows, count) => {
    const units = new Units(memory, out);
    const scalar = (c: number) => memory.copyIn([c], size);
    const fields = [
      ...[rows, rows, count, width, size, perTask],
      ...[scalar(width), scalar(epsilon), scalar(one)],
      ...[memory.copyIn(gamma, size), beta === undefined ? 0 : memory.copyIn(beta, size)],
      ...[units.of('divide'), units.of('subtract', G, F), units.of('multiply', centred, centred)],
      ...[units.of('divide', S), units.of('add', F, F), units.of('sqrt'), units.of('divide', F, F)],
      ...[units.of('multiply', centred, F), units.of('multiply', F, F), units.of('add', F, F)],
    ];
    memory.run({
      kind: jobKinds.norm,
      tasks: Math.ceil(count / perTask),
      bytes: (fields.length + 3) * 4,
      write: (job) => {
        const sums = mean === undefined ? 0 : rowSumJob(memory, mean, width);
        const own = [sums, rowSumJob(memory, squares, width), memory.allocate(16 * width * size)];
        memory.int32(job, fields.length + 3).set([...fields, ...own]);
      },
    });
    return rows;
  });
}
