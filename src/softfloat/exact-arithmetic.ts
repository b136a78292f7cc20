/**
 * The algebraic operations by the book: operands as exact fractions, the exact result (for ÷, √ and 1/√ with its tail
 * jammed), one rounding. The oracle of scalar.ts, and its fallback. Operands may be any float64.
 * Special cases are those of IEEE 754, 6 and 7; what stands for ∞, NaN and −0 is the context's (context.ts).
 */
import { isNegative } from '../formats/float64.ts';
import { type AnyContext, cancelledZero, infinityOf, nanOf, zeroOf } from './context.ts';
import { bitLength, type Dyadic, dyadicOf, jammed, roundDyadic, shifted } from './dyadic.ts';

/** R(x + y). */
export function exactAdd(x: number, y: number, context: AnyContext): number {
  if (!Number.isFinite(x) || !Number.isFinite(y)) return unlimitedSum(x, y, context);
  return rounded(sum(dyadicOf(x), dyadicOf(y)), context);
}

/** R(x·y). */
export function exactMul(x: number, y: number, context: AnyContext): number {
  if (Number.isNaN(x) || Number.isNaN(y)) return nanOf(context);
  if (Number.isFinite(x) && Number.isFinite(y)) return roundDyadic(product(x, y), context);
  return x === 0 || y === 0 ? nanOf(context) : infinityOf(context, isNegative(x) !== isNegative(y));
}

/** R(x·y + z). A NaN operand and ∞·0 give NaN; the sign of a zero follows that of the two addends. */
export function exactFma(x: number, y: number, z: number, context: AnyContext): number {
  if (Number.isNaN(x) || Number.isNaN(y) || Number.isNaN(z)) return nanOf(context);
  if (Number.isFinite(x) && Number.isFinite(y)) {
    if (!Number.isFinite(z)) return infinityOf(context, z < 0);
    return rounded(sum(product(x, y), dyadicOf(z)), context);
  }
  if (x === 0 || y === 0) return nanOf(context);
  const infinite = isNegative(x) === isNegative(y) ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  return unlimitedSum(infinite, z, context);
}

/** R(x/y). x/0 is an infinity, 0/0 and ∞/∞ are NaN. */
export function exactDiv(x: number, y: number, context: AnyContext): number {
  const negative = isNegative(x) !== isNegative(y);
  if (Number.isNaN(x) || Number.isNaN(y) || (x === 0 && y === 0)) return nanOf(context);
  if (!Number.isFinite(x)) return Number.isFinite(y) ? infinityOf(context, negative) : nanOf(context);
  if (y === 0) return infinityOf(context, negative);
  if (x === 0 || !Number.isFinite(y)) return zeroOf(context, negative);
  return roundDyadic(quotient(x, y), context);
}

/** R(n/d) of integers, d > 0. */
export function exactRatio(n: bigint, d: bigint, context: AnyContext): number {
  const magnitude = n < 0n ? -n : n;
  const shift = Math.max(0, 96 + bitLength(d) - bitLength(magnitude));
  const numerator = magnitude << BigInt(shift);
  return roundDyadic(jammed(n < 0n, numerator / d, -shift, numerator % d !== 0n), context);
}

/** R(√x). √−0 = −0; below zero NaN. */
export function exactSqrt(x: number, context: AnyContext): number {
  if (x === 0) return zeroOf(context, isNegative(x));
  if (Number.isNaN(x) || x < 0) return nanOf(context);
  if (!Number.isFinite(x)) return infinityOf(context, false);
  return roundDyadic(squareRoot(x), context);
}

/**
 * R(1/√x). 1/√±0 = ±∞, the sign as IEEE 754's rSqrt has it (9.2.1), 1/√∞ = +0; NaN and below zero NaN. What stands for
 * ∞ and NaN is the context's: e4m3 gives NaN for 1/√0 (448 under `saturate`), e2m1 gives 6, and 0 for 1/√−1.
 */
export function exactRsqrt(x: number, context: AnyContext): number {
  if (Number.isNaN(x) || x < 0) return nanOf(context);
  if (x === 0) return infinityOf(context, isNegative(x));
  if (!Number.isFinite(x)) return zeroOf(context, false);
  return roundDyadic(inverseSquareRoot(x), context);
}

/** ⌊√n⌋, by Newton's iteration from above. */
export function integerSqrt(n: bigint): bigint {
  if (n === 0n) return 0n;
  let root = 1n << BigInt((bitLength(n) + 1) >> 1);
  for (;;) {
    const next = (root + n / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** x·y of finite numbers. */
export function product(x: number, y: number): Dyadic {
  const [a, b] = [dyadicOf(x), dyadicOf(y)];
  return {
    negative: a.negative !== b.negative,
    significand: a.significand * b.significand,
    exponent: a.exponent + b.exponent,
  };
}

/** x/y of finite numbers, both nonzero, with its tail jammed after at least 107 bits. */
export function quotient(x: number, y: number): Dyadic {
  const [a, b] = [dyadicOf(x), dyadicOf(y)];
  // A fraction below 2^53 shifted by 160 and divided by one below 2^53.
  const numerator = a.significand << 160n;
  const tail = numerator % b.significand !== 0n;
  return jammed(a.negative !== b.negative, numerator / b.significand, a.exponent - 160 - b.exponent, tail);
}

/** √x of a finite x > 0, with its tail jammed after at least 100 bits. */
export function squareRoot(x: number): Dyadic {
  const { significand, exponent } = dyadicOf(x);
  // An even exponent, and a radicand of at least 200 bits.
  const shift = 200 + (exponent & 1);
  const radicand = significand << BigInt(shift);
  const root = integerSqrt(radicand);
  return jammed(false, root, (exponent - shift) / 2, root * root !== radicand);
}

/** 1/√x of a finite x > 0, with its tail jammed after at least 100 bits; exact for the powers of four. */
export function inverseSquareRoot(x: number): Dyadic {
  const { significand, exponent } = dyadicOf(x);
  // √(2^shift/significand)·2^(−(shift + exponent)/2): an even sum, and a radicand of at least 200 bits.
  const shift = 254 + (exponent & 1);
  const power = 1n << BigInt(shift);
  // ⌊√y⌋ = ⌊√⌊y⌋⌋
  const root = integerSqrt(power / significand);
  return jammed(false, root, -(shift + exponent) / 2, root * root * significand !== power);
}

/** The exact sum; undefined where it is a zero whose sign depends on the mode. */
export function sum(a: Dyadic, b: Dyadic): Dyadic | undefined {
  const exponent = Math.min(a.exponent, b.exponent);
  const signed = (d: Dyadic) => shifted(d.negative ? -d.significand : d.significand, d.exponent - exponent);
  const total = signed(a) + signed(b);
  if (total !== 0n) return { negative: total < 0n, significand: total < 0n ? -total : total, exponent };
  return a.significand === 0n && a.negative === b.negative
    ? { negative: a.negative, significand: 0n, exponent }
    : undefined;
}

function rounded(value: Dyadic | undefined, context: AnyContext): number {
  return value === undefined ? cancelledZero(context) : roundDyadic(value, context);
}

/** x + y where one of them is not finite. */
function unlimitedSum(x: number, y: number, context: AnyContext): number {
  const total = x + y;
  return Number.isNaN(total) ? nanOf(context) : infinityOf(context, total < 0);
}
