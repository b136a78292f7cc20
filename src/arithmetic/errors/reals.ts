/** Tables of exact reals as float64 numbers with what is missing. */
import { doubleDoubleOf } from '../../softfloat/real.ts';
import type { RealTable } from '../arithmetic.ts';
import { above } from './upward.ts';

/** |real − (hi + lo)| ≤ 2^−104·|real|, and |lo| ≤ 2^−53·|hi|. */
export interface Pairs {
  readonly hi: Float64Array;
  readonly lo: Float64Array;
}

const known = new WeakMap<RealTable, Pairs>();

export function pairsOf(table: RealTable): Pairs {
  let pairs = known.get(table);
  if (pairs === undefined) {
    const numbers = table.reals.map(doubleDoubleOf);
    pairs = { hi: Float64Array.from(numbers, ({ hi }) => hi), lo: Float64Array.from(numbers, ({ lo }) => lo) };
    known.set(table, pairs);
  }
  return pairs;
}

/** At least |x − real i|; 0 where they are known to be equal. */
export function distanceToReal(x: number, { hi, lo }: Pairs, i: number): number {
  const difference = x - hi[i] - lo[i];
  if (difference === 0 && lo[i] === 0) return 0;
  return above(above(Math.abs(difference) * (1 + 2 ** -51)) + Math.abs(hi[i]) * 2 ** -100);
}
