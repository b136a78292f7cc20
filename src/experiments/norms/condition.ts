/** Componentwise condition numbers of LayerNorm from its Jacobian, entry by entry. */

/**
 * K_i = Σ_j |∂zᵢ/∂xⱼ||xⱼ|/|zᵢ| of z = (x − mean)/√(v + ε), v the variance: D² operations, while the bound lnCondC takes D.
 * With c = x − mean, ∂zᵢ/∂xⱼ·√(v + ε) = δᵢⱼ − 1/D − cᵢcⱼ/(D(v + ε)). Infinite where cᵢ is 0.
 */
export function layerNormConditions(x: Float64Array, epsilon: number): Float64Array {
  const D = x.length;
  const mean = x.reduce((sum, value) => sum + value, 0) / D;
  const c = x.map((value) => value - mean);
  const spread = D * (c.reduce((sum, deviation) => sum + deviation ** 2, 0) / D + epsilon);
  return c.map((ci, i) => {
    let sum = 0;
    for (let j = 0; j < D; j++) sum += Math.abs((i === j ? 1 : 0) - 1 / D - (ci * c[j]) / spread) * Math.abs(x[j]);
    return sum / Math.abs(ci);
  });
}
