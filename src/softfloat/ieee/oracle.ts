/**
 * The operations in exact rational arithmetic, one rounding at the end: IEEE 754-2019, 5.3 to 5.6, 6 and 7, case by
 * case. Slow and meant for reading; fast.ts is its twin.
 */
import type { Format } from '../../formats/format.ts';
import { bitLength } from '../dyadic.ts';
import { integerSqrt } from '../exact-arithmetic.ts';
import { type Codes, codesOf, infiniteResult, invalidResult, nanResult, poleResult, zeroResult } from './codes.ts';
import type { IeeeContext } from './context.ts';
import type { IeeeOperations, Relation } from './operations.ts';
import { type Datum, datumOf, type Rational, roundRational, roundToInteger } from './rational.ts';

/** A number or an infinity. */
type Extended = Exclude<Datum, { kind: 'nan' }>;

/** The result for NaN operands if there is one, else that of `operation` on the numbers. */
function onNumbers(
  bits: readonly bigint[],
  format: Format,
  context: IeeeContext,
  operation: (codes: Codes, x: Extended, y: Extended, z: Extended) => bigint,
): bigint {
  const codes = codesOf(format);
  const data = bits.map((code) => datumOf(code, codes));
  const numbers = data.filter((x) => x.kind !== 'nan');
  const [x, y, z] = numbers;
  if (numbers.length === data.length) return operation(codes, x, y, z);
  return nanResult(
    codes,
    data.some((datum) => datum.kind === 'nan' && datum.signalling),
    context,
  );
}

/** x + y. Two zeros of one sign keep it; any other sum of zero is +0, and −0 when rounding down (6.3). */
function sum(x: Rational, y: Rational, { mode }: IeeeContext): Rational {
  const signed = (r: Rational, factor: bigint) => (r.negative ? -r.n : r.n) * factor;
  const total = signed(x, y.d) + signed(y, x.d);
  const negative = total !== 0n ? total < 0n : x.negative === y.negative ? x.negative : mode === 'down';
  return { negative, n: total < 0n ? -total : total, d: x.d * y.d };
}

function product(x: Rational, y: Rational): Rational {
  return { negative: x.negative !== y.negative, n: x.n * y.n, d: x.d * y.d };
}

function quotient(x: Rational, y: Rational): Rational {
  return { negative: x.negative !== y.negative, n: x.n * y.d, d: x.d * y.n };
}

/**
 * √x, or a number between the same two multiples of 2^−k, and on neither: all that rounding sees where 2^−k is a quarter
 * of the gap of the format's numbers or less. ⌊√x·2^k⌋ = ⌊√⌊n·4^k/d⌋⌋.
 */
function squareRoot({ n, d }: Rational, precision: number): Rational {
  // √x > 2^−(bits of d), so that the root has p + 2 bits at least.
  const k = BigInt(bitLength(d) + precision + 2);
  const radicand = n << (2n * k);
  const root = integerSqrt(radicand / d);
  if (root * root * d === radicand) return { negative: false, n: root, d: 1n << k };
  return { negative: false, n: 2n * root + 1n, d: 2n << k };
}

/** x − y·n, n the integer nearest to x/y. */
function remainder(x: Rational, y: Rational, context: IeeeContext): Rational {
  const { negative, n, d } = quotient(x, y);
  const nearest = { negative, n: roundToInteger({ negative, n, d }, 'nearest-even').rounded, d: 1n };
  const rest = sum(x, negated(product(nearest, y)), context);
  return rest.n === 0n ? { ...rest, negative: x.negative } : rest;
}

const negated = <T extends { negative: boolean }>(x: T): T => ({ ...x, negative: !x.negative });

const isZero = (x: Datum) => x.kind === 'finite' && x.n === 0n;

function add(x: Extended, y: Extended, codes: Codes, context: IeeeContext): bigint {
  if (x.kind === 'finite' && y.kind === 'finite') return roundRational(sum(x, y, context), codes, context);
  if (x.kind === 'infinity' && y.kind === 'infinity' && x.negative !== y.negative) return invalidResult(codes, context);
  return infiniteResult(codes, x.kind === 'infinity' ? x.negative : y.negative, context);
}

function relation(x: bigint, y: bigint): Relation {
  return x < y ? 'less' : x > y ? 'greater' : 'equal';
}

