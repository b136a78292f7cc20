/**
 * Composite operations in one pass over memory: a few rows at a time go through all their roundings before they are
 * copied out. The rounding points are those of src/arithmetic/composites.ts, and so are the bits.
 */
import type { Format } from '../../formats/index.ts';
import type { RoundingContext } from '../../softfloat/scalar.ts';
import type { OperationSpec } from '../../tensor/index.ts';
import { type Rows, VectorUnit } from './elementwise.ts';
import { hideOutside, maximum } from './movements.ts';
import type { SumPlan } from './plan.ts';
import { rowSumSpec, rowSums } from './row-sums.ts';
import type { RowMask } from './sums.ts';
import type { UnaryFunction } from './unary-tables.ts';
import type { Address, KernelMemory } from './wasm.ts';

/** Numbers in memory at once: small enough for a core's own cache. */
const PIECE = 1 << 15;

/** Rows of float32 and the arithmetic of their site. */
export interface RowsIn {
  readonly memory: KernelMemory;
  readonly out: RoundingContext;
  readonly spec: OperationSpec;
  readonly data: Float32Array;
  readonly width: number;
}

/** How the row sums of a composite are formed, of numbers of `format`. */
export interface RowSumPlan {
  readonly plan: SumPlan;
  readonly format: Format;
}

/** Copies pieces of whole rows in, lets `compute` change them in place, and copies them out. */
function inPieces(
  { memory, out, data, width }: RowsIn,
  compute: (unit: VectorUnit, x: Address, rows: number, firstRow: number) => Address,
): Float32Array {
  const result = new Float32Array(data.length);
  if (data.length === 0) return result;
  // Sixteen rows are summed together.
  const rows = Math.max(16, Math.floor(PIECE / width / 16) * 16);
  for (let i = 0; i < data.length; i += rows * width) {
    memory.scope(() => {
      const part = data.subarray(i, i + rows * width);
      const at = compute(new VectorUnit(memory, out), memory.copyIn(part), part.length / width, i / width);
      result.set(memory.float32(at, part.length), i);
    });
  }
  return result;
}

const full = (at: Address, width: number): Rows => ({ at, stride: width, step: 1 });
/** One number for each row. */
const column = (at: Address): Rows => ({ at, stride: 1, step: 0 });
/** The same numbers in every row. */
const vector = (at: Address): Rows => ({ at, stride: 0, step: 1 });
const scalar = (at: Address): Rows => ({ at, stride: 0, step: 0 });

function scalarIn(memory: KernelMemory, x: number): Rows {
  return scalar(memory.copyIn(Float32Array.of(x)));
}

export function softmax(input: RowsIn, sum: RowSumPlan, exp: UnaryFunction, mask: RowMask | undefined): Float32Array {
  const { memory, spec, width } = input;
  const visible: RowMask = mask ?? (() => [0, width]);
  return inPieces(input, (unit, x, rows, firstRow) => {
    if (spec.softmax === 'shifted') {
      const largest = memory.allocate(rows * 4);
      const [numbers, maxima] = [memory.float32(x, rows * width), memory.float32(largest, rows)];
      for (let r = 0; r < rows; r++) maxima[r] = maximum(numbers, r * width, ...visible(firstRow + r));
      unit.binary('subtract', rows, width, full(x, width), full(x, width), column(largest));
    }
    const numbers = memory.float32(x, rows * width);
    for (let r = 0; r < rows; r++) {
      const [from, to] = visible(firstRow + r);
      exp.apply(numbers, r * width + from, r * width + to);
      hideOutside(numbers, r * width, width, from, to, 0);
    }
    const sums = rowSums(memory, sum.plan, rowSumSpec(spec, sum.format), x, width * 4, rows, width);
    unit.binary('divide', rows, width, full(x, width), full(x, width), column(sums));
    if (mask !== undefined) {
      const probabilities = memory.float32(x, rows * width);
      for (let r = 0; r < rows; r++) hideOutside(probabilities, r * width, width, ...visible(firstRow + r), 0);
    }
    return x;
  });
}

export interface NormConstants {
  readonly gamma: Float32Array;
  readonly beta: Float32Array | undefined;
  readonly epsilon: number;
  readonly one: number;
}

