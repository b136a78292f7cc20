/** Elementary functions rounded stochastically from a kernel's hi + lo, where that decides. */
import { exponentOf, powerOfTwo } from '../../formats/float64.ts';
import type { BinaryFormat } from '../../formats/format.ts';
import { type AnyContext, flushedBelow, infinityOf, zeroOf } from '../context.ts';
import type { ElementaryName } from '../scalars.ts';
import { kernels, LOW } from './kernels.ts';

const TWO_32 = 2 ** 32;
/** Well above the error of T below, which is 2^−20 at most. */
const MARGIN = 2 ** -10;

/**
 * R(f(x)) to a format within float32 with the random word r; undefined where it takes more to decide.
 *
 * With |hi| = (n + t/2^32) units of the format's last place at hi, exactly, T = t ± 2^32·lo/unit is 2^32 times the
 * fraction of a gap by which |f(x)| lies above n, within 2^−93·2^(24 + 32) (the kernel's error) and half an ulp of T, 2^−22.
 * It decides r < ⌊T⌋, which is r + 1 ≤ T, unless T is that close to r + 1, or f(x) may lie beyond n or n + 1. With n = 0
 * it cannot lie below.
 * Beyond the kernels' domains |tanh| and |erf| are above 1 − 2^−55, so T is above 2^32 − 2, and e^−600 is below 2^−860.
 */
export function stochasticElementary(
  name: ElementaryName,
  x: number,
  word: number,
  context: AnyContext,
): number | undefined {
  const format = context.format as BinaryFormat;
  const { least, most, evaluate } = kernels[name];
  const size = Math.abs(x);
  if (size > most && Number.isFinite(x)) {
    if (name === 'exp') return x > 0 ? infinityOf(context, false) : zeroOf(context, false);
    return word < TWO_32 - 4 && (name === 'tanh' || name === 'erf') ? settled(1, x < 0, context) : undefined;
  }
  if (!(size >= least && size <= most)) return undefined;
  const hi = evaluate(x);
  const magnitude = Math.abs(hi);
  if (!(magnitude > 0)) return undefined;
  const unit = powerOfTwo(Math.max(exponentOf(hi), format.emin) - format.precision + 1);
  const y = magnitude / unit;
  const n = Math.floor(y);
  const T = (y - n) * TWO_32 + ((hi < 0 ? -LOW[0] : LOW[0]) / unit) * TWO_32;
  const limit = word + 1;
  if ((n > 0 && T < MARGIN) || T > TWO_32 - MARGIN || Math.abs(T - limit) < MARGIN) return undefined;
  return settled((T > limit ? n + 1 : n) * unit, hi < 0, context);
}

function settled(magnitude: number, negative: boolean, context: AnyContext): number {
  if (magnitude > context.format.largest) return infinityOf(context, negative);
  if (magnitude < flushedBelow(context)) return zeroOf(context, negative);
  return negative ? -magnitude : magnitude;
}
