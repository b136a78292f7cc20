/** What fast.ts needs of a format: reading, and the operations on finite numbers whose results must be rounded. */
import type { Codes } from './codes.ts';
import type { IeeeContext } from './context.ts';

/** Operands are finite numbers of the format; each method gives the code of R of the exact result and sets flags. */
export interface Engine {
  readonly codes: Codes;
  /**
   * The number with these bits, NaN for every NaN.
   * @throws InputError where they are no encoding of the format.
   */
  read(bits: bigint): number;
  /** R(x) of any finite float64. */
  write(x: number, context: IeeeContext): bigint;
  sum(x: number, y: number, context: IeeeContext): bigint;
  product(x: number, y: number, context: IeeeContext): bigint;
  /** y is not 0. */
  quotient(x: number, y: number, context: IeeeContext): bigint;
  /** x ≥ 0 or −0. */
  root(x: number, context: IeeeContext): bigint;
  fused(x: number, y: number, z: number, context: IeeeContext): bigint;
}

/** The sum of numbers that cancel or are both zero: −0 when rounding down, unless both are +0; else as float64 adds. */
export function zeroSum(x: number, y: number, { mode }: IeeeContext): number {
  if (mode !== 'down' || (Object.is(x, 0) && Object.is(y, 0))) return x + y;
  return -0;
}
