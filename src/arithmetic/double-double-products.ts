/**
 * Inner products of double-double matrices, fast: the operations of `ddMul` and `ddAdd` (softfloat/dd-arithmetic.ts) on
 * flat arrays, many sums at a time. The same bits as one scalar at a time; a test holds the two against each other.
 */
import { SPLITTER } from '../softfloat/error-free.ts';
import type { MatmulShape } from './axes.ts';

/** Within these magnitudes no product and no error term leaves the range of float64, so that nothing need be checked. */
const LEAST = 2 ** -400;
const MOST = 2 ** 400;
/** Columns of b that are split at a time: what is in memory beside the operands. */
const COLUMNS = 256;

/** Where numbers hi + lo are read from. */
export interface Source {
  readonly length: number;
  hi(index: number): number;
  lo(index: number): number;
}

/** Numbers in parts: hi = high + low exactly, each of at most 26 bits. */
interface Split {
  readonly hi: Float64Array;
  readonly lo: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
}

/** A result in parts. */
export interface Parts {
  readonly hi: Float64Array;
  readonly lo: Float64Array;
}

/**
 * All sums Σ_k a·b of a matmul, k ascending, row-major in parts; undefined where a number is out of range, which the
 * general way must then take. The kernels have another (backends/cpu/double-double-products.ts).
 */
export type DoubleDoubleProducts = (a: Source, b: Source, shape: MatmulShape, transposed: boolean) => Parts | undefined;

/** Whether a number is 0 or within the magnitudes. */
export function inRange(x: number): boolean {
  const size = Math.abs(x);
  return x === 0 || (size > LEAST && size < MOST);
}

function splitOfLength(length: number): Split {
  const [hi, lo, high, low] = [0, 1, 2, 3].map(() => new Float64Array(length));
  return { hi, lo, high, low };
}

/** Writes entry `from` of the source to place `to`; false where it is out of range. */
function split(into: Split, to: number, source: Source, from: number): boolean {
  const hi = source.hi(from);
  const c = SPLITTER * hi;
  into.hi[to] = hi;
  into.lo[to] = source.lo(from);
  into.high[to] = c - (c - hi);
  into.low[to] = hi - into.high[to];
  return inRange(hi);
}

/** The same bits one number at a time, without kernels. */
export const doubleDoubleProducts: DoubleDoubleProducts = (a, b, { m, n, k, batches, batchOfB }, transposed) => {
  const left = splitOfLength(a.length);
  for (let i = 0; i < a.length; i++) if (!split(left, i, a, i)) return undefined;
  const [rowStep, columnStep] = transposed ? [1, k] : [n, 1];
  const [hi, lo] = [new Float64Array(batches * m * n), new Float64Array(batches * m * n)];
  for (let j = 0; j < n; j += COLUMNS) {
    const width = Math.min(COLUMNS, n - j);
    const right = splitOfLength(k * width);
    const [sumHi, sumLo] = [new Float64Array(width), new Float64Array(width)];
    let loaded = -1;
    for (let row = 0; row < batches * m; row++) {
      const batch = batchOfB(Math.floor(row / m));
      if (batch !== loaded) {
        for (let i = 0; i < k * width; i++) {
          const at = batch * k * n + Math.floor(i / width) * rowStep + (j + (i % width)) * columnStep;
          if (!split(right, i, b, at)) return undefined;
        }
        loaded = batch;
      }
      addProducts(left, row * k, right, width, k, sumHi, sumLo);
      hi.set(sumHi, row * n + j);
      lo.set(sumLo, row * n + j);
    }
  }
  return { hi, lo };
};

/** Σ_t a[start + t]·b[t·width + j], t = 0 … k − 1 ascending, for each column j. */
function addProducts(
  a: Split,
  start: number,
  b: Split,
  width: number,
  k: number,
  sumHi: Float64Array,
  sumLo: Float64Array,
): void {
  for (let t = 0; t < k; t++) {
    const at = start + t;
    const [xHi, xLo, xHigh, xLow] = [a.hi[at], a.lo[at], a.high[at], a.low[at]];
    const row = t * width;
    for (let j = 0; j < width; j++) {
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
