/** Sums of products on the kernels: operands copied in and packed, one job for a piece of the result at a time. */
import type { MatmulShape } from '../../arithmetic/axes.ts';
import type { RoundingContext } from '../../softfloat/scalar.ts';
import type { Numbers } from '../../tensor/index.ts';
import { runJob } from './job.ts';
import { allocatePanels, type Panels, pack } from './panels.ts';
import type { SumPlan, SumSpec } from './plan.ts';
import { type BinaryContext, wideConstants } from './rounding-constants.ts';
import type { Address, KernelMemory } from './wasm.ts';

/** An operand: its numbers, and the rounding it goes through first, if any. */
export interface Operand {
  readonly data: Numbers;
  readonly rounding: RoundingContext | undefined;
}

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
  const double = what.plan.storage === 'float64';
  const result = memory.results.take(batches * m * n, double ? 8 : 4);
  const perPanel = double ? 8 : 16;
  const bytes = double ? 8 : 4;
  const columns = Math.max(perPanel, Math.floor(pieceBytes / (64 * k)) * perPanel);
  const rows = Math.max(1, Math.floor(pieceBytes / (bytes * Math.max(k, Math.min(columns, n + perPanel)))));
  for (let column = 0; column < n; column += columns) {
    const width = Math.min(columns, n - column);
    for (let batch = 0; batch < batches; ) {
      memory.scope(() => {
        const which = batchOfB(batch);
        const panels = packB(memory, b, what, which, column, width, double);
        for (; batch < batches && batchOfB(batch) === which; batch++) {
          for (let row = 0; row < m; row += rows) {
            const count = Math.min(rows, m - row);
            memory.scope(() => piece(memory, a, panels, what, { batch, row, count, column, width, result, double }));
          }
        }
      });
    }
  }
  return result;
}

interface Piece {
  readonly batch: number;
  readonly row: number;
  readonly count: number;
  readonly column: number;
  readonly width: number;
  readonly result: Numbers;
  readonly double: boolean;
}

/** Columns [column, column + width) of matrix `which` of b. */
function packB(
  memory: KernelMemory,
  b: Operand,
  what: Products,
  which: number,
  column: number,
  width: number,
  double: boolean,
): Panels {
  const { n, k } = what.shape;
  const start = which * k * n;
  const size = double ? 8 : 4;
  const panels = allocatePanels(memory, k, width, size);
  memory.scope(() => {
    let address: Address;
    let stride: number;
    if (what.transposed) {
      address = copyRounded(memory, b, start + column * k, k * width, double);
      stride = k;
    } else if (width === n) {
      address = copyRounded(memory, b, start, k * n, double);
      stride = n;
    } else {
      const part = b.data instanceof Float32Array ? new Float32Array(k * width) : new Float64Array(k * width);
      for (let t = 0; t < k; t++) {
        part.set(b.data.subarray(start + t * n + column, start + t * n + column + width), t * width);
      }
      address = copyRounded(memory, { ...b, data: part }, 0, k * width, double);
      stride = width;
    }
    const source = { address, stride, terms: k, columns: width, transposed: what.transposed, size } as const;
    pack(memory, source, panels, what.plan.limits);
  });
  return panels;
}

/** Numbers [from, from + length) of an operand, rounded, as float32 or float64. */
function copyRounded(memory: KernelMemory, operand: Operand, from: number, length: number, double: boolean): Address {
  const part = operand.data.subarray(from, from + length);
  const { kernels } = memory;
  if (double) {
    const address = memory.allocate(length * 8);
    memory.float64(address, length).set(part);
    return address;
  }
  const address = memory.allocate(length * 4);
  memory.scope(() => {
    const rounding =
      operand.rounding === undefined ? undefined : wideConstants(memory, operand.rounding as BinaryContext);
    if (part instanceof Float32Array) {
      memory.float32(address, length).set(part);
      if (rounding !== undefined) kernels.unary(0, rounding, length, address, address);
    } else {
      if (rounding === undefined) throw new Error('products: float64 operands of a float32 sum are rounded');
      const wide = memory.allocate(length * 8);
      memory.float64(wide, length).set(part);
      kernels.narrow(rounding, length, address, wide);
    }
  });
  return address;
}

function piece(memory: KernelMemory, a: Operand, panels: Panels, what: Products, at: Piece): void {
  const { m, n, k } = what.shape;
  const { count, double, width, result } = at;
  const firstRow = at.batch * m + at.row;
  const address = copyRounded(memory, a, firstRow * k, count * k, double);
  const padded = panels.count * 64;
  const sums = memory.allocate(count * padded);
  runJob(memory, what.plan, what.spec, {
    a: address,
    rows: count,
    terms: k,
    panels,
    result: sums,
    resultStride: padded,
    masks: what.mask === undefined ? 0 : rangesOf(memory, what.mask, firstRow, count, 0),
    readColumns: what.readColumns === undefined ? 0 : rangesOf(memory, what.readColumns, firstRow, count, at.column),
  });
  const rowLength = padded / (double ? 8 : 4);
  what.finish?.(sums, count, rowLength, at.column, firstRow);
  const all = double ? memory.float64(sums, count * rowLength) : memory.float32(sums, count * rowLength);
  if (rowLength === n) {
    result.set(all, firstRow * n);
    return;
  }
  for (let r = 0; r < count; r++) {
    result.set(all.subarray(r * rowLength, r * rowLength + width), (firstRow + r) * n + at.column);
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
