/** The operations on bit patterns, which ieee (fast.ts) and ieeeOracle (oracle.ts) both are. */
import type { Format } from '../../formats/format.ts';
import type { IeeeContext } from './context.ts';

export type Relation = 'less' | 'equal' | 'greater' | 'unordered';

type Unary = (a: bigint, format: Format, context: IeeeContext) => bigint;
type Binary = (a: bigint, b: bigint, format: Format, context: IeeeContext) => bigint;

/**
 * IEEE 754 operations: operands and results are encodings of `format`, the result is the exact one rounded once in the
 * context's mode, exceptions are set in the context's flags. A signalling NaN raises invalid; a NaN result is always
 * the format's positive quiet NaN. What formats without infinities or NaN do is in codes.ts.
 * All throw InputError for a format without bit patterns (`decimal:N`) and for bits that are no encoding of the format.
 */
export interface IeeeOperations {
  readonly add: Binary;
  readonly sub: Binary;
  readonly mul: Binary;
  readonly div: Binary;
  readonly sqrt: Unary;
  /** a·b + c with one rounding. ∞·0 + c raises invalid whatever c is, as SoftFloat and IEEE 754, 7.2, allow. */
  readonly fma: (a: bigint, b: bigint, c: bigint, format: Format, context: IeeeContext) => bigint;
  /** x − y·n, n the integer nearest to x/y, ties to the even n: exact in every mode. A zero has the sign of x. */
  readonly remainder: Binary;
  /**
   * The neighbouring integer that the mode names (odd: the odd one), with the sign of the operand; inexact where that
   * changes the value (roundToIntegralExact). In a format too narrow to hold the integer (8 from 7.5 in e2m3, 4 in
   * e2mY) it overflows as any other result does.
   */
  readonly roundToIntegral: Unary;
  /** Quiet: invalid for signalling NaNs only. −0 equals +0; `unordered` if an operand is NaN. The mode plays no part. */
  readonly compare: (a: bigint, b: bigint, format: Format, context: IeeeContext) => Relation;
  /** The number of `from` rounded to `to`. */
  readonly convert: (bits: bigint, from: Format, to: Format, context: IeeeContext) => bigint;
}
