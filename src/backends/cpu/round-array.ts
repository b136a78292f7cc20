/**
 * Rounding of whole arrays in the kernels (assembly/round.ts), with the bits of the scalar definition: `round` of formats,
 * and softfloat's context for what overflows and what is subnormal.
 */
import { type Format, fitsFloat32, InputError, type RoundingMode, round, roundingModes } from '../../formats/index.ts';
import type { RoundingContext } from '../../softfloat/context.ts';
import { rounderOf } from '../../softfloat/fast-round.ts';
import { type RoundPlan, roundPlan, ways } from './round-plan.ts';
import { type BinaryContext, wideConstants } from './rounding-constants.ts';
import { type Address, jobKinds, type KernelMemory, kernelMemory } from './wasm.ts';

/** Numbers in memory at once where one thread rounds them: they stay in a core's cache from copying in to copying out. */
const PIECE = 1 << 14;
/** Numbers of a task, and how many must be there for other threads to be asked. */
const TASK = 1 << 16;
const LARGE = 1 << 19;
/** Numbers in memory at once where many threads do: enough for all, and not yet too many for the shared cache (measured). */
const LARGE_PIECE = 1 << 20;

/** Five 32-bit words and, aligned to 8 bytes, constants of 64 bits. */
const WORDS = 5;
const CONSTANTS = 24;

export interface RoundArrayOptions {
  /** Default `nearest-even`. */
  readonly mode?: RoundingMode;
  /** `saturate` gives the largest number wherever `inf` (the default) gives an infinity, or the NaN in its place. */
  readonly overflow?: 'inf' | 'saturate';
  /** `flush` turns results that are subnormal after rounding into zeros of their sign. Default `keep`. */
  readonly subnormals?: 'keep' | 'flush';
  /**
   * Written to and returned in place of a new array: of the result's type and length; may be `values`. Most of the time
   * that a new large array takes is the operating system's, which clears it (measured: three quarters).
   */
  readonly out?: Float32Array | Float64Array;
}

/**
 * Every number of an array rounded to a format, bit for bit as `round` does one (NaN becomes the positive quiet NaN, the
 * sign of a zero stays). The operands are not changed, nor flushed. Binary formats run in SIMD kernels, large arrays on
 * all threads; decimal formats, and those of 52 and more bits with fewer exponents than float64, number by number.
 * @returns a Float32Array where the format fits in float32, else a Float64Array; as many numbers as `values`
 * @throws InputError where the values are no Float32Array or Float64Array, or the format or an option is none
 * @example roundArray(Float32Array.of(0.1, 70000), formats.fp16) // [0.0999755859375, Infinity]
 */
export function roundArray(
  values: Float32Array | Float64Array,
  format: Format,
  options: RoundArrayOptions = {},
): Float32Array | Float64Array {
  const context = contextOf(values, format, options);
  const kind = fitsFloat32(format) ? Float32Array : Float64Array;
  const { out = new kind(values.length) } = options;
  if (!(out instanceof kind) || out.length !== values.length) {
    throw new InputError(
      `roundArray: expected out to be a ${kind.name} of ${values.length} numbers, got ${out.constructor.name}(${out.length})`,
    );
  }
  roundArrayIn(kernelMemory(), overlaps(values, out) ? values.slice() : values, context, out);
  return out;
}

/** Whether results would overwrite numbers that are still to be read. */
function overlaps(values: Float32Array | Float64Array, out: Float32Array | Float64Array): boolean {
  if (values.buffer !== out.buffer) return false;
  const same = values.byteOffset === out.byteOffset && values.byteLength === out.byteLength;
  return (
    !same &&
    values.byteOffset < out.byteOffset + out.byteLength &&
    out.byteOffset < values.byteOffset + values.byteLength
  );
}

function contextOf(values: unknown, format: Format, options: RoundArrayOptions): RoundingContext {
  const { mode = 'nearest-even', overflow = 'inf', subnormals = 'keep' } = options;
  if (!(values instanceof Float32Array || values instanceof Float64Array)) {
    throw new InputError(`roundArray: expected a Float32Array or Float64Array, got ${typeof values}`);
  }
  // Refuses what is no format.
  round(0, format);
  const among = (name: string, value: string, known: readonly string[]): void => {
    if (!known.includes(value)) {
      throw new InputError(`roundArray: expected ${name} of ${known.join(', ')}, got '${value}'`);
    }
  };
  among('mode', mode, roundingModes);
  among('overflow', overflow, ['inf', 'saturate']);
  among('subnormals', subnormals, ['keep', 'flush']);
  return { format, mode, overflow, subnormals };
}

/** `roundArray` in this memory, by its threads, into `result` of the type that fits the format. */
export function roundArrayIn(
  memory: KernelMemory,
  values: Float32Array | Float64Array,
  context: RoundingContext,
  result: Float32Array | Float64Array,
): void {
  const plan = roundPlan(values instanceof Float32Array, context);
  if (plan === undefined) {
    const rounder = rounderOf(context);
    for (let i = 0; i < values.length; i++) result[i] = rounder(values[i]);
    return;
  }
  const threads = values.length < LARGE ? 1 : (memory.pool()?.threads ?? 1);
  const piece = threads > 1 ? LARGE_PIECE : PIECE;
  for (let i = 0; i < values.length; i += piece) {
    memory.scope(() => roundPiece(memory, plan, values.subarray(i, i + piece), result.subarray(i, i + piece)));
  }
}

function roundPiece(
  memory: KernelMemory,
  plan: RoundPlan,
  values: Float32Array | Float64Array,
  result: Float32Array | Float64Array,
): void {
  const count = values.length;
  const single = plan.carrier === 'float32';
  // The kernels go on to a multiple of sixteen numbers.
  const room = Math.ceil(count / 16) * 16;
  const data = memory.allocate(room * (single ? 4 : 8));
  const inMemory = (at: Address): Float32Array | Float64Array =>
    single ? memory.float32(at, count) : memory.float64(at, count);
  const narrows = !single && result instanceof Float32Array;
  const output = narrows ? memory.allocate(room * 4) : data;
  inMemory(data).set(values);
  runRound(memory, plan, data, output, count);
  result.set(narrows ? memory.float32(output, count) : inMemory(output));
}

/** In place R(x) of `count` float32 in memory, for a context whose format fits in float32. */
export function roundInMemory(memory: KernelMemory, at: Address, count: number, context: RoundingContext): void {
  const plan = roundPlan(true, context);
  memory.scope(() => {
    if (plan?.carrier === 'float32') runRound(memory, plan, at, at, count);
    else memory.kernels.unary(0, wideConstants(memory, context as BinaryContext), count, at, at);
  });
}

function runRound(
  memory: KernelMemory,
  { way, constants }: RoundPlan,
  data: Address,
  output: Address,
  count: number,
): void {
  memory.run({
    kind: jobKinds.round,
    tasks: Math.ceil(count / TASK),
    bytes: CONSTANTS + 8 * constants.length,
    write: (job) => {
      memory.int32(job, WORDS).set([data, output, count, TASK, ways[way]]);
      new BigInt64Array(memory.kernels.memory.buffer, job + CONSTANTS, constants.length).set(constants);
    },
  });
}
