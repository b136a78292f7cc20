/** Sums of products, rounded stochastically on the kernels. */
import type { MatmulShape } from '../../arithmetic/axes.ts';
import type { Addresses } from '../../arithmetic/stochastic.ts';
import type { OperationSpec } from '../../tensor/index.ts';
import { planOf } from '../../tensor/order.ts';
import { constantsOf, isFine, isKernelFormat, keysOf, ROUNDING_COST, SCRATCH } from './stochastic-job.ts';
import type { RowMask } from './sums.ts';
import { type Address, jobKinds, type KernelMemory } from './wasm.ts';

export interface StochasticSums {
  readonly spec: Omit<OperationSpec, 'input'>;
  readonly shape: Pick<MatmulShape, 'm' | 'n' | 'k' | 'batches' | 'batchOfB'>;
  readonly transposed: boolean;
  readonly mask: RowMask | undefined;
  /** R_out and the bias follow the sums. */
  readonly finishes: boolean;
  readonly bias: Float32Array | undefined;
  readonly addresses: Addresses;
}

/** Bytes of B, and of A's rows and their results, that are in memory at once. */
const PIECE = 1 << 25;
/** Columns of a panel. */
const PANEL = 8;
const JOB_BYTES = 26 * 4;

/** Whether the kernels round to all of the formats in which a site multiplies and adds. */
export function sumsOnKernels({ product, accumulate, out, fma }: StochasticSums['spec']): boolean {
  const formats = product === 'exact' || fma ? [accumulate, out] : [product, accumulate, out];
  return formats.every(isKernelFormat);
}

/** How many roundings each sum of n products has, with those that follow it. */
export function stepsOf({ spec, finishes, bias, shape }: Omit<StochasticSums, 'addresses'>): number {
  const n = shape.k;
  const products = spec.product === 'exact' || spec.fma ? 0 : n;
  const sums = spec.order.kind === 'kahan' ? 4 * n - 3 : n + planOf(spec.order, n).chains.length - 1;
  return products + sums + (finishes ? 1 : 0) + (bias === undefined ? 0 : 1);
}

/**
 * a·b in a's batches, [batches, m, n], of float32 numbers that are rounded to the input format already.
 * @param pieceBytes how much is in memory at once (at least a row or a panel)
 */
export function stochasticSums(
  memory: KernelMemory,
  a: Float32Array,
  b: Float32Array,
  what: StochasticSums,
  pieceBytes: number = PIECE,
): Float32Array {
  const { m, n, k, batches, batchOfB } = what.shape;
  const result = new Float32Array(batches * m * n);
  const columns = Math.max(1, Math.floor(pieceBytes / (PANEL * 4 * k))) * PANEL;
  const rows = Math.max(1, Math.floor(pieceBytes / (4 * Math.max(k, Math.min(columns, n + PANEL)))));
  for (let column = 0; column < n; column += columns) {
    const width = Math.min(columns, n - column);
    for (let batch = 0; batch < batches; ) {
      memory.scope(() => {
        const which = batchOfB(batch);
        const panels = panelsOf(memory, b, what, which, column, width);
        for (; batch < batches && batchOfB(batch) === which; batch++) {
          for (let row = 0; row < m; row += rows) {
            const count = Math.min(rows, m - row);
            memory.scope(() =>
              piece(memory, a, panels, what, { first: batch * m + row, count, column, width }, result),
            );
          }
        }
      });
    }
  }
  return result;
}

/** Columns [column, column + width) of matrix `which` of b, eight side by side. */
function panelsOf(
  memory: KernelMemory,
  b: Float32Array,
  { shape: { n, k }, transposed }: StochasticSums,
  which: number,
  column: number,
  width: number,
): Address {
  const count = Math.ceil(width / PANEL);
  const address = memory.allocate(count * k * PANEL * 4);
  const panels = memory.float32(address, count * k * PANEL).fill(0);
  const start = which * k * n;
  const [termStep, columnStep] = transposed ? [1, k] : [n, 1];
  for (let j = 0; j < width; j++) {
    const to = Math.floor(j / PANEL) * k * PANEL + (j % PANEL);
    const from = start + (column + j) * columnStep;
    for (let t = 0; t < k; t++) panels[to + t * PANEL] = b[from + t * termStep];
  }
  return address;
}

