/** Operations element by element on the kernels, a piece of the operands in memory at a time. */
import type { RoundingContext } from '../../softfloat/scalar.ts';
import { type Numbers, sizeOf } from '../../tensor/index.ts';
import { forEachOuter, type Overlay } from './broadcast.ts';
import { type BinaryContext, wideConstants } from './rounding-constants.ts';
import { type OperandFormat, Units } from './units.ts';
import { type Address, jobKinds, type KernelMemory, type NumberSize, type Operation, operations } from './wasm.ts';

/** Numbers of each operand that are in memory at once. */
const PIECE = 1 << 18;

/** Longer rows are cut, so that their parts can be shared out. */
const LONG_ROW = 1 << 12;
/** What one element costs, in multiplications of a matmul. */
const COST = 8;

/** Numbers in memory: rows `stride` numbers apart; a step of 0 repeats the first number of each row. */
export interface Rows {
  readonly at: Address;
  readonly stride: number;
  readonly step: 0 | 1;
}

/** An operand, and the numbers it can hold. */
export interface Operand {
  readonly data: Numbers;
  readonly format: OperandFormat;
}

/** R(a ∘ b) of `count` rows in memory; out may be a or b. */
export function binaryRows(
  memory: KernelMemory,
  unit: Address,
  op: Operation,
  [count, width]: readonly [count: number, width: number],
  size: NumberSize,
  out: Rows,
  a: Rows,
  b: Rows,
): void {
  if (count === 1 && width > LONG_ROW) {
    const whole = Math.floor(width / LONG_ROW);
    const cut = ({ at, step }: Rows): Rows => ({ at, stride: LONG_ROW * step, step });
    const rest = ({ at, step }: Rows): Rows => ({ at: at + whole * LONG_ROW * step * size, stride: 0, step });
    binaryRows(memory, unit, op, [whole, LONG_ROW], size, cut(out), cut(a), cut(b));
    const left = width - whole * LONG_ROW;
    if (left > 0) binaryRows(memory, unit, op, [1, left], size, rest(out), rest(a), rest(b));
    return;
  }
  const rowsPerTask = Math.max(1, Math.ceil(memory.taskSize / COST / width));
  const fields = [
    ...[operations.indexOf(op), unit, count, width, out.at, out.stride * size],
    ...[a.at, a.stride * size, a.step, b.at, b.stride * size, b.step, rowsPerTask],
  ];
  memory.run({
    kind: jobKinds.rows,
    tasks: Math.ceil(count / rowsPerTask),
    bytes: fields.length * 4,
    write: (job) => memory.int32(job, fields.length).set(fields),
  });
}

/** R(a ∘ b); `size` bytes hold every operand and result. */
export function binary(
  memory: KernelMemory,
  context: RoundingContext,
  op: Operation,
  a: Operand,
  b: Operand,
  { shape, outer, rows, row }: Overlay,
  size: NumberSize,
): Numbers {
  const length = sizeOf(shape);
  const result = memory.results.take(length, size);
  if (length === 0) return result;
  const width = Math.min(row.length, PIECE);
  const count = Math.max(1, Math.floor(PIECE / width));
  const perOuter = rows.length * row.length;
  memory.scope(() => {
    const unit = new Units(memory, context).of(op, a.format, b.format);
    forEachOuter(outer, (offsetA, offsetB, index) => {
      for (let r = 0; r < rows.length; r += count) {
        for (let c = 0; c < row.length; c += width) {
          const [height, columns] = [Math.min(count, rows.length - r), Math.min(width, row.length - c)];
          memory.scope(() => {
            const part = (data: Numbers, offset: number, rowStride: number, step: number): Rows => {
              const from = offset + r * rowStride + c * step;
              const to = from + (height - 1) * rowStride + (columns - 1) * step + 1;
              return { at: memory.copyIn(data.subarray(from, to), size), stride: rowStride, step: step as 0 | 1 };
            };
            const x = part(a.data, offsetA, rows.a, row.a);
            const same = a.data === b.data && offsetA === offsetB && rows.a === rows.b && row.a === row.b;
            const y = same ? x : part(b.data, offsetB, rows.b, row.b);
            const out: Rows = { at: memory.allocate(height * columns * size), stride: columns, step: 1 };
            binaryRows(memory, unit, op, [height, columns], size, out, x, y);
            // A piece is whole rows, or part of one row: contiguous either way.
            result.set(memory.numbers(out.at, height * columns, size), index * perOuter + r * row.length + c);
          });
        }
      }
    });
  });
  return result;
}

/** R(√x) of float32 numbers. */
export function sqrtFloat32(memory: KernelMemory, context: RoundingContext, x: Numbers): Numbers {
  const result = new Float32Array(x.length);
  for (let i = 0; i < x.length; i += PIECE) {
    memory.scope(() => {
      const part = x.subarray(i, i + PIECE);
      const at = memory.copyIn(part, 4);
      memory.kernels.unary(1, wideConstants(memory, context as BinaryContext), part.length, at, at);
      result.set(memory.float32(at, part.length), i);
    });
  }
  return result;
}
