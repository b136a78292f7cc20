/** The largest eigenvalue of a symmetric positive semidefinite operator, by the Lanczos process. */

import { addRowsTimes, addTimesRows, innerProduct } from './vectors.ts';

/** y = Mx of an n-dimensional operator, y being 0 before; x is to be left as it is. */
export type Operator = (x: Float64Array, y: Float64Array) => void;

/** ‖Mx − λx‖ ≤ this·λ for the unit vector x that the process ends with, so that an eigenvalue lies within it of λ. */
export const LANCZOS_RESIDUAL = 2 ** -20;

/**
 * λ_max of M, from a fixed start vector with full reorthogonalisation (twice). The Ritz value is from below, up to rounding; an
 * eigenvalue lies within 2^−20 of it, relative, and is mostly far nearer (2^−40 where its neighbour is apart), because the
 * distance is quadratic in the residual. 0 for M = 0; NaN where M gives a number that is not finite.
 */
export function largestEigenvalue(n: number, apply: Operator): number {
  // A row for each vector.
  let basis = new Float64Array(16 * n);
  const diagonal: number[] = [];
  const beside: number[] = [];
  let next = startVector(n);
  let nextCheck = 4;
  for (let k = 1; ; k++) {
    const v = next;
    if (k * n > basis.length) {
      const earlier = basis;
      basis = new Float64Array(2 * earlier.length);
      basis.set(earlier);
    }
    basis.set(v, (k - 1) * n);
    const w = new Float64Array(n);
    apply(v, w);
    diagonal.push(dot(v, w));
    const rows = { data: basis, start: 0, stride: n, count: k };
    for (let pass = 0; pass < 2; pass++) {
      const along = new Float64Array(k);
      addRowsTimes(along, 0, rows, w, 0, n);
      addTimesRows(w, 0, rows, along, 0, n, -1);
    }
    const norm = Math.sqrt(dot(w, w));
    if (!Number.isFinite(norm)) return Number.NaN;
    // Beyond the rounding of the process there is nothing more to find.
    const exhausted = k === n || norm <= 2 ** -50 * Math.abs(largestOf(diagonal));
    if (exhausted || k === nextCheck) {
      const value = largestOfTridiagonal(diagonal, beside);
      if (exhausted || norm * lastComponent(diagonal, beside, value) <= LANCZOS_RESIDUAL * value) {
        return Math.max(0, value);
      }
      nextCheck = Math.ceil(1.15 * k);
    }
    for (let i = 0; i < n; i++) w[i] /= norm;
    beside.push(norm);
    next = w;
  }
}

/** Nothing of the problem's structure is in it. */
function startVector(n: number): Float64Array {
  let state = 1;
  const v = Float64Array.from({ length: n }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return 1 + state / 2 ** 31;
  });
  const norm = Math.sqrt(dot(v, v));
  return v.map((x) => x / norm);
}

const dot = (a: Float64Array, b: Float64Array): number => innerProduct(a, 0, b, 0, a.length);

function largestOf(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b));
}

/** The largest eigenvalue of a symmetric tridiagonal matrix, by bisection with Sturm's pivots. */
function largestOfTridiagonal(diagonal: readonly number[], beside: readonly number[]): number {
  const k = diagonal.length;
  let low = largestOf(diagonal);
  let high = low;
  for (let i = 0; i < k; i++) {
    high = Math.max(high, diagonal[i] + (beside[i - 1] ?? 0) + (beside[i] ?? 0));
  }
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return high;
    if (allBelow(diagonal, beside, middle)) high = middle;
    else low = middle;
  }
}

/** Whether T − x is negative definite: all pivots of its factorisation are. */
function allBelow(diagonal: readonly number[], beside: readonly number[], x: number): boolean {
  let pivot = diagonal[0] - x;
  for (let i = 1; pivot < 0 && i < diagonal.length; i++) pivot = diagonal[i] - x - beside[i - 1] ** 2 / pivot;
  return pivot < 0;
}

/** |s_k| of the unit eigenvector s to the largest eigenvalue: inverse iteration, with a shift just above it. */
function lastComponent(diagonal: readonly number[], beside: readonly number[], value: number): number {
  const k = diagonal.length;
  const shift = value + 2 ** -48 * Math.abs(value);
  const pivots = Float64Array.from(diagonal, (a) => a - shift);
  for (let i = 1; i < k; i++) pivots[i] -= beside[i - 1] ** 2 / pivots[i - 1];
  let s = new Float64Array(k).fill(1 / Math.sqrt(k));
  for (let round = 0; round < 3; round++) {
    for (let i = 1; i < k; i++) s[i] -= (beside[i - 1] / pivots[i - 1]) * s[i - 1];
    for (let i = k - 1; i >= 0; i--) s[i] = (s[i] - (i + 1 < k ? beside[i] * s[i + 1] : 0)) / pivots[i];
    const largest = s.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    s = s.map((x) => x / largest);
    const norm = Math.sqrt(dot(s, s));
    s = s.map((x) => x / norm);
  }
  return Math.abs(s[k - 1]);
}
