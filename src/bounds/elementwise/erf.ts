/** erf for bounds, which may not look at the arithmetic that they judge. */

const TWO_OVER_ROOT_PI = 2 / Math.sqrt(Math.PI);

/**
 * erf(x) = 2/√π·e^(−x²)·Σ xᵏ⁺¹·(2x)ᵏ/(1·3·…·(2k+1)) (Abramowitz and Stegun 7.1.6), to a relative 2^−45.
 *
 * All terms have one sign, so each rounding counts once: fewer than 100 additions, three for each factor of a term (the
 * terms shrink from the 36th on), and x² in the exponential, 36·2^−53. From 6 on 1 − erf(x) is below 2^−55.
 */
export function erf(x: number): number {
  if (!(Math.abs(x) < 6)) return Math.sign(x);
  const square = x * x;
  let [sum, last] = [0, Number.NaN];
  for (let [k, term] = [0, x]; sum !== last; k++, term *= (2 * square) / (2 * k + 1)) {
    last = sum;
    sum += term;
  }
  return TWO_OVER_ROOT_PI * Math.exp(-square) * sum;
}
