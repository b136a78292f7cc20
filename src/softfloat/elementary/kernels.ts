/**
 * The elementary functions of a float64 as hi + lo with a common error bound, without objects: hi is returned and lo
 * left in LOW. They decide all but about 2^−40 of the roundings to float64 and all but 2^−68 of those to p ≤ 24.
 */
import { powerOfTwo } from '../../formats/float64.ts';
import type { DD } from '../dd-arithmetic.ts';
import { productError, quickSumError, sumError } from '../error-free.ts';
import type { ElementaryName } from '../scalars.ts';
import { ERF, erfPositive } from './dd-erf.ts';
import { REDUCED, reduceExp } from './dd-exp.ts';
import { ddLog } from './dd-log.ts';
import { ddCos, ddSin } from './dd-trigonometric.ts';

/** The second half of the last kernel result. */
export const LOW = new Float64Array(1);

/** |hi + lo − f(x)| ≤ KERNEL_ERROR·|hi|: the bounds of dd-*.ts are 2^−94 and better. */
export const KERNEL_ERROR = 2 ** -93;

export interface Kernel {
  /** f(x) for least ≤ |x| ≤ most, as hi with lo in LOW; NaN, or 0 with LOW = 0, where only cases.ts knows better. */
  evaluate(x: number): number;
  readonly least: number;
  readonly most: number;
}

/** hi = fl(h + l) with the rest in LOW; |h| ≥ |l|. */
function normalized(h: number, l: number): number {
  const hi = h + l;
  LOW[0] = quickSumError(h, l, hi);
  return hi;
}

function exp(x: number): number {
  const k = reduceExp(x, 0);
  const m = REDUCED[0];
  const sum = 1 + m;
  const hi = normalized(sum, quickSumError(1, m, sum) + REDUCED[1]);
  const scale = powerOfTwo(k);
  LOW[0] *= scale;
  return hi * scale;
}

/** As `ddTanh`: e/(e + 2) with e = e^(2|x|) − 1, |x| ≤ 20. */
function tanh(x: number): number {
  const k = reduceExp(2 * Math.abs(x), 0);
  let e = REDUCED[0];
  let el = REDUCED[1];
  if (k !== 0) {
    const scale = powerOfTwo(k);
    const power = scale - 1;
    const m = scale * e;
    const sum = power + m;
    const rest = sumError(power, m, sum) + (sumError(scale, -1, power) + scale * el);
    e = sum + rest;
    el = quickSumError(sum, rest, e);
  }
  const d = e + 2;
  const dl = sumError(e, 2, d) + el;
  const q = e / d;
  const p = q * d;
  const remainder = e - p - productError(q, d, p) + (el - q * dl);
  const hi = normalized(q, remainder / d);
  if (x > 0) return hi;
  LOW[0] = -LOW[0];
  return -hi;
}

function erf(x: number): number {
  erfPositive(Math.abs(x), 0);
  LOW[0] = x < 0 ? -ERF[1] : ERF[1];
  return x < 0 ? -ERF[0] : ERF[0];
}

/**
 * A function of several microseconds, with its last result kept: the same x is asked for again where every mode, or
 * several formats, take it in turn.
 */
function remembered(evaluate: (x: DD) => DD): (x: number) => number {
  let last = Number.NaN;
  let result: DD = { hi: 0, lo: 0 };
  return (x) => {
    if (x !== last) {
      result = evaluate({ hi: x, lo: 0 });
      last = x;
    }
    LOW[0] = result.lo;
    return result.hi;
  };
}

/** The kernels with their domains; outside, results are known (cases.ts), subnormal or below the accuracy of lo. */
export const kernels: Readonly<Record<ElementaryName, Kernel>> = Object.freeze({
  exp: { evaluate: exp, least: 2 ** -55, most: 600 },
  tanh: { evaluate: tanh, least: 2 ** -28, most: 20 },
  erf: { evaluate: erf, least: 2 ** -200, most: 6 },
  log: { evaluate: remembered(ddLog), least: 2 ** -1022, most: Number.MAX_VALUE },
  sin: { evaluate: remembered(ddSin), least: 2 ** -28, most: Number.MAX_VALUE },
  cos: { evaluate: remembered(ddCos), least: 2 ** -28, most: Number.MAX_VALUE },
});
