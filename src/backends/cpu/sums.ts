/** Sums of products on the kernels: operands placed and packed, one job for a piece of the result at a time. */
import type { MatmulShape } from '../../arithmetic/axes.ts';
import type { Numbers } from '../../tensor/index.ts';
import { runJob } from './job.ts';
import { homeOf, type Operand, place } from './operands.ts';
import { allocatePanels, type Panels, pack } from './panels.ts';
import type { SumPlan, SumSpec } from './plan.ts';
import type { Address, KernelMemory, NumberSize } from './wasm.ts';

/** Visible range of row `row` of a. */
export type RowMask = (row: number) => readonly [from: number, to: number];

/**
 * What happens to sums before they are copied out: in place, `width` numbers of `rows` rows, columns from `column` and rows
 * from `firstRow` on of all batches.
 */
export type Finish = (sums: Address, rows: number, width: number, column: number, firstRow: number) => void;

export interface Products {
  readonly plan: SumPlan;
  readonly spec: SumSpec;
  readonly shape: Pick<MatmulShape, 'm' | 'n' | 'k' | 'batches' | 'batchOfB'>;
  readonly transposed: boolean;
  readonly mask: RowMask | undefined;
  /** The columns of each row that are of use; others hold anything. */
  readonly readColumns?: RowMask | undefined;
  readonly finish: Finish | undefined;
}

/** Bytes of an operand or result that are in memory at once. */
const PIECE = 1 << 26;

/**
 * The sums of a·b in a's batches, [batches, m, n].
 * @param pieceBytes how much of an operand or of the result is in memory at once (at least a row or a panel)
 */
export function products(
  memory: KernelMemory,
  a: Operand,
  b: Operand,
  what: Products,
  pieceBytes: number = PIECE,
): Numbers {
  const { m, n, k, batches, batchOfB } = what.shape;
  const size = sizeOfSums(what);
  const perPanel = 64 / size;
  const result = memory.results.take(batches * m * n, size);
  const columns = Math.max(perPanel, Math.floor(pieceBytes / (64 * k)) * perPanel);
  const rows = Math.max(1, Math.floor(pieceBytes / (size * Math.max(k, Math.min(columns, n + perPanel)))));
  for (let column = 0; column < n; column += columns) {
    const width = Math.min(columns, n - column);
    for (let batch = 0; batch < batches; ) {
      memory.scope(() => {
        const first = batch;
        const which = batchOfB(batch);
        const panels = allocatePanels(memory, k, width, size);
        const room = homeOf(memory, a, size) === undefined ? memory.allocate(Math.min(rows, m) * k * size) : undefined;
        const placeRows = (row: number, count: number): Address => place(memory, a, row * k, count * k, room, size);
        let left: Address | undefined;
        packB(memory, b, what, which, column, panels, () => {
          left = placeRows(first * m, Math.min(rows, m));
        });
        for (; batch < batches && batchOfB(batch) === which; batch++) {
          for (let row = 0; row < m; row += rows) {
            const [firstRow, count] = [batch * m + row, Math.min(rows, m - row)];
            left ??= placeRows(firstRow, count);
            const at = left;
            memory.scope(() => piece(memory, at, panels, what, { firstRow, count, column, result }));
            left = undefined;
          }
        }
      });
    }
  }
  // A worker that was lost may still write to sums where they are.
  return memory.hasLostWorkers && memory.results.addressOf(result) !== undefined ? result.slice() : result;
}

function sizeOfSums({ plan }: Products): NumberSize {
  return plan.storage === 'float64' ? 8 : 4;
}

/** Packs matrix `which` of b, columns from `column` on. */
function packB(
  memory: KernelMemory,
  b: Operand,
  what: Products,
  which: number,
  column: number,
  panels: Panels,
  meanwhile: () => void,
): void {
  const { transposed } = what;
  const { n, k } = what.shape;
  const size = sizeOfSums(what);
  const width = panels.columns;
  memory.scope(() => {
    const home = homeOf(memory, b, size);
    const room = home === undefined ? memory.allocate(k * width * size) : undefined;
    const whole = transposed || width === n || home !== undefined;
    const [operand, start] = whole
      ? [b, which * k * n]
      : [{ ...b, data: columnsOf(b.data, what, which, column, width) }, 0];
    const from = start + (transposed ? column * k : whole ? column : 0);
    const address = place(memory, operand, from, k * width, room, size);
    const stride = transposed ? k : whole ? n : width;
    const source = { address, stride, terms: k, columns: width, transposed, size };
    pack(memory, source, panels, what.plan.limits, meanwhile);
  });
}

/** Columns [column, column + width) of matrix `which` of b. */
function columnsOf(
  data: Numbers,
  { shape: { n, k } }: Products,
  which: number,
  column: number,
  width: number,
): Numbers {
  const columns = data instanceof Float32Array ? new Float32Array(k * width) : new Float64Array(k * width);
  for (let t = 0; t < k; t++) {
    const from = (which * k + t) * n + column;
    columns.set(data.subarray(from, from + width), t * width);
  }
  return columns;
}

/** Rows from `firstRow` of all batches on, columns from `column` on. */
interface Piece {
  readonly firstRow: number;
  readonly count: number;
  readonly column: number;
  readonly result: Numbers;
}

function piece(memory: KernelMemory, a: Address, panels: Panels, what: Products, at: Piece): void {
  const { n, k } = what.shape;
  const { firstRow, count, column, result } = at;
  const size = sizeOfSums(what);
  const padded = panels.count * 64;
  const rowLength = padded / size;
  // Sums are computed where results are, if those are in memory and have no padding.
  const home = rowLength === n ? memory.results.addressOf(result) : undefined;
  const sums = home === undefined ? memory.allocate(count * padded) : home + firstRow * padded;
  runJob(memory, what.plan, what.spec, {
    ...{ a, rows: count, terms: k, panels, result: sums, resultStride: padded },
    masks: what.mask === undefined ? 0 : rangesOf(memory, what.mask, firstRow, count, 0),
    readColumns: what.readColumns === undefined ? 0 : rangesOf(memory, what.readColumns, firstRow, count, column),
  });
  what.finish?.(sums, count, rowLength, column, firstRow);
  if (home !== undefined) return;
  const all = memory.numbers(sums, count * rowLength, size);
  if (rowLength === n) {
    result.set(all, firstRow * n);
    return;
  }
  for (let r = 0; r < count; r++) {
    result.set(all.subarray(r * rowLength, r * rowLength + panels.columns), (firstRow + r) * n + column);
  }
}

/** The ranges of `count` rows, counted from `origin`. */
function rangesOf(memory: KernelMemory, mask: RowMask, first: number, count: number, origin: number): Address {
  const address = memory.allocate(count * 8);
  const ranges = memory.int32(address, count * 2);
  for (let r = 0; r < count; r++) {
    const [from, to] = mask(first + r);
    ranges[2 * r] = from - origin;
    ranges[2 * r + 1] = to - origin;
  }
  return address;
}
