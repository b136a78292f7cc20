/**
 * R(x) of a float64, fast: a closure specialised to one context. The definition is `roundNumber` (dyadic.ts), against
 * which every closure is tested on raw bits.
 */
import { powerOfTwo } from '../formats/float64.ts';
import { type BinaryFormat, type Format, fitsFloat32, sameNumbers } from '../formats/format.ts';
import { formats } from '../formats/named.ts';
import { overflowsToInfinity, type RoundingMode, round } from '../formats/round.ts';
import { flushedBelow, infinityOf, nanOf, type RoundingContext, zeroOf } from './context.ts';
import { quickDecimalRounder } from './decimal-round.ts';
import { roundNumber } from './dyadic.ts';

export type Rounder = (x: number) => number;

const VIEW = new Float64Array(1);
const WORDS = new Uint32Array(VIEW.buffer);
const HIGH = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

/** The fastest rounding to the context that there is here. */
export function rounderOf(context: RoundingContext): Rounder {
  const { format, mode, overflow, subnormals } = context;
  if (format.kind === 'decimal') return mode === 'nearest-even' ? decimalRounder(context) : slowRounder(context);
  const plain = overflow === 'inf' && subnormals === 'keep';
  if (plain && sameNumbers(format, formats.fp64)) return (x) => x;
  if (!fitsFloat32(format)) return slowRounder(context);
  const nearestEven = mode === 'nearest-even';
  if (nearestEven && sameNumbers(format, formats.fp32)) return plain ? Math.fround : float32Rounder(context);
  return nearestEven ? nearestEvenRounder(format, context) : modeRounder(format, context);
}

function slowRounder(context: RoundingContext): Rounder {
  return (x) => roundNumber(x, context);
}

/**
 * What to return where the rounded r of x is no number of the format's range: NaN, overflow, zero or flushed. The
 * fast roundings call it for all r with not flushedBelow ≤ |r| ≤ largest.
 */
function edgeCases(format: Format, context: RoundingContext): (x: number, r: number) => number {
  const overflowed = (negative: boolean): number => {
    if (overflowsToInfinity(context.mode, negative)) return infinityOf(context, negative);
    return negative ? -format.largest : format.largest;
  };
  const [above, below] = [overflowed(false), overflowed(true)];
  const [infinity, minusInfinity] = [infinityOf(context, false), infinityOf(context, true)];
  const [zero, minusZero] = [zeroOf(context, false), zeroOf(context, true)];
  const nan = nanOf(context);
  return (x, r) => {
    if (Math.abs(r) <= format.largest) return x < 0 || (x === 0 && 1 / x < 0) ? minusZero : zero;
    if (x === Number.POSITIVE_INFINITY) return infinity;
    if (x === Number.NEGATIVE_INFINITY) return minusInfinity;
    return x > 0 ? above : x < 0 ? below : nan;
  };
}

/** fp32 with an option: the conversion of the hardware, then the edges. */
function float32Rounder(context: RoundingContext): Rounder {
  const least = flushedBelow(context);
  const { largest } = context.format;
  const edge = edgeCases(context.format, context);
  return (x) => {
    const r = Math.fround(x);
    const size = Math.abs(r);
    return size >= least && size <= largest ? r : edge(x, r);
  };
}

/**
 * A table by the exponent field of a float64, an index below 2048: `compute` of its exponent, at least emin; `beyond`,
 * where given, above emax.
 */
export function forEveryField(compute: (e: number) => number, format: BinaryFormat, beyond?: number): Float64Array {
  return Float64Array.from({ length: 2048 }, (_, field) => {
    const e = Math.max(field - 1023, format.emin);
    return e > format.emax && beyond !== undefined ? beyond : compute(e);
  });
}

/**
 * Nearest even by (x + c) − c with c = 1.5·2^(e + 53 − p), e the exponent of x but at least emin. The sum lies in c's
 * binade, whose last bit is 2^(e + 1 − p): the addition rounds x to a multiple of that, ties to even, and the
 * subtraction is exact. With subnormals c stays that of emin. Above emax c = 0, so r = x is too large. p ≤ 24, e < 128.
 */
function nearestEvenRounder(format: BinaryFormat, context: RoundingContext): Rounder {
  const shifters = forEveryField((e) => 1.5 * powerOfTwo(e + 53 - format.precision), format, 0);
  const least = flushedBelow(context);
  const { largest } = format;
  const edge = edgeCases(format, context);
  return (x) => {
    VIEW[0] = x;
    const c = shifters[(WORDS[HIGH] >>> 20) & 0x7ff];
    const r = x + c - c;
    const size = Math.abs(r);
    return size >= least && size <= largest ? r : edge(x, r);
  };
}

/** What is added to ⌊|x|⌋, in units of the last place, where a fraction f is left over; `odd` if ⌊|x|⌋ is odd. */
function increment(mode: RoundingMode): (fraction: number, odd: boolean, negative: boolean) => number {
  switch (mode) {
    case 'nearest-even':
      return (fraction, odd) => (fraction > 0.5 || (fraction === 0.5 && odd) ? 1 : 0);
    case 'nearest-away':
      return (fraction) => (fraction >= 0.5 ? 1 : 0);
    case 'toward-zero':
      return () => 0;
    case 'down':
      return (_, __, negative) => (negative ? 1 : 0);
    case 'up':
      return (_, __, negative) => (negative ? 0 : 1);
    case 'odd':
      return (_, odd) => (odd ? 0 : 1);
  }
}

/** The other modes: |x| over the unit of its binade, its floor, and the mode's step. Both scalings are exact. */
function modeRounder(format: BinaryFormat, context: RoundingContext): Rounder {
  const units = forEveryField((e) => powerOfTwo(e + 1 - format.precision), format, 1);
  const inverses = units.map((unit) => 1 / unit);
  const least = flushedBelow(context);
  const { largest } = format;
  const edge = edgeCases(format, context);
  const step = increment(context.mode);
  return (x) => {
    VIEW[0] = x;
    const field = (WORDS[HIGH] >>> 20) & 0x7ff;
    const scaled = Math.abs(x) * inverses[field];
    let n = Math.floor(scaled);
    if (n !== scaled) n += step(scaled - n, n % 2 === 1, x < 0);
    const size = n * units[field];
    if (size >= least && size <= largest) return x < 0 ? -size : size;
    return edge(x, size);
  };
}

/** N decimal digits, nearest even: in float64 arithmetic where that decides, else by the definition. */
function decimalRounder(context: RoundingContext): Rounder {
  const format = context.format;
  if (format.kind !== 'decimal') throw new TypeError(`decimalRounder: expected a decimal format, got ${format.name}`);
  const { largest } = format;
  const quick = quickDecimalRounder(format.digits);
  const least = flushedBelow(context);
  const edge = edgeCases(format, context);
  return (x) => {
    // Never near the ends of the range.
    const r = quick(x);
    if (!Number.isNaN(r)) return r;
    if (x === 0 || !(Math.abs(x) <= largest)) return edge(x, x);
    const slow = round(x, format);
    const size = Math.abs(slow);
    return size >= least && size <= largest ? slow : edge(x, slow);
  };
}
