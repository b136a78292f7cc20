/** LayerNorm and RMSNorm to first order, what comes in and what rounds before the squares: theory/interpreters.md, F4. */
import { normSensitivity } from '../errors/norm-sensitivity.ts';

export interface NormRow {
  /** The rows of D that are squared: x, or x less its mean. */
  readonly rows: ArrayLike<number>;
  readonly D: number;
  readonly epsilon: number;
  readonly gamma: ArrayLike<number>;
  /** Radii of x. */
  readonly radii: Float64Array;
  /** LayerNorm: what rounding adds to each centred entry, and to each row's mean. */
  readonly centring: { readonly entries: Float64Array; readonly means: Float64Array } | undefined;
  /** Relative error of the reciprocal root beyond its roundings. */
  readonly foreign: number;
}

/** Adds to `bound`: |γ_i|/√(v + ε)·(Σ_j|J_ij|·r_j + …), row by row. */
export function addNormBounds(row: NormRow, bound: Float64Array): void {
  const { rows, D, epsilon, gamma, radii, centring, foreign } = row;
  const z = new Float64Array(D);
  for (let start = 0; start < bound.length; start += D) {
    let squares = 0;
    for (let i = 0; i < D; i++) squares += rows[start + i] ** 2;
    const root = Math.sqrt(squares / D + epsilon);
    for (let i = 0; i < D; i++) z[i] = rows[start + i] / root;
    const incoming = normSensitivity(z, radii.subarray(start, start + D), centring !== undefined);
    // The mean is off by the same in each entry, which does not change the variance.
    const shift = centring?.means[start / D] ?? 0;
    const entries = centring && normSensitivity(z, centring.entries.subarray(start, start + D), false);
    for (let i = 0; i < D; i++) {
      const moved = (incoming[i] + shift + (entries?.[i] ?? 0)) / root;
      bound[start + i] += Math.abs(gamma[i]) * (moved + foreign * Math.abs(z[i]));
    }
  }
}
