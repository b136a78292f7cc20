/**
 * Formats whose numbers are float32 numbers (p ≤ 24): float64 arithmetic and one rounding more.
 *
 * Why that gives R of the exact result. A float64 result s with its exact residual, rounded to odd (error-free.ts),
 * rounds to p ≤ 51 bits in every mode as the exact result does; a residual of 0 needs nothing. For ÷, √ and the
 * elementary functions the residual is looked at only where it can matter: all numbers and midpoints of the format near
 * a result have at most 25 significant bits, so the last 28 bits of their float64 are 0; any other s has the exact result
 * on its own side of all of them, and R(s) is right. 1/√ has two roundings in s and so a wider strip. Operands of more
 * than 24 bits or beyond float32's range (mixed formats) take the same way as far as the error terms are exact, else
 * exact.ts.
 */
import { cancelledZero, type RoundingContext } from './context.ts';
import { correctlyRounded } from './elementary/correct.ts';
import { KERNEL_ERROR, kernels, LOW } from './elementary/kernels.ts';
import { isModerate, productError, roundToOdd, sumError } from './error-free.ts';
import { exactScalarsOf } from './exact.ts';
import { exactAdd, exactDiv, exactFma, exactMul, exactRsqrt, exactSqrt } from './exact-arithmetic.ts';
import { type Rounder, rounderOf } from './fast-round.ts';
import { type ElementaryName, elementaryNames, type Scalars } from './scalars.ts';

/** 2^28 + 1: splits a float64 after its first 25 bits (Veltkamp). */
const SHORT_SPLITTER = 268435457;

const VIEW = new Float64Array(1);
const WORDS = new Uint32Array(VIEW.buffer);
const LAST = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 0 : 1;

/** True if the last 28 bits of x are 0, as those of every number of at most 25 bits. */
function isShort(x: number): boolean {
  VIEW[0] = x;
  return (WORDS[LAST] & 0xfffffff) === 0;
}

/** The operations of a context with a format that fits float32. */
export function fastFloat32Scalars(context: RoundingContext): Scalars<number> {
  return {
    ...exactScalarsOf(context),
    ...arithmetic(context, rounderOf(context)),
    ...(Object.fromEntries(elementaryNames.map((name) => [name, elementary(name, context)])) as Elementary),
  };
}

type Elementary = Record<ElementaryName, (x: number) => number>;
type Arithmetic = Pick<
  Scalars<number>,
  'fromNumber' | 'add' | 'sub' | 'mul' | 'div' | 'fma' | 'sqrt' | 'reciprocal' | 'rsqrt'
>;

