/** Exact rational numbers, their encodings, and the rounding of one to a format: the definition that fast.ts is held to. */
import { type RoundingMode, roundsAway } from '../../formats/round.ts';
import { bitLength } from '../dyadic.ts';
import { type Codes, isSignalling, overflowResult, refuse, zeroResult } from './codes.ts';
import type { IeeeContext } from './context.ts';

/** ±n/d, n ≥ 0, d > 0; zero has a sign too. */
export interface Rational {
  readonly negative: boolean;
  readonly n: bigint;
  readonly d: bigint;
}

/** What an encoding stands for. */
export type Datum =
  | { readonly kind: 'nan'; readonly signalling: boolean }
  | { readonly kind: 'infinity'; readonly negative: boolean }
  | ({ readonly kind: 'finite' } & Rational);

/** 2^e as a fraction. */
function powerOfTwo(e: number): { n: bigint; d: bigint } {
  return e >= 0 ? { n: 1n << BigInt(e), d: 1n } : { n: 1n, d: 1n << BigInt(-e) };
}

/** The datum with these bits. */
export function datumOf(bits: bigint, codes: Codes): Datum {
  const { format, sign, largest, infinity } = codes;
  if (bits < 0n || bits >= 2n * sign) refuse(bits, format);
  const negative = bits >= sign;
  const code = negative ? bits - sign : bits;
  if (code > largest) {
    if (format.infinities && code === infinity) return { kind: 'infinity', negative };
    return { kind: 'nan', signalling: isSignalling(bits, codes) };
  }
  const hidden = 1n << BigInt(format.fractionBits);
  const [field, fraction] = [code / hidden, code % hidden];
  // Exponent field 0: fraction·2^(emin − p + 1), or 0 without subnormals. Else the hidden bit is there.
  const significand = field === 0n ? (format.subnormals ? fraction : 0n) : hidden + fraction;
  const exponent = format.emin - format.precision + 1 + Math.max(Number(field) - 1, 0);
  const unit = powerOfTwo(exponent);
  return {
    kind: 'finite',
    negative: negative && (significand !== 0n || format.signedZero),
    n: significand * unit.n,
    d: unit.d,
  };
}

/** ±n/d as a multiple of 2^q: the integer below or at the magnitude's, and that to which it rounds. */
function multiple({ negative, n, d }: Rational, q: number, mode: RoundingMode): { exact: boolean; rounded: bigint } {
  const unit = powerOfTwo(q);
  const [numerator, denominator] = [n * unit.d, d * unit.n];
  const [floor, rest] = [numerator / denominator, numerator % denominator];
  if (rest === 0n) return { exact: true, rounded: floor };
  const tie = 2n * rest > denominator ? 1 : 2n * rest === denominator ? 0 : -1;
  const away = roundsAway(mode, negative, tie, floor % 2n === 1n);
  return { exact: false, rounded: away ? floor + 1n : floor };
}

/** The neighbouring integer that the mode names. */
export function roundToInteger(x: Rational, mode: RoundingMode): { exact: boolean; rounded: bigint } {
  return multiple(x, 0, mode);
}

/** ⌊log2(n/d)⌋. */
function floorLog2(n: bigint, d: bigint): number {
  const e = bitLength(n) - bitLength(d);
  const power = powerOfTwo(e);
  return n * power.d < d * power.n ? e - 1 : e;
}

/** True if a magnitude in [2^e, 2^emin), rounded to p bits as if there were no emin, is 2^emin. */
function roundsToPower(x: Rational, e: number, precision: number, mode: RoundingMode, emin: number): boolean {
  return e === emin - 1 && multiple(x, e - precision + 1, mode).rounded === 1n << BigInt(precision);
}

/** The encoding of R(±n/d), with the flags that rounding raises. */
export function roundRational(x: Rational, codes: Codes, context: IeeeContext): bigint {
  const { precision, emin, subnormals } = codes.format;
  const { mode, tininess, flags } = context;
  if (x.n === 0n) return zeroResult(codes, x.negative);
  const e = floorLog2(x.n, x.d);
  const binade = Math.max(e, emin);
  const { exact, rounded } = multiple(x, binade - precision + 1, mode);
  // Codes count the numbers upwards from 0: 2^(p−1) for each binade above emin's, and `rounded` in the one at hand. A
  // rounding up to the next power of two is the next binade's first code.
  const code = BigInt(binade - emin) * (1n << BigInt(precision - 1)) + rounded;
  if (code > codes.largest) return overflowResult(codes, x.negative, context);
  const vanishes = !subnormals && rounded < 1n << BigInt(precision - 1);
  if (!exact || vanishes) {
    flags.inexact = true;
    if (e < emin && (tininess === 'before' || !roundsToPower(x, e, precision, mode, emin))) flags.underflow = true;
  }
  if (code === 0n || vanishes) return zeroResult(codes, x.negative);
  return x.negative ? codes.sign + code : code;
}
