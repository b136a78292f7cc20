/**
 * fp64: the machine's own result s and its exact residual where that is a float64 too (error-free.ts), which says on
 * which side of s the exact result is. Near under- and overflow exact fractions (wide.ts).
 */
import { stepFloat64 } from '../../formats/float64.ts';
import { overflowsToInfinity } from '../../formats/round.ts';
import { isModerate, LARGEST_FACTOR, productError, roundToOdd, SMALLEST_PRODUCT, sumError } from '../error-free.ts';
import { fusedSum, REST } from '../fused.ts';
import type { IeeeContext } from './context.ts';
import { zeroSum } from './engine.ts';
import { Wide } from './wide.ts';
import { BITS, FLOAT } from './words.ts';

/** Stands for a residual of which only the sign is known, and that it is not half a gap. */
const SOME = Number.MIN_VALUE;

/** Results in this range are far from under- and overflow. */
function isInRange(x: number): boolean {
  const size = Math.abs(x);
  return size > 2 ** -1000 && size < 2 ** 1000;
}

/** A power of two that makes a nonzero x moderate. */
function scaleOf(x: number): number {
  return isModerate(x) ? 1 : Math.abs(x) > 1 ? 2 ** -700 : 2 ** 700;
}

export class Binary64 extends Wide {
  protected override numberOf(bits: bigint): number {
    BITS[0] = bits;
    return FLOAT[0];
  }

  protected override bitsOf(x: number): bigint {
    FLOAT[0] = x;
    return BITS[0];
  }

  override write(x: number): bigint {
    return this.bitsOf(x);
  }

  override sum(x: number, y: number, context: IeeeContext): bigint {
    const s = x + y;
    if (s === 0) return this.bitsOf(zeroSum(x, y, context));
    // A sum is exact where it is subnormal, so this needs no lower bound.
    if (Math.abs(x) > LARGEST_FACTOR || Math.abs(y) > LARGEST_FACTOR) return super.sum(x, y, context);
    return this.settled(s, sumError(x, y, s), context);
  }

  override product(x: number, y: number, context: IeeeContext): bigint {
    const p = x * y;
    if (x === 0 || y === 0) return this.bitsOf(p);
    const size = Math.abs(p);
    const inRange =
      size > SMALLEST_PRODUCT && size < LARGEST_FACTOR && Math.abs(x) < LARGEST_FACTOR && Math.abs(y) < LARGEST_FACTOR;
    return inRange ? this.settled(p, productError(x, y, p), context) : super.product(x, y, context);
  }

  override quotient(x: number, y: number, context: IeeeContext): bigint {
    const q = x / y;
    if (!isInRange(q)) return super.quotient(x, y, context);
    const [a, b] = [x * scaleOf(x), y * scaleOf(y)];
    const scaled = a / b;
    const p = scaled * b;
    // a − p is exact, and so is the remainder, which has no more bits than b. A quotient is never halfway.
    const remainder = a - p - productError(scaled, b, p);
    return this.settled(q, Math.sign(remainder) * Math.sign(b) * SOME, context);
  }

  override root(x: number, context: IeeeContext): bigint {
    if (x === 0) return this.bitsOf(x);
    const root = Math.sqrt(x);
    const scaled = x * scaleOf(x);
    const r = Math.sqrt(scaled);
    const p = r * r;
    return this.settled(root, Math.sign(scaled - p - productError(r, r, p)) * SOME, context);
  }

  override fused(x: number, y: number, z: number, context: IeeeContext): bigint {
    const v = fusedSum(x, y, z);
    if (Number.isNaN(v)) return super.fused(x, y, z, context);
    const rest = REST[0];
    const s = v + rest;
    // x·y is not 0 here, so a sum of zero is one that cancels.
    if (s === 0) return this.bitsOf(zeroSum(x, -x, context));
    return this.settled(s, sumError(v, rest, s), context);
  }

  /** R(s + error), s the nearest-even float64, not 0 and, unless the error is 0, far from under- and overflow. */
  private settled(s: number, error: number, context: IeeeContext): bigint {
    if (error === 0) return this.bitsOf(s);
    context.flags.inexact = true;
    return this.bitsOf(neighbour(s, error, context));
  }
}

/** The float64 beside s + error that the mode names. */
function neighbour(s: number, error: number, { mode }: IeeeContext): number {
  if (mode === 'nearest-even') return s;
  if (mode === 'odd') return roundToOdd(s, error);
  // Between the neighbours s and `other`; s is the inner one if the residual points away from zero.
  const inner = error > 0 === s > 0;
  const other = stepFloat64(s, inner);
  if (mode === 'nearest-away') return inner && other - s === 2 * error ? other : s;
  return overflowsToInfinity(mode, s < 0) === inner ? other : s;
}
