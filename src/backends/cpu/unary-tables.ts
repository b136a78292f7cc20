/**
 * exp, tanh and erf on arrays in the kernels' memory. Of numbers of at most 11 bits of precision a table of all results is
 * made once: a number of p bits within float32's range is the top 8 + p bits of its float32, so these are the index (2^16
 * entries for bf16, 2^19 for fp16 and tf32), whatever the operand's exponent range.
 */
import { type BinaryFormat, type Format, fitsFloat32 } from '../../formats/index.ts';
import { contextKey } from '../../softfloat/context.ts';
import type { RoundingContext } from '../../softfloat/scalar.ts';
import { elementaryFloat32, elementaryFloat64 } from './elementary-arrays.ts';
import type { Address, KernelMemory, NumberSize } from './wasm.ts';

export type UnaryName = 'exp' | 'tanh' | 'erf';

/** A complete table in memory: the entry of x, a float32, is that of its bits without the last `shift`. */
export interface Table {
  readonly at: Address;
  readonly shift: number;
}

/** An elementary function on the numbers of an operand. */
export interface UnaryFunction {
  /** The table to look n numbers up in; undefined where there is none, or they are too few to make it. */
  table(memory: KernelMemory, n: number): Table | undefined;
  /** In place on n numbers in memory, of `size` bytes. */
  apply(memory: KernelMemory, at: Address, n: number, size: NumberSize): void;
}

/** Each number by itself, in any context. */
class Evaluated implements UnaryFunction {
  protected readonly name: UnaryName;
  protected readonly context: RoundingContext;

  constructor(name: UnaryName, context: RoundingContext) {
    this.name = name;
    this.context = context;
  }

  table(_memory: KernelMemory, _n: number): Table | undefined {
    return undefined;
  }

  apply(memory: KernelMemory, at: Address, n: number, size: NumberSize): void {
    if (size === 8) elementaryFloat64(memory, this.name, at, n);
    else elementaryFloat32(memory, this.name, this.context, at, n);
  }
}

class Tabulated extends Evaluated {
  private readonly operand: BinaryFormat;
  private readonly addresses = new WeakMap<KernelMemory, Address>();
  private values: Float32Array | undefined;
  /** How many numbers were to be looked up so far. */
  private asked = 0;

  constructor(name: UnaryName, context: RoundingContext, operand: BinaryFormat) {
    super(name, context);
    this.operand = operand;
  }

  override table(memory: KernelMemory, n: number): Table | undefined {
    const { precision } = this.operand;
    const length = 2 ** (8 + precision);
    this.asked += n;
    if (this.asked < length / 4) return undefined;
    let at = this.addresses.get(memory);
    if (at === undefined) {
      at = memory.allocateForever(4 * length);
      this.values ??= this.tabulate(memory, length);
      memory.float32(at, length).set(this.values);
      this.addresses.set(memory, at);
    }
    return { at, shift: 24 - precision };
  }

  /** The results of all numbers of the operand, infinities and NaN; what else has an index is never looked up. */
  private tabulate(memory: KernelMemory, length: number): Float32Array {
    const values = new Float32Array(length);
    new Uint32Array(values.buffer).forEach((_, index, bits) => {
      bits[index] = index << (24 - this.operand.precision);
    });
    const { largest, smallestSubnormal } = this.operand;
    const isNumber = (x: number): boolean =>
      !Number.isFinite(x) || (Math.abs(x) <= largest && x % smallestSubnormal === 0);
    memory.scope(() => {
      const at = memory.copyIn(
        values.map((x) => (isNumber(x) ? x : 0)),
        4,
      );
      this.apply(memory, at, length, 4);
      values.set(memory.float32(at, length));
    });
    return values;
  }
}

function isShort(format: Format): format is BinaryFormat {
  return format.kind === 'binary' && format.precision <= 11 && fitsFloat32(format);
}

const known = new Map<string, UnaryFunction>();

/** R(name(x)) in the context for numbers x of `operand`, undefined for any; in float32, or float64 where R is float64's. */
export function unaryFunction(name: UnaryName, context: RoundingContext, operand: Format | undefined): UnaryFunction {
  const short = operand !== undefined && isShort(operand) && fitsFloat32(context.format) ? operand : undefined;
  const numbers = short === undefined ? 'any' : [short.precision, short.smallestSubnormal, short.largest];
  const key = `${name} ${numbers} ${contextKey(context)}`;
  let found = known.get(key);
  if (found === undefined) {
    found = short === undefined ? new Evaluated(name, context) : new Tabulated(name, context, short);
    known.set(key, found);
  }
  return found;
}