/** Rows [first, first + count) of all of a's, times so many columns of their matrix of b. */
interface Piece {
  readonly first: number;
  readonly count: number;
  readonly column: number;
  readonly width: number;
}

function piece(
  memory: KernelMemory,
  a: Float32Array,
  panels: Address,
  what: StochasticSums,
  { first, count, column, width }: Piece,
  result: Float32Array,
): void {
  const { spec, addresses, finishes, bias } = what;
  const { n, k } = what.shape;
  const { overflow, subnormals } = spec;
  const panelCount = Math.ceil(width / PANEL);
  const constants = (format: OperationSpec['out']): Address => constantsOf(memory, { format, overflow, subnormals });
  const keys = keysOf(memory, addresses);
  const rowsOfA = memory.copyIn(a.subarray(first * k, (first + count) * k), 4);
  const sums = memory.allocate(count * panelCount * PANEL * 4);
  const masks = what.mask === undefined ? 0 : masksOf(memory, what.mask, first, count);
  const { chains, combine } = planOf(spec.order, k);
  const plan = memory.allocate(chains.length * 12);
  const product = spec.product === 'exact' || spec.fma ? 0 : constants(spec.product);
  const [accumulate, out] = [constants(spec.accumulate), finishes ? constants(spec.out) : 0];
  const shift = bias === undefined ? 0 : memory.allocate(panelCount * PANEL * 4);
  memory.int32(plan, chains.length * 3).set(chains.flatMap((chain) => [chain.first, chain.step, chain.count]));
  if (bias !== undefined)
    memory
      .float32(shift, panelCount * PANEL)
      .fill(0)
      .set(bias.subarray(column, column + width));

  const perPanel = k * PANEL * ROUNDING_COST;
  const rowsPerTask = Math.min(count, Math.ceil(memory.taskSize / perPanel));
  const panelsPerTask = Math.min(panelCount, Math.ceil(memory.taskSize / (perPanel * rowsPerTask)));
  memory.run({
    kind: jobKinds.stochasticSums,
    tasks: Math.ceil(count / rowsPerTask) * Math.ceil(panelCount / panelsPerTask),
    bytes: JOB_BYTES,
    write: (job) => {
      const scratch = memory.allocate(SCRATCH);
      const fields = [
        ...[keys, addresses.hash, addresses.step, rowsOfA, count, k, panels, panelCount, sums, masks],
        ...[plan, chains.length, spec.order.kind === 'kahan' ? 2 : combine === 'pairwise' ? 1 : 0],
        ...[product, accumulate, out, isFine(spec.accumulate) ? 1 : 0, isFine(spec.out) ? 1 : 0, spec.fma ? 1 : 0],
        ...[shift, spec.bias === 'fused' ? 1 : 0, addresses.part.start + first * n + column, n],
        ...[panelsPerTask, rowsPerTask, scratch],
      ];
      memory.int32(job, fields.length).set(fields);
    },
  });
  const all = memory.float32(sums, count * panelCount * PANEL);
  for (let r = 0; r < count; r++) {
    const from = r * panelCount * PANEL;
    result.set(all.subarray(from, from + width), (first + r) * n + column);
  }
}

function masksOf(memory: KernelMemory, mask: RowMask, first: number, count: number): Address {
  const address = memory.allocate(count * 8);
  const ranges = memory.int32(address, count * 2);
  for (let r = 0; r < count; r++) ranges.set(mask(first + r), 2 * r);
  return address;
}
