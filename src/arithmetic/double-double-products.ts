/**
 * Inner products of double-double matrices, fast: the operations of `ddMul` and `ddAdd` (softfloat/dd-arithmetic.ts) on
 * flat arrays, many sums at a time. The same bits as one scalar at a time; a test holds the two against each other.
 */
import type { DD } from '../softfloat/double-double.ts';

/** 2^27 + 1: splits a float64 into two halves of at most 26 bits (Veltkamp). */
const SPLITTER = 134217729;
/** Within these magnitudes no product and no error term leaves the range of float64, so that nothing need be checked. */
const LEAST = 2 ** -400;
const MOST = 2 ** 400;

/** A matrix in parts: hi = high + low exactly, each of at most 26 bits. */
export interface SplitMatrix {
  readonly hi: Float64Array;
  readonly lo: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
}

/** Entry i of the result is entry source(i) of the data; undefined where a number is out of range. */
export function splitMatrix(
  data: ArrayLike<DD>,
  length: number,
  source: (index: number) => number,
): SplitMatrix | undefined {
  const [hi, lo, high, low] = [0, 1, 2, 3].map(() => new Float64Array(length));
  for (let i = 0; i < length; i++) {
    const x = data[source(i)];
    const size = Math.abs(x.hi);
    if (x.hi !== 0 && !(size > LEAST && size < MOST)) return undefined;
    const c = SPLITTER * x.hi;
    hi[i] = x.hi;
    lo[i] = x.lo;
    high[i] = c - (c - x.hi);
    low[i] = x.hi - high[i];
  }
  return { hi, lo, high, low };
}

/**
 * Σ_t a[aStart + t]·b[bStart + t·n + j] for j = 0 … n − 1, t = 0 … k − 1 ascending, into sumHi and sumLo.
 */
export function addProducts(
  a: SplitMatrix,
  aStart: number,
  b: SplitMatrix,
  bStart: number,
  n: number,
  k: number,
  sumHi: Float64Array,
  sumLo: Float64Array,
): void {
  for (let t = 0; t < k; t++) {
    const at = aStart + t;
    const [xHi, xLo, xHigh, xLow] = [a.hi[at], a.lo[at], a.high[at], a.low[at]];
    const row = bStart + t * n;
    for (let j = 0; j < n; j++) {
      const yHi = b.hi[row + j];
      const yHigh = b.high[row + j];
      const yLow = b.low[row + j];
      // ddMul
      const p = xHi * yHi;
      const pError = xLow * yLow - (p - xHigh * yHigh - xLow * yHigh - xHigh * yLow);
      const pRest = pError + (xHi * b.lo[row + j] + xLo * yHi);
      const termHi = p + pRest;
      const termLo = pRest - (termHi - p);
      if (t === 0) {
        sumHi[j] = termHi;
        sumLo[j] = termLo;
        continue;
      }
      // ddAdd
      const sHi = sumHi[j];
      const sLo = sumLo[j];
      const s = sHi + termHi;
      const sBack = s - sHi;
      const sError = sHi - (s - sBack) + (termHi - sBack);
      const u = sLo + termLo;
      const uBack = u - sLo;
      const uError = sLo - (u - uBack) + (termLo - uBack);
      const vRest = sError + u;
      const v = s + vRest;
      const wRest = uError + (vRest - (v - s));
      const w = v + wRest;
      sumHi[j] = w;
      sumLo[j] = wRest - (w - v);
    }
  }
}
