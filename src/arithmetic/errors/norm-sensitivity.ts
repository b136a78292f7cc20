/** What errors of a row do to its normalised entries: theory/interpreters.md, I4. */

/**
 * Σ_j |δ_ij − 1/D − z_i z_j/D| r_j for each i (without 1/D where the row is not centred): |J|·r·√(v + ε), J the Jacobian
 * of z = c/√(v + ε). D² steps, each rounded to nearest: off by 2^−48·(mean r + |z_i|·mean |z|r + r_i) at most.
 */
export function normSensitivity(z: Float64Array, r: Float64Array, centred: boolean): Float64Array {
  const D = z.length;
  const one = centred ? 1 : 0;
  const result = new Float64Array(D);
  for (let i = 0; i < D; i++) {
    const zi = z[i];
    let sum = Math.abs(D - one - zi * zi) * r[i];
    for (let j = 0; j < i; j++) sum += Math.abs(one + zi * z[j]) * r[j];
    for (let j = i + 1; j < D; j++) sum += Math.abs(one + zi * z[j]) * r[j];
    result[i] = sum / D;
  }
  return result;
}
