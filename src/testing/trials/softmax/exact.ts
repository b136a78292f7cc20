/** Softmax and log-sum-exp in double-double. */
import { type DD, doubleDouble as dd } from '../../../softfloat/double-double.ts';

export interface ExactRow {
  readonly p: readonly DD[];
  /** ln Σ exp(x_k). */
  readonly logSum: DD;
}

export function exactSoftmax(x: readonly DD[]): ExactRow {
  const most = x.reduce((a, b) => (dd.compare(a, b) >= 0 ? a : b));
  const e = x.map((value) => expOf(dd.sub(value, most)));
  const total = e.reduce((a, b) => dd.add(a, b), dd.zero);
  return { p: e.map((value) => dd.div(value, total)), logSum: dd.add(most, dd.log(total)) };
}

/** exp of a number that is not positive; 0 where it is below 2^−1000, beyond which a double-double loses bits. */
function expOf(x: DD): DD {
  return x.hi < -690 ? dd.zero : dd.exp(x);
}

export const exactly = (x: number): DD => dd.fromNumber(x);

/** |a − b|, to the nearest float64. */
export function distance(a: DD, b: DD): number {
  return Math.abs(dd.sub(a, b).hi);
}
