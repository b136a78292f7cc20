/**
 * How the results of an operation on two rows are rounded (assembly/vectors.ts): the quickest way that is right.
 *
 * A float32 operation followed by a rounding in float32 lanes, to nearest even, gives the rounding of the exact result z to
 * a format F of p ≤ 11 bits with gradual underflow (unit η, its smallest subnormal), if the operands are numbers of p_a and
 * p_b bits as below. Let m be a point where F's rounding changes: a midpoint between neighbours, or the point of
 * overflow. It has at most p + 1 bits and is a multiple of η/2 ≥ 2^−138, so it is a float32. Float32 rounding is
 * monotonic and leaves m where it is; so the second rounding can go wrong only where z ≠ m becomes m: where
 * |z − m| ≤ 2^(e−24), e the exponent of m, or ≤ 2^−150 below float32's normal numbers.
 *
 * + −  Operands of at most p bits that are multiples of η (numbers of F; of any format with no more bits and no smaller
 *      unit). Let |x| ≥ |y| and E the exponent of z. If z is no float32 then y has a bit below 2^(E−23), so
 *      |y| < 2^(E−24+p) ≤ 2^(E−13); and then E ≤ e_x, for to reach the next binade |y| would have to be a unit of x,
 *      2^(e_x−p+1). m lies at least 2^(E−p) ≥ 2^(E−11) away from x (η/2 and more where x is below F's normal numbers), so
 *      |z − m| > 2^(E−12). Below 2^−126 every sum of float32 is exact.
 * ×    p_a + p_b ≤ 24: z has 24 bits and is a float32, unless it has bits below 2^−149. Then |z| < 2^(p_a+p_b−150), at
 *      most η/2 where p_a + p_b + p ≤ 150 + emin; z and what it becomes, at most η/2, are both rounded to zero.
 * ÷    p + p_b ≤ 24 and p + p_a ≤ 23. z − m = (a − m·b)/b. The numerator is not 0 and a multiple of the unit of a or of
 *      the product of those of m and b (2^(e_m−p) and 2^(e_b−p_b+1)). In the first case |z − m| ≥ |z|/(2^p_a − 1) >
 *      2^−23·|z|, in the second |z − m| > 2^(e_m−p−p_b) ≥ 2^(e_m−24). Below 2^−126, where m ≥ η/2 = 2^(emin−p), the two
 *      are above 2^−150 in the same way. (If emin − p ≥ −126 all that is below 2^−126 becomes zero.)
 *
 * Infinities and NaN come out of float32 operations as they should. Directed modes, flushing and wider formats take the
 * float64 ways.
 */
import type { BinaryFormat, Format } from '../../formats/index.ts';
import { fitsFloat32, formats, sameNumbers } from '../../formats/index.ts';
import type { RoundingContext } from '../../softfloat/scalar.ts';
import { laneKind } from './plan.ts';
import { type BinaryContext, laneConstants, wideConstants } from './rounding-constants.ts';
import type { Address, KernelMemory, Operation } from './wasm.ts';

/** As in assembly/vectors.ts. */
const ways = { float32: 0, bf16: 1, integer: 2, magic: 3, nearest: 4, any: 5, float64: 6 } as const;
type Way = keyof typeof ways;

/** The numbers of an operand; undefined for any float32. */
export type OperandFormat = Format | undefined;

function isPlain({ mode, overflow, subnormals }: RoundingContext): boolean {
  return mode === 'nearest-even' && overflow === 'inf' && subnormals === 'keep';
}

/** Float64's own operations, unrounded. */
export function isFloat64(context: RoundingContext): boolean {
  return isPlain(context) && sameNumbers(context.format, formats.fp64);
}

/** Whether one float32 operation and one rounding to F in lanes give the rounding of the exact result. */
function innocuous(
  op: Operation,
  { precision: p, emin, smallestSubnormal }: BinaryFormat,
  a: Format,
  b: Format,
): boolean {
  if (a.kind !== 'binary' || b.kind !== 'binary') return false;
  const [bitsA, bitsB] = [a.precision, b.precision];
  if (op === 'multiply') return bitsA + bitsB <= 24 && bitsA + bitsB + p <= 150 + emin;
  if (op === 'divide') return p + bitsB <= 24 && p + bitsA <= 23;
  return [a, b].every((x) => x.precision <= p && x.smallestSubnormal >= smallestSubnormal);
}

function wayOf(op: Operation | 'sqrt', context: RoundingContext, a: OperandFormat, b: OperandFormat): Way {
  if (isFloat64(context)) return 'float64';
  const { mode, overflow, subnormals } = context;
  const format = context.format as BinaryFormat;
  if (mode !== 'nearest-even') return 'any';
  if (op === 'sqrt' || subnormals === 'flush') return 'nearest';
  if (isPlain(context) && sameNumbers(format, formats.fp32)) return 'float32';
  const kind = laneKind(format);
  const [x, y] = [a, b].map((operand) => (operand !== undefined && fitsFloat32(operand) ? operand : formats.fp32));
  if (kind === undefined || !innocuous(op, format, x, y)) return 'nearest';
  if (kind === 'magic') return 'magic';
  return format.precision === 8 && overflow === 'inf' ? 'bf16' : 'integer';
}

/** A context's operations, in memory as long as the scope they were made in. */
export class Units {
  private readonly memory: KernelMemory;
  private readonly context: RoundingContext;
  private readonly known = new Map<Way, Address>();

  constructor(memory: KernelMemory, context: RoundingContext) {
    this.memory = memory;
    this.context = context;
  }

  /** R(a ∘ b) of numbers of these formats, or R(√a). */
  of(op: Operation | 'sqrt', a?: OperandFormat, b?: OperandFormat): Address {
    const way = wayOf(op, this.context, a, b);
    let unit = this.known.get(way);
    if (unit === undefined) {
      const constants = this.constants(way);
      unit = this.memory.allocate(8);
      this.memory.int32(unit, 2).set([ways[way], constants]);
      this.known.set(way, unit);
    }
    return unit;
  }

  private constants(way: Way): Address {
    const context = this.context as BinaryContext;
    if (way === 'float64' || way === 'float32') return 0;
    return way === 'nearest' || way === 'any'
      ? wideConstants(this.memory, context)
      : laneConstants(this.memory, context);
  }
}
