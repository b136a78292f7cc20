/** All other formats: exact fractions (exact-arithmetic.ts) and their one rounding (dyadic.ts). */
import { decode, encode } from '../../formats/bits.ts';
import { type RoundingMode, roundingModes } from '../../formats/round.ts';
import { cancelledZero, type RoundingContext } from '../context.ts';
import { type Dyadic, dyadicOf, type RoundingEvents, roundDyadic } from '../dyadic.ts';
import { product, quotient, squareRoot, sum } from '../exact-arithmetic.ts';
import { type Codes, overflowResult, refuse, zeroResult } from './codes.ts';
import type { IeeeContext } from './context.ts';
import type { Engine } from './engine.ts';

const EVENTS: RoundingEvents = { inexact: false, overflow: false, tinyBefore: false, tinyAfter: false };

export class Wide implements Engine {
  readonly codes: Codes;
  private readonly last: bigint;
  private readonly contexts: Readonly<Record<RoundingMode, RoundingContext>>;

  constructor(codes: Codes) {
    const { format, sign } = codes;
    this.codes = codes;
    this.last = 2n * sign - 1n;
    this.contexts = Object.fromEntries(
      roundingModes.map((mode) => [mode, { format, mode, overflow: 'inf', subnormals: 'keep' }]),
    ) as Record<RoundingMode, RoundingContext>;
  }

  read(bits: bigint): number {
    if (bits < 0n || bits > this.last) refuse(bits, this.codes.format);
    return this.numberOf(bits);
  }

  /** The number with these bits, which are in range. */
  protected numberOf(bits: bigint): number {
    return decode(bits, this.codes.format);
  }

  /** The bits of a number of the format. */
  protected bitsOf(x: number): bigint {
    return encode(x, this.codes.format);
  }

  write(x: number, context: IeeeContext): bigint {
    return this.rounded(dyadicOf(x), context);
  }

  sum(x: number, y: number, context: IeeeContext): bigint {
    return this.roundedSum(dyadicOf(x), dyadicOf(y), context);
  }

  product(x: number, y: number, context: IeeeContext): bigint {
    return this.rounded(product(x, y), context);
  }

  quotient(x: number, y: number, context: IeeeContext): bigint {
    return x === 0 ? this.write(x / y, context) : this.rounded(quotient(x, y), context);
  }

  root(x: number, context: IeeeContext): bigint {
    return x === 0 ? this.write(x, context) : this.rounded(squareRoot(x), context);
  }

  fused(x: number, y: number, z: number, context: IeeeContext): bigint {
    return this.roundedSum(product(x, y), dyadicOf(z), context);
  }

  private roundedSum(x: Dyadic, y: Dyadic, context: IeeeContext): bigint {
    const total = sum(x, y);
    if (total !== undefined) return this.rounded(total, context);
    return zeroResult(this.codes, Object.is(cancelledZero(this.contexts[context.mode]), -0));
  }

  private rounded(value: Dyadic, context: IeeeContext): bigint {
    if (value.significand === 0n) return zeroResult(this.codes, value.negative);
    const result = roundDyadic(value, this.contexts[context.mode], EVENTS);
    if (EVENTS.overflow) return overflowResult(this.codes, value.negative, context);
    if (EVENTS.inexact) {
      context.flags.inexact = true;
      if (context.tininess === 'before' ? EVENTS.tinyBefore : EVENTS.tinyAfter) context.flags.underflow = true;
    }
    return this.bitsOf(result);
  }
}
