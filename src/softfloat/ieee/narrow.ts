/**
 * Formats whose numbers are float32 numbers: float64 arithmetic and one rounding to a code, in integers.
 *
 * Why one rounding of the float64 result s does it, flags included. s of + and fma is rounded to odd (error-free.ts): it
 * lies on the same side of every number of at most 51 bits as the exact result does, and on it only if that does. A
 * product is exact: 24 + 24 bits. A quotient or root of such numbers that is not exact has a float64 of more than 25
 * bits: were s as short as that, x − s·y (or x − s²) would be a multiple of 2^−49·|x| at most, by their 49 (50) bits, but
 * of magnitude below 2^−52·|x|, hence 0. So R(s) and the comparison of s with numbers, midpoints and 2^emin are right.
 */
import { powerOfTwo } from '../../formats/float64.ts';
import { roundsAway } from '../../formats/round.ts';
import { roundToOdd, sumError } from '../error-free.ts';
import { forEveryField } from '../fast-round.ts';
import { type Codes, overflowResult, refuse } from './codes.ts';
import type { IeeeContext } from './context.ts';
import { type Engine, zeroSum } from './engine.ts';
import { BITS, FLOAT, HIGH, LOW, WORDS } from './words.ts';

export class Narrow implements Engine {
  readonly codes: Codes;
  // The numbers of codes.ts, as numbers: codes have at most 32 bits.
  private readonly largest: number;
  private readonly sign: number;
  private readonly last: number;
  private readonly infinity: number;
  private readonly fractionBits: number;
  private readonly hidden: number;
  /** The gap of the numbers with this exponent field. */
  private readonly gaps: Float64Array;
  /** By the exponent field of a float64: one over the gap of the format's numbers there, and the code at its binade. */
  private readonly inverses: Float64Array;
  private readonly bases: Float64Array;
  /** The field of a float64 of the smallest normal number. */
  private readonly firstNormal: number;

  constructor(codes: Codes) {
    const { format } = codes;
    const { emin, precision, fractionBits } = format;
    this.codes = codes;
    this.largest = Number(codes.largest);
    this.sign = Number(codes.sign);
    this.last = 2 * this.sign - 1;
    this.infinity = format.infinities ? Number(codes.infinity) : Number.NaN;
    this.fractionBits = fractionBits;
    this.hidden = 2 ** fractionBits;
    this.gaps = Float64Array.from({ length: 2 ** format.exponentBits }, (_, field) =>
      powerOfTwo(emin + 1 - precision + Math.max(field - 1, 0)),
    );
    this.inverses = forEveryField((e) => powerOfTwo(precision - 1 - e), format);
    // Codes count the numbers upwards, `hidden` of them in each binade above emin's.
    this.bases = forEveryField((e) => (e - emin) * this.hidden, format);
    this.firstNormal = emin + 1023;
  }

  read(bits: bigint): number {
    BITS[0] = bits;
    const word = WORDS[LOW];
    // Read back, because the store takes the last 64 bits of any BigInt.
    if (WORDS[HIGH] !== 0 || word > this.last || BITS[0] !== bits) refuse(bits, this.codes.format);
    const code = word & (this.sign - 1);
    const negative = code !== word;
    if (code > this.largest) {
      return code !== this.infinity ? Number.NaN : negative ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
    }
    const field = code >> this.fractionBits;
    const significand = field === 0 ? code : (code & (this.hidden - 1)) + this.hidden;
    const x = significand * this.gaps[field];
    return negative ? -x : x;
  }

  write(x: number, context: IeeeContext): bigint {
    FLOAT[0] = x;
    const high = WORDS[HIGH];
    const negative = high >>> 31 !== 0;
    const field = (high >>> 20) & 0x7ff;
    // Both scalings are exact.
    const scaled = Math.abs(x) * this.inverses[field];
    const n = roundedInteger(scaled, negative, context);
    const code = n + this.bases[field];
    if (code > this.largest) return overflowResult(this.codes, negative, context);
    if (n !== scaled) {
      context.flags.inexact = true;
      if (field < this.firstNormal && this.isTiny(scaled, field, negative, context)) context.flags.underflow = true;
    }
    WORDS[LOW] = negative ? code + this.sign : code;
    WORDS[HIGH] = 0;
    return BITS[0];
  }

  /** For |x| < 2^emin. Just below it one bit more than the format has there can round up to 2^emin. */
  private isTiny(scaled: number, field: number, negative: boolean, context: IeeeContext): boolean {
    if (context.tininess === 'before' || field !== this.firstNormal - 1) return true;
    return roundedInteger(2 * scaled, negative, context) !== 2 * this.hidden;
  }

  sum(x: number, y: number, context: IeeeContext): bigint {
    const s = x + y;
    if (s === 0) return this.write(zeroSum(x, y, context), context);
    return this.write(roundToOdd(s, sumError(x, y, s)), context);
  }

  product(x: number, y: number, context: IeeeContext): bigint {
    return this.write(x * y, context);
  }

  quotient(x: number, y: number, context: IeeeContext): bigint {
    return this.write(x / y, context);
  }

  root(x: number, context: IeeeContext): bigint {
    return this.write(Math.sqrt(x), context);
  }

  fused(x: number, y: number, z: number, context: IeeeContext): bigint {
    return this.sum(x * y, z, context);
  }
}

/** The neighbouring integer of a magnitude below 2^53 that the mode names. */
export function roundedInteger(magnitude: number, negative: boolean, { mode }: IeeeContext): number {
  const n = Math.floor(magnitude);
  const fraction = magnitude - n;
  if (fraction === 0) return n;
  // n % 2 would be a call of fmod.
  const odd = Math.floor(0.5 * n) !== 0.5 * n;
  return roundsAway(mode, negative, fraction > 0.5 ? 1 : fraction === 0.5 ? 0 : -1, odd) ? n + 1 : n;
}