/** `mean`: the sums of the rows themselves, where they are centred (layerNorm). */
export function norm(
  input: RowsIn,
  mean: RowSumPlan | undefined,
  squares: RowSumPlan,
  { gamma, beta, epsilon, one }: NormConstants,
): Float32Array {
  const { memory, spec, width } = input;
  return inPieces(input, (unit, x, rows) => {
    const features = scalarIn(memory, width);
    const all = full(x, width);
    const overWidth = (sums: Address): void => unit.binary('divide', 1, rows, vector(sums), vector(sums), features);
    if (mean !== undefined) {
      const sums = rowSums(memory, mean.plan, rowSumSpec(spec, mean.format), x, width * 4, rows, width);
      overWidth(sums);
      unit.binary('subtract', rows, width, all, all, column(sums));
    }
    const q = memory.allocate(rows * width * 4);
    unit.binary('multiply', rows, width, full(q, width), all, all);
    const r = rowSums(memory, squares.plan, rowSumSpec(spec, squares.format), q, width * 4, rows, width);
    overWidth(r);
    unit.binary('add', 1, rows, vector(r), vector(r), scalarIn(memory, epsilon));
    unit.sqrt(rows, r);
    unit.binary('divide', 1, rows, vector(r), scalarIn(memory, one), vector(r));
    unit.binary('multiply', rows, width, all, all, column(r));
    unit.binary('multiply', rows, width, all, all, vector(memory.copyIn(gamma)));
    if (beta !== undefined) unit.binary('add', rows, width, all, all, vector(memory.copyIn(beta)));
    return x;
  });
}

/** gelu's constants: [1, ½, √½] for the erf form, [1, ½, √(2/π), 0.044715] for the tanh form. */
export function gelu(input: RowsIn, inner: UnaryFunction, constants: readonly number[]): Float32Array {
  const { memory } = input;
  return inPieces({ ...input, width: 1 }, (unit, x, n) => {
    const t = memory.allocate(n * 4);
    const [one, half, outer, cubic] = constants.map((c) => scalarIn(memory, c));
    const [xs, ts] = [vector(x), vector(t)];
    if (cubic === undefined) {
      unit.binary('multiply', 1, n, ts, xs, outer);
    } else {
      unit.binary('multiply', 1, n, ts, xs, xs);
      unit.binary('multiply', 1, n, ts, ts, xs);
      unit.binary('multiply', 1, n, ts, cubic, ts);
      unit.binary('add', 1, n, ts, xs, ts);
      unit.binary('multiply', 1, n, ts, outer, ts);
    }
    inner.apply(memory.float32(t, n), 0, n);
    unit.binary('multiply', 1, n, xs, half, xs);
    unit.binary('add', 1, n, ts, one, ts);
    unit.binary('multiply', 1, n, xs, xs, ts);
    return x;
  });
}

export function silu(input: RowsIn, exp: UnaryFunction, one: number): Float32Array {
  const { memory } = input;
  return inPieces({ ...input, width: 1 }, (unit, x, n) => {
    const e = memory.copyIn(memory.float32(x, n).slice());
    exp.apply(memory.float32(e, n), 0, n, true);
    unit.binary('add', 1, n, vector(e), scalarIn(memory, one), vector(e));
    unit.binary('divide', 1, n, vector(x), vector(x), vector(e));
    return x;
  });
}

/** x [sequences, heads, tokens, d]; cos and sin [sequences, 1, tokens, d/2]. */
export function rotate(
  memory: KernelMemory,
  out: RoundingContext,
  x: Float32Array,
  shape: readonly number[],
  cos: Float32Array,
  sin: Float32Array,
): Float32Array {
  const [sequences, heads, tokens, d] = shape;
  const [block, half] = [tokens * d, d / 2];
  const result = new Float32Array(x.length);
  for (let i = 0; i < sequences * heads; i++) {
    memory.scope(() => {
      const unit = new VectorUnit(memory, out);
      const start = Math.floor(i / heads) * tokens * half;
      const angles = [cos, sin].map((table) => memory.copyIn(table.subarray(start, start + tokens * half)));
      const [c, s] = angles.map((at) => full(at, half));
      const from = memory.copyIn(x.subarray(i * block, (i + 1) * block));
      const to = memory.allocate(block * 4);
      const other = full(memory.allocate(tokens * half * 4), half);
      const [first, second] = [full(from, d), full(from + half * 4, d)];
      const [rotatedFirst, rotatedSecond] = [full(to, d), full(to + half * 4, d)];
      unit.binary('multiply', tokens, half, rotatedFirst, first, c);
      unit.binary('multiply', tokens, half, other, second, s);
      unit.binary('subtract', tokens, half, rotatedFirst, rotatedFirst, other);
      unit.binary('multiply', tokens, half, rotatedSecond, second, c);
      unit.binary('multiply', tokens, half, other, first, s);
      unit.binary('add', tokens, half, rotatedSecond, rotatedSecond, other);
      result.set(memory.float32(to, block), i * block);
    });
  }
  return result;
}
