/**
 * exp, tanh and erf of numbers of at most 11 bits of precision: each is computed once, and then looked up.
 * A number of p bits within float32's range is the top 8 + p bits of its float32, so these are the index: 2^16 entries
 * for bf16, 2^19 for fp16 and tf32, whatever the operand's exponent range.
 */
import { type Format, fitsFloat32 } from '../../formats/index.ts';
import { contextKey } from '../../softfloat/context.ts';
import { type RoundingContext, scalarsOf } from '../../softfloat/scalar.ts';

export type UnaryName = 'exp' | 'tanh' | 'erf';

/** An elementary function on float32 numbers of a known precision. */
export interface UnaryFunction {
  /** In place on numbers [from, to), or on their negatives. */
  apply(numbers: Float32Array, from: number, to: number, negated?: boolean): void;
}

class Table implements UnaryFunction {
  private readonly evaluate: (x: number) => number;
  private readonly shift: number;
  private readonly values: Float32Array;
  private readonly known: Uint8Array;

  constructor(evaluate: (x: number) => number, precision: number) {
    this.evaluate = evaluate;
    this.shift = 24 - precision;
    this.values = new Float32Array(2 ** (8 + precision));
    this.known = new Uint8Array(this.values.length);
  }

  apply(numbers: Float32Array, from: number, to: number, negated = false): void {
    const { shift, values, known } = this;
    const bits = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
    const sign = negated ? 0x80000000 : 0;
    for (let i = from; i < to; i++) {
      const index = (bits[i] ^ sign) >>> shift;
      if (known[index] === 0) {
        values[index] = this.evaluate(negated ? -numbers[i] : numbers[i]);
        known[index] = 1;
      }
      numbers[i] = values[index];
    }
  }
}

/** For formats too wide for a table. */
class Direct implements UnaryFunction {
  private readonly evaluate: (x: number) => number;

  constructor(evaluate: (x: number) => number) {
    this.evaluate = evaluate;
  }

  apply(numbers: Float32Array, from: number, to: number, negated = false): void {
    for (let i = from; i < to; i++) numbers[i] = this.evaluate(negated ? -numbers[i] : numbers[i]);
  }
}

const known = new Map<string, UnaryFunction>();

/** R(name(x)) in the context (whose format fits in float32) for numbers x of `operand`. */
export function unaryFunction(name: UnaryName, context: RoundingContext, operand: Format | undefined): UnaryFunction {
  const precision = operand?.kind === 'binary' && fitsFloat32(operand) ? Math.max(operand.precision, 1) : 24;
  const key = `${name} ${precision} ${contextKey(context)}`;
  let found = known.get(key);
  if (found === undefined) {
    const evaluate = scalarsOf(context)[name];
    found = precision <= 11 ? new Table(evaluate, precision) : new Direct(evaluate);
    known.set(key, found);
  }
  return found;
}