export const ieeeOracle: IeeeOperations = Object.freeze({
  add: (a, b, format, context) => onNumbers([a, b], format, context, (codes, x, y) => add(x, y, codes, context)),

  sub: (a, b, format, context) =>
    onNumbers([a, b], format, context, (codes, x, y) => add(x, negated(y), codes, context)),

  mul: (a, b, format, context) =>
    onNumbers([a, b], format, context, (codes, x, y) => {
      if (x.kind === 'finite' && y.kind === 'finite') return roundRational(product(x, y), codes, context);
      if (isZero(x) || isZero(y)) return invalidResult(codes, context);
      return infiniteResult(codes, x.negative !== y.negative, context);
    }),

  div: (a, b, format, context) =>
    onNumbers([a, b], format, context, (codes, x, y) => {
      const negative = x.negative !== y.negative;
      if (x.kind === 'infinity' && y.kind === 'infinity') return invalidResult(codes, context);
      if (x.kind === 'infinity') return infiniteResult(codes, negative, context);
      if (y.kind === 'infinity') return zeroResult(codes, negative);
      if (!isZero(y)) return roundRational(quotient(x, y), codes, context);
      return isZero(x) ? invalidResult(codes, context) : poleResult(codes, negative, context);
    }),

  sqrt: (a, format, context) =>
    onNumbers([a], format, context, (codes, x) => {
      if (isZero(x)) return zeroResult(codes, x.negative);
      if (x.negative) return invalidResult(codes, context);
      if (x.kind === 'infinity') return infiniteResult(codes, false, context);
      return roundRational(squareRoot(x, codes.format.precision), codes, context);
    }),

  fma: (a, b, c, format, context) => {
    const codes = codesOf(format);
    const [p, q] = [datumOf(a, codes), datumOf(b, codes)];
    // Raised even where c is a quiet NaN: operations.ts.
    if ((p.kind === 'infinity' && isZero(q)) || (isZero(p) && q.kind === 'infinity')) context.flags.invalid = true;
    return onNumbers([a, b, c], format, context, (_, x, y, z) => {
      if (x.kind === 'finite' && y.kind === 'finite') {
        return add({ kind: 'finite', ...product(x, y) }, z, codes, context);
      }
      if (isZero(x) || isZero(y)) return invalidResult(codes, context);
      return add({ kind: 'infinity', negative: x.negative !== y.negative }, z, codes, context);
    });
  },

  remainder: (a, b, format, context) =>
    onNumbers([a, b], format, context, (codes, x, y) => {
      if (x.kind === 'infinity' || isZero(y)) return invalidResult(codes, context);
      return roundRational(y.kind === 'infinity' ? x : remainder(x, y, context), codes, context);
    }),

  roundToIntegral: (a, format, context) =>
    onNumbers([a], format, context, (codes, x) => {
      if (x.kind === 'infinity') return infiniteResult(codes, x.negative, context);
      const { exact, rounded } = roundToInteger(x, context.mode);
      if (!exact) context.flags.inexact = true;
      return roundRational({ negative: x.negative, n: rounded, d: 1n }, codes, context);
    }),

  compare: (a, b, format, context) => {
    const codes = codesOf(format);
    const [x, y] = [datumOf(a, codes), datumOf(b, codes)];
    if (x.kind === 'nan' || y.kind === 'nan') {
      if ([x, y].some((datum) => datum.kind === 'nan' && datum.signalling)) context.flags.invalid = true;
      return 'unordered';
    }
    if (x.kind === 'infinity' && y.kind === 'infinity') return relation(x.negative ? 0n : 1n, y.negative ? 0n : 1n);
    // ±∞ as ±1/0: its cross product has its own sign, the other is 0.
    const fraction = (r: Extended) => (r.kind === 'infinity' ? { n: 1n, d: 0n } : r);
    const signed = (r: Extended) => (r.negative ? -fraction(r).n : fraction(r).n);
    return relation(signed(x) * fraction(y).d, signed(y) * fraction(x).d);
  },

  convert: (bits, from, to, context) => {
    const [source, target] = [codesOf(from), codesOf(to)];
    const x = datumOf(bits, source);
    if (x.kind === 'nan') return nanResult(target, x.signalling, context);
    if (x.kind === 'infinity') return infiniteResult(target, x.negative, context);
    return roundRational(x, target, context);
  },
} satisfies IeeeOperations);
