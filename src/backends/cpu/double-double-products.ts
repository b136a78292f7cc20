/** Inner products of double-double matrices on the kernels, with the bits of arithmetic/double-double-products.ts. */
import type { MatmulShape } from '../../arithmetic/axes.ts';
import {
  type DoubleDoubleProducts,
  inRange,
  type Parts,
  type Source,
} from '../../arithmetic/double-double-products.ts';
import { SPLITTER } from '../../softfloat/error-free.ts';
import { type Address, jobKinds, type KernelMemory, kernelMemory } from './wasm.ts';

/** Bytes of B, or of A and its sums, that are in memory at once. */
const PIECE = 1 << 26;
/** Columns of a panel, bytes of one of its terms and of one row's sums, and bytes of a term of A. */
const [COLUMNS, PANEL, SUMS, NUMBER] = [8, 256, 128, 32];
/** A job is 8 integers, as assembly/double-double.ts has them. */
const JOB_BYTES = 8 * 4;
/** Multiplications of a task: a tenth of a millisecond of them. */
const TASK_SIZE = 1 << 15;

/** `doubleDoubleProducts` in a memory; @param pieceBytes how much of an operand is in memory at once, or a little more. */
export function doubleDoubleKernels(
  memory: KernelMemory = kernelMemory(),
  pieceBytes: number = PIECE,
): DoubleDoubleProducts {
  return (a, b, shape, transposed) => {
    const { m, n, k, batches, batchOfB } = shape;
    const parts = { hi: new Float64Array(batches * m * n), lo: new Float64Array(batches * m * n) };
    const columns = COLUMNS * Math.max(1, Math.floor(pieceBytes / (PANEL * k)));
    let fits = true;
    for (let column = 0; column < n; column += columns) {
      const width = Math.min(columns, n - column);
      const rows = Math.max(1, Math.floor(pieceBytes / (NUMBER * k + SUMS * Math.ceil(width / COLUMNS))));
      for (let batch = 0; fits && batch < batches; ) {
        const which = batchOfB(batch);
        memory.scope(() => {
          const panels = memory.allocate(Math.ceil(width / COLUMNS) * k * PANEL);
          fits = packPanels(memory, panels, b, shape, transposed, which, column, width);
          for (; fits && batch < batches && batchOfB(batch) === which; batch++) {
            for (let row = 0; fits && row < m; row += rows) {
              const piece = { first: batch * m + row, rows: Math.min(rows, m - row), column, width };
              memory.scope(() => {
                fits = multiply(memory, a, panels, shape, piece, parts);
              });
            }
          }
        });
      }
    }
    return fits ? parts : undefined;
  };
}

interface Piece {
  readonly first: number;
  readonly rows: number;
  readonly column: number;
  readonly width: number;
}

/** Writes a number's parts, `step` numbers apart; false where it is out of range. */
function split(to: Float64Array, at: number, step: number, source: Source, from: number): boolean {
  const hi = source.hi(from);
  const c = SPLITTER * hi;
  const high = c - (c - hi);
  to[at] = hi;
  to[at + step] = source.lo(from);
  to[at + 2 * step] = high;
  to[at + 3 * step] = hi - high;
  return inRange(hi);
}

function packPanels(
  memory: KernelMemory,
  panels: Address,
  b: Source,
  { n, k }: Pick<MatmulShape, 'n' | 'k'>,
  transposed: boolean,
  which: number,
  column: number,
  width: number,
): boolean {
  const count = Math.ceil(width / COLUMNS);
  const numbers = memory.float64(panels, (count * k * PANEL) / 8);
  if (width % COLUMNS !== 0) numbers.fill(0, ((count - 1) * k * PANEL) / 8);
  const [rowStep, columnStep] = transposed ? [1, k] : [n, 1];
  for (let j = 0; j < width; j++) {
    let at = (Math.floor(j / COLUMNS) * k * PANEL) / 8 + (j % COLUMNS);
    let from = which * k * n + (column + j) * columnStep;
    for (let t = 0; t < k; t++, at += PANEL / 8, from += rowStep) {
      if (!split(numbers, at, COLUMNS, b, from)) return false;
    }
  }
  return true;
}

/** Some rows of a times panels, into the result's parts. */
function multiply(
  memory: KernelMemory,
  a: Source,
  panels: Address,
  { n, k }: Pick<MatmulShape, 'n' | 'k'>,
  { first, rows, column, width }: Piece,
  parts: Parts,
): boolean {
  const panelCount = Math.ceil(width / COLUMNS);
  const left = memory.allocate(rows * k * NUMBER);
  const result = memory.allocate(rows * panelCount * SUMS);
  const numbers = memory.float64(left, (rows * k * NUMBER) / 8);
  for (let i = 0; i < rows * k; i++) if (!split(numbers, 4 * i, 1, a, first * k + i)) return false;

  const taskSize = Math.min(TASK_SIZE, memory.taskSize);
  const rowsPerTask = Math.max(1, Math.min(rows, Math.ceil(rows / 16)));
  const panelsPerTask = Math.min(panelCount, Math.ceil(taskSize / (rowsPerTask * COLUMNS * k)));
  memory.run({
    kind: jobKinds.doubleDouble,
    tasks: Math.ceil(rows / rowsPerTask) * Math.ceil(panelCount / panelsPerTask),
    bytes: JOB_BYTES,
    write: (job) => {
      const fields = [left, rows, k, panels, panelCount, result, rowsPerTask, panelsPerTask];
      memory.int32(job, fields.length).set(fields);
    },
  });

  const sums = memory.float64(result, (rows * panelCount * SUMS) / 8);
  for (let r = 0; r < rows; r++) {
    const to = (first + r) * n + column;
    const from = (r * panelCount * SUMS) / 8;
    for (let j = 0; j < width; j++) {
      const at = from + 4 * Math.floor(j / 2) + (j % 2);
      parts.hi[to + j] = sums[at];
      parts.lo[to + j] = sums[at + 2];
    }
  }
  return true;
}
