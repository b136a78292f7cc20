/** What a rounding needs to know besides the exact value, and what a format has in place of ∞, NaN and −0. */
import type { Format } from '../formats/format.ts';
import { formats } from '../formats/named.ts';
import { overflowed, type Rounding, type RoundingMode } from '../formats/round.ts';

export interface RoundingContext<M extends Rounding = RoundingMode> {
  readonly format: Format;
  readonly mode: M;
  /** `saturate` gives the largest finite number wherever `inf` gives an infinity (or the NaN of a format without one). */
  readonly overflow: 'inf' | 'saturate';
  /** `flush` turns a result that is subnormal after rounding into a zero of its sign. Operands are flushed by the caller. */
  readonly subnormals: 'keep' | 'flush';
}

/** Also a stochastic rounding with its word: what the exact functions round in. */
export type AnyContext = RoundingContext<Rounding>;

/** The rounding of JavaScript's own numbers. */
export const FLOAT64: RoundingContext = Object.freeze({
  format: formats.fp64,
  mode: 'nearest-even',
  overflow: 'inf',
  subnormals: 'keep',
});

/** The context's ±∞, which is NaN or the largest number where it has none. */
export function infinityOf({ format, overflow }: AnyContext, negative: boolean): number {
  if (overflow === 'inf') return overflowed(format, negative);
  return negative ? -format.largest : format.largest;
}

/** The context's NaN: +0 in a format without one. */
export function nanOf({ format }: AnyContext): number {
  return format.nan ? Number.NaN : 0;
}

/** A zero with this sign, +0 in a format without −0. */
export function zeroOf({ format }: AnyContext, negative: boolean): number {
  return negative && format.signedZero ? -0 : 0;
}

/** The zero that x + (−x) and (+0) + (−0) give: +0, and −0 when rounding to −∞ (IEEE 754, 6.3). */
export function cancelledZero(context: AnyContext): number {
  return zeroOf(context, context.mode === 'down' && context.format.kind === 'binary');
}

/** Magnitudes below this become zero after rounding. */
export function flushedBelow({ format, subnormals }: AnyContext): number {
  return subnormals === 'flush' ? format.smallestNormal : format.smallestSubnormal;
}

/** Equal for contexts of equal content, whatever their formats are called. */
export function contextKey({ format: f, mode, overflow, subnormals }: RoundingContext): string {
  const numbers =
    f.kind === 'decimal'
      ? f.name
      : [f.precision, f.emin, f.emax, f.subnormals, f.infinities, f.nan, f.signedZero].join();
  return `${numbers} ${mode} ${overflow} ${subnormals}`;
}
