/**
 * Exact dyadic fractions and the one function that rounds them. Every operation of exact.ts ends here, as SoftFloat's
 * operations end in its roundPack functions.
 */
import { float64Fraction, powerOfTwo } from '../formats/float64.ts';
import type { BinaryFormat } from '../formats/format.ts';
import { overflowsToInfinity, type Rounding, round, roundsFractionAway } from '../formats/round.ts';
import { type AnyContext, FLOAT64, flushedBelow, infinityOf, nanOf, zeroOf } from './context.ts';

/** ±significand·2^exponent. */
export interface Dyadic {
  readonly negative: boolean;
  readonly significand: bigint;
  readonly exponent: number;
}

/** The exact value of a finite x; the sign of a zero is kept. */
export function dyadicOf(x: number): Dyadic {
  return float64Fraction(x);
}

/** The number of bits of n > 0, 0 for 0. */
export function bitLength(n: bigint): number {
  if (n === 0n) return 0;
  const hex = n.toString(16);
  return 4 * hex.length + 28 - Math.clz32(Number.parseInt(hex[0], 16));
}

/** n·2^by, rounded down. */
export function shifted(n: bigint, by: number): bigint {
  return by >= 0 ? n << BigInt(by) : n >> BigInt(-by);
}

/**
 * A magnitude in the open interval (n, n + 1)·2^exponent, as the odd multiple of 2^(exponent−1) inside it: all that
 * rounding needs to know about an inexact tail (SoftFloat's "jamming"). It holds where every number and midpoint of the
 * format near it is a multiple of 2^exponent; for a stochastic rounding, every multiple of 2^−32 of the format's gap,
 * as it is where n has at least p + 32 bits.
 */
export function jammed(negative: boolean, n: bigint, exponent: number, inexact: boolean): Dyadic {
  return inexact
    ? { negative, significand: 2n * n + 1n, exponent: exponent - 1 }
    : { negative, significand: n, exponent };
}

/** What the rounding of a nonzero value to a binary format did, in the terms of IEEE 754's exceptions (7.4 to 7.6). */
export interface RoundingEvents {
  /** The result is not the value. */
  inexact: boolean;
  /** The value, rounded as if the exponent had no upper end, is above the largest number. */
  overflow: boolean;
  /** The value is below 2^emin in magnitude: tiny before rounding. */
  tinyBefore: boolean;
  /** So it is when rounded to p bits as if the exponent had no lower end: tiny after rounding. */
  tinyAfter: boolean;
}

/**
 * R of an exact dyadic fraction: the definition in `formats/round.ts`, for values wider than a float64, with the
 * context's overflow and subnormal rules. A decimal format rounds the nearest float64. For a nonzero value and a binary
 * format every field of `events` is set.
 */
export function roundDyadic(value: Dyadic, context: AnyContext, events?: RoundingEvents): number {
  const { format, mode } = context;
  if (value.significand === 0n) return zeroOf(context, value.negative);
  if (format.kind === 'binary') return roundBinary(value, format, context, events);
  const carrier = roundBinary(value, FLOAT64.format as BinaryFormat, FLOAT64);
  return settled(round(carrier, format, mode), context);
}

/** R(x) of a float64, infinities and NaN included. */
export function roundNumber(x: number, context: AnyContext): number {
  if (Number.isNaN(x)) return nanOf(context);
  if (!Number.isFinite(x)) return infinityOf(context, x < 0);
  return roundDyadic(dyadicOf(x), context);
}

/** The n for which n·2^q is the magnitude of the value, rounded to a multiple of 2^q. */
function roundedMultiple({ negative, significand, exponent }: Dyadic, q: number, mode: Rounding): bigint {
  const n = shifted(significand, exponent - q);
  if (q <= exponent) return n;
  const unit = 1n << BigInt(q - exponent);
  return roundsFractionAway(mode, negative, significand & (unit - 1n), unit, (n & 1n) === 1n) ? n + 1n : n;
}

function roundBinary(value: Dyadic, format: BinaryFormat, context: AnyContext, events?: RoundingEvents): number {
  const { negative, significand, exponent } = value;
  const e = bitLength(significand) - 1 + exponent;
  // The numbers of the format near the value are the multiples of 2^q.
  const q = Math.max(e, format.emin) - format.precision + 1;
  const n = roundedMultiple(value, q, context.mode);
  // Exact: n has at most p bits; an overflow of the product is above the largest number of every format.
  const magnitude = Number(n) * powerOfTwo(q);
  const overflow = magnitude > format.largest;
  const vanishes = magnitude < flushedBelow(context);
  if (events !== undefined) {
    const free = e - format.precision + 1;
    events.overflow = overflow;
    events.inexact = overflow || vanishes || (q > exponent && shifted(n, q - exponent) !== significand);
    events.tinyBefore = e < format.emin;
    events.tinyAfter =
      e < format.emin && bitLength(roundedMultiple(value, free, context.mode)) - 1 + free < format.emin;
  }
  if (overflow) {
    if (overflowsToInfinity(context.mode, negative)) return infinityOf(context, negative);
    return negative ? -format.largest : format.largest;
  }
  if (vanishes) return zeroOf(context, negative);
  return negative ? -magnitude : magnitude;
}

/** The context's options applied to a number of a format that has ∞ and NaN. */
function settled(y: number, context: AnyContext): number {
  if (y === Number.POSITIVE_INFINITY || y === Number.NEGATIVE_INFINITY) return infinityOf(context, y < 0);
  return Math.abs(y) < flushedBelow(context) ? zeroOf(context, y < 0 || Object.is(y, -0)) : y;
}