function arithmetic(context: RoundingContext, rounded: Rounder): Arithmetic {
  // −0 in `down`; float64 arithmetic gives +0.
  const zeroDiffers = Object.is(cancelledZero(context), -0);

  const add = (x: number, y: number): number => {
    const s = x + y;
    const error = sumError(x, y, s);
    if (error === 0 && (s !== 0 || !zeroDiffers)) return rounded(s);
    // Infinities and NaN have an error of NaN.
    if (error - error !== 0 || s === 0) return exactAdd(x, y, context);
    return rounded(roundToOdd(s, error));
  };

  const mul = (x: number, y: number): number => {
    const p = x * y;
    // Two factors of 24 bits: 48 bits, exactly.
    if (Math.fround(x) === x && Math.fround(y) === y) return rounded(p);
    if (!isModerate(x) || !isModerate(y)) return exactMul(x, y, context);
    return rounded(roundToOdd(p, productError(x, y, p)));
  };

  const fma = (x: number, y: number, z: number): number => {
    if (Math.fround(x) !== x || Math.fround(y) !== y) return exactFma(x, y, z, context);
    const p = x * y;
    const s = p + z;
    const error = sumError(p, z, s);
    if (error === 0 && (s !== 0 || !zeroDiffers)) return rounded(s);
    if (error - error !== 0 || s === 0) return exactFma(x, y, z, context);
    return rounded(roundToOdd(s, error));
  };

  const div = (x: number, y: number): number => {
    const q = x / y;
    if (!isShort(q)) return rounded(q);
    if (!isModerate(x) || !isModerate(y)) return exactDiv(x, y, context);
    // x − q·y is a float64: Sterbenz for x − p, and the remainder has no more bits than y.
    const p = q * y;
    const remainder = x - p - productError(q, y, p);
    return rounded(roundToOdd(q, y > 0 ? remainder : -remainder));
  };

  const sqrt = (x: number): number => {
    const root = Math.sqrt(x);
    if (!isShort(root)) return rounded(root);
    if (!isModerate(x)) return exactSqrt(x, context);
    const p = root * root;
    return rounded(roundToOdd(root, x - p - productError(root, root, p)));
  };

  const rsqrt = (x: number): number => {
    if (!(x > 0) || !isModerate(x)) return exactRsqrt(x, context);
    // Two roundings of 2^−53: less than 3 ulp.
    const r = 1 / Math.sqrt(x);
    VIEW[0] = r;
    const last = WORDS[LAST] & 0xfffffff;
    if (last > 2 && last < 0xffffffe) return rounded(r);
    // Near the 25-bit number m. Its square is exact, and 1 − m²x has the sign of 1/√x − m: 1 − q is exact (Sterbenz).
    // (Measured: all float32 operands of [1, 4) come out right without this, of those at 1/m² in float64 every fifth wrong.)
    const split = SHORT_SPLITTER * r;
    const m = split - (split - r);
    const square = m * m;
    const q = square * x;
    return rounded(roundToOdd(m, 1 - q - productError(square, x, q)));
  };

  return {
    fromNumber: rounded,
    add,
    sub: (x, y) => add(x, -y),
    mul,
    div,
    fma,
    sqrt,
    reciprocal: (x) => div(1, x),
    rsqrt,
  };
}

/**
 * f(x) outside the kernel's domain, rounded to odd in float64: any number strictly between the same two neighbours of a
 * format inside float32 would do. NaN for NaN; undefined where it takes an evaluation or cases.ts.
 */
function outside(name: ElementaryName, x: number): number | undefined {
  const size = Math.abs(x);
  if (name === 'log' || Number.isNaN(x)) return undefined;
  if (size > 1) {
    if (name === 'sin' || name === 'cos') return undefined;
    // e^±600 is beyond 2^±860, and 1 − tanh 20 and 1 − erf 6 are below 2^−55.
    if (name === 'exp') return Number.isFinite(x) ? (x > 0 ? Number.MAX_VALUE : 2 ** -900) : x > 0 ? x : 0;
    return Math.sign(x) * (Number.isFinite(x) ? 1 - 2 ** -53 : 1);
  }
  // e^x = 1 + x…, cos x = 1 − x²/2…, tanh x = x − x³/3…, sin x = x − x³/6….
  if (name === 'exp') return roundToOdd(1, x);
  if (name === 'cos') return roundToOdd(1, -size);
  if (x === 0) return x;
  return name === 'erf' ? undefined : roundToOdd(x, -x);
}

/** R(f(x)): the float64 hi of the kernel decides unless it is short; then the sign of lo does, if it is certain. */
function elementary(name: ElementaryName, context: RoundingContext): (x: number) => number {
  const { least, most, evaluate } = kernels[name];
  const rounded = rounderOf(context);
  return (x) => {
    const size = Math.abs(x);
    if (size >= least && size <= most) {
      const hi = evaluate(x);
      if (!isShort(hi)) return rounded(hi);
      const lo = LOW[0];
      if (Math.abs(lo) > Math.abs(hi) * KERNEL_ERROR) return rounded(roundToOdd(hi, lo));
    } else {
      const result = outside(name, x);
      if (result !== undefined) return rounded(result);
    }
    return correctlyRounded(name, x, context);
  };
}
