/** Operations element by element: float32 storage on the kernels, float64 in JavaScript's own operations. */
import type { RoundingContext } from '../../softfloat/scalar.ts';
import { sizeOf } from '../../tensor/index.ts';
import { forEachOuter, type Overlay } from './broadcast.ts';
import { type BinaryContext, wideConstants } from './rounding-constants.ts';
import type { Address, KernelMemory, Operation, Way } from './wasm.ts';

/** Numbers of each operand that are in memory at once. */
const PIECE = 1 << 16;

/** Numbers in memory: rows `stride` apart; a step of 0 repeats the first number of each row. */
export interface Rows {
  readonly at: Address;
  readonly stride: number;
  readonly step: 0 | 1;
}

/** A context's operations on rows in memory, alive as long as the scope it was made in. */
export class VectorUnit {
  private readonly memory: KernelMemory;
  private readonly constants: Address;
  private readonly way: Way;

  constructor(memory: KernelMemory, context: RoundingContext) {
    const { format, mode, overflow, subnormals } = context as BinaryContext;
    this.memory = memory;
    this.constants = wideConstants(memory, context as BinaryContext);
    const nearest = mode === 'nearest-even';
    const own = nearest && overflow === 'inf' && subnormals === 'keep' && format.precision === 24;
    this.way =
      own && format.emin === -126 && format.emax === 127 && format.infinities ? 'Float32' : nearest ? 'Nearest' : 'Any';
  }

  /** out = R(a ∘ b); out may be a or b. */
  binary(op: Operation, count: number, width: number, out: Rows, a: Rows, b: Rows): void {
    this.memory.kernels[`${op}${this.way}`](
      ...[this.constants, count, width, out.at, out.stride * 4],
      ...[a.at, a.stride * 4, a.step, b.at, b.stride * 4, b.step],
    );
  }
  /** In place R(√x). */
  sqrt(n: number, x: Address): void {
    this.memory.kernels.unary(1, this.constants, n, x, x);
  }
}

/** R(a ∘ b) of float32 numbers. */
export function binaryFloat32(
  memory: KernelMemory,
  context: RoundingContext,
  op: Operation,
  a: Float32Array,
  b: Float32Array,
  { shape, outer, rows, row }: Overlay,
): Float32Array {
  const result = new Float32Array(sizeOf(shape));
  const width = Math.min(row.length, PIECE);
  const count = Math.max(1, Math.floor(PIECE / width));
  const perOuter = rows.length * row.length;
  if (result.length === 0) return result;
  memory.scope(() => {
    const unit = new VectorUnit(memory, context);
    forEachOuter(outer, (offsetA, offsetB, index) => {
      for (let r = 0; r < rows.length; r += count) {
        for (let c = 0; c < row.length; c += width) {
          const [height, columns] = [Math.min(count, rows.length - r), Math.min(width, row.length - c)];
          memory.scope(() => {
            const part = (data: Float32Array, offset: number, rowStride: number, step: number): Rows => {
              const from = offset + r * rowStride + c * step;
              const to = from + (height - 1) * rowStride + (columns - 1) * step + 1;
              return { at: memory.copyIn(data.subarray(from, to)), stride: rowStride, step: step as 0 | 1 };
            };
            const x = part(a, offsetA, rows.a, row.a);
            const y = a === b && offsetA === offsetB && rows.a === rows.b ? x : part(b, offsetB, rows.b, row.b);
            const out = memory.allocate(height * columns * 4);
            unit.binary(op, height, columns, { at: out, stride: columns, step: 1 }, x, y);
            // A piece is whole rows, or part of one row: contiguous either way.
            result.set(memory.float32(out, height * columns), index * perOuter + r * row.length + c);
          });
        }
      }
    });
  });
  return result;
}

/** R(√x) of float32 numbers. */
export function sqrtFloat32(memory: KernelMemory, context: RoundingContext, x: Float32Array): Float32Array {
  const result = new Float32Array(x.length);
  for (let i = 0; i < x.length; i += PIECE) {
    memory.scope(() => {
      const unit = new VectorUnit(memory, context);
      const part = x.subarray(i, i + PIECE);
      const at = memory.copyIn(part);
      unit.sqrt(part.length, at);
      result.set(memory.float32(at, part.length), i);
    });
  }
  return result;
}

/** The float64 results of float64 (or float32) numbers; NaN is the positive quiet one. */
export function binaryFloat64(
  op: Operation,
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  { shape, outer, rows, row }: Overlay,
): Float64Array {
  const result = new Float64Array(sizeOf(shape));
  if (result.length === 0) return result;
  const apply = loops[op];
  forEachOuter(outer, (offsetA, offsetB, index) => {
    for (let r = 0; r < rows.length; r++) {
      const at = (index * rows.length + r) * row.length;
      apply(result, at, row.length, a, offsetA + r * rows.a, row.a, b, offsetB + r * rows.b, row.b);
    }
  });
  for (let i = 0; i < result.length; i++) if (Number.isNaN(result[i])) result[i] = Number.NaN;
  return result;
}

type Loop = (
  ...args: [
    out: Float64Array,
    at: number,
    n: number,
    a: ArrayLike<number>,
    i: number,
    stepA: number,
    b: ArrayLike<number>,
    j: number,
    stepB: number,
  ]
) => void;

const loops: Record<Operation, Loop> = {
  add: (out, at, n, a, i, stepA, b, j, stepB) => {
    for (let k = 0; k < n; k++) out[at + k] = a[i + k * stepA] + b[j + k * stepB];
  },
  subtract: (out, at, n, a, i, stepA, b, j, stepB) => {
    for (let k = 0; k < n; k++) out[at + k] = a[i + k * stepA] - b[j + k * stepB];
  },
  multiply: (out, at, n, a, i, stepA, b, j, stepB) => {
    for (let k = 0; k < n; k++) out[at + k] = a[i + k * stepA] * b[j + k * stepB];
  },
  divide: (out, at, n, a, i, stepA, b, j, stepB) => {
    for (let k = 0; k < n; k++) out[at + k] = a[i + k * stepA] / b[j + k * stepB];
  },
};
