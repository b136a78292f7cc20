/**
 * The elementary functions of arrays: the same bits as the scalar ones, evaluated in another way (assembly/elementary), in
 * tasks of the pool. What that cannot decide, a few float64 in a thousand, the scalar functions do.
 */
import { float64Functions } from '../../softfloat/float64.ts';
import { type RoundingContext, scalarsOf } from '../../softfloat/scalar.ts';
import { type ElementaryName, type UnaryName, unaryNames } from '../../softfloat/scalars.ts';
import { tablesOf } from './elementary-tables.ts';
import { type BinaryContext, wideConstants } from './rounding-constants.ts';
import { type Address, jobKinds, type KernelMemory } from './wasm.ts';

/** Numbers of a job, of which the list of the undecided has room for all, and of a task. */
const PIECE = 1 << 17;
const TASK = 1 << 12;

/** Bytes of an entry of the list. */
const ENTRY = 16;

/** What assembly/elementary/layout.ts numbers. */
function numberOf(name: UnaryName): number {
  return unaryNames.indexOf(name);
}

function load(memory: KernelMemory, name: UnaryName): void {
  if (name !== 'reciprocal' && name !== 'rsqrt') memory.load(tablesOf(name));
}

/** An empty list of undecided elements, with room for `count`. */
export function undecidedList(memory: KernelMemory, count: number): Address {
  const list = memory.allocate((count + 1) * ENTRY);
  memory.int32(list, 1)[0] = 0;
  return list;
}

/** The undecided elements of a list. */
export function forEachUndecided(
  memory: KernelMemory,
  list: Address,
  settle: (index: number, x: number) => void,
): void {
  const [count] = memory.int32(list, 1);
  const integers = memory.int32(list + ENTRY, (count * ENTRY) / 4);
  const numbers = memory.float64(list + ENTRY, (count * ENTRY) / 8);
  for (let i = 0; i < count; i++) settle(integers[4 * i], numbers[2 * i + 1]);
}

/** In place f(x) of `count` numbers in memory, float64 where there is no context; `settle` takes what stays undecided. */
function evaluate(
  memory: KernelMemory,
  name: UnaryName,
  context: RoundingContext | undefined,
  at: Address,
  count: number,
  settle: (index: number, x: number) => void,
): void {
  load(memory, name);
  const [wide, size] = context === undefined ? [1, 8] : [0, 4];
  for (let from = 0; from < count; from += PIECE) {
    memory.scope(() => {
      const n = Math.min(PIECE, count - from);
      const format = context === undefined ? 0 : wideConstants(memory, context as BinaryContext);
      const list = undecidedList(memory, n);
      const fields = [numberOf(name), wide, n, TASK, at + from * size, format, list];
      memory.run({
        ...{ kind: jobKinds.elementary, tasks: Math.ceil(n / TASK), bytes: fields.length * 4 },
        write: (job) => memory.int32(job, fields.length).set(fields),
      });
      forEachUndecided(memory, list, (index, x) => settle(from + index, x));
    });
  }
}

/** In place R(f(x)) of `count` float32 in memory, for a context whose format fits in float32 and has −0. */
export function elementaryFloat32(
  memory: KernelMemory,
  name: UnaryName,
  context: RoundingContext,
  at: Address,
  count: number,
): void {
  const [numbers, scalar] = [memory.float32(at, count), scalarsOf(context)[name]];
  evaluate(memory, name, context, at, count, (index, x) => {
    numbers[index] = scalar(x);
  });
}

/** In place f(x) of `count` float64 in memory, correctly rounded: the bits of `float64Functions`. */
export function elementaryFloat64(memory: KernelMemory, name: ElementaryName, at: Address, count: number): void {
  const [numbers, scalar] = [memory.float64(at, count), float64Functions[name]];
  evaluate(memory, name, undefined, at, count, (index, x) => {
    numbers[index] = scalar(x);
  });
}

/** f(x) of an array, correctly rounded to float64. */
export function mapFloat64(memory: KernelMemory, name: ElementaryName, x: Float64Array): Float64Array {
  const result = new Float64Array(x.length);
  for (let from = 0; from < x.length; from += PIECE) {
    memory.scope(() => {
      const part = x.subarray(from, from + PIECE);
      const at = memory.allocate(part.byteLength);
      memory.float64(at, part.length).set(part);
      elementaryFloat64(memory, name, at, part.length);
      result.set(memory.float64(at, part.length), from);
    });
  }
  return result;
}

/** hi and lo of one evaluation, within the bounds of assembly/elementary/decide.ts; hi = 0 where it takes the scalar function. */
export function evaluateParts(memory: KernelMemory, name: Exclude<UnaryName, 'reciprocal'>, x: number) {
  load(memory, name);
  return memory.scope(() => {
    const at = memory.allocate(16);
    memory.kernels.evaluateParts(numberOf(name), x, at);
    const [hi, lo] = memory.float64(at, 2);
    return { hi, lo };
  });
}

/**
 * For `count` float32 of consecutive codes, float64 numbers in memory that round as f(x) does to every format of at most
 * 24 bits inside float32, in every mode, so that one evaluation serves a sweep of all modes (assembly/vectors.ts's `narrow`
 * rounds them). Zeros stand for the few that stay undecided, of which `undecided` is told.
 */
export function evaluateCodes(
  memory: KernelMemory,
  name: UnaryName,
  firstCode: number,
  count: number,
  out: Address,
  undecided: (index: number, x: number) => void,
): void {
  load(memory, name);
  memory.scope(() => {
    const list = undecidedList(memory, count);
    memory.kernels.evaluateCodes(numberOf(name), firstCode | 0, count, out, list);
    forEachUndecided(memory, list, undecided);
  });
}
