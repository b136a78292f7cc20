/** Taylor's coefficients in fixed point: a_n·2^w, each within a few hundred units for the centres that tables have. */
import { halfPi, twoOverRootPi } from './constants.ts';
import { erfFixed, evaluateFixed, expFixed, sinCosFixed } from './fixed-point.ts';

/**
 * erf(c + h) = Σ a_n h^n, c = index/perUnit < 12. The coefficients f_n of e^(−(c+h)²) follow from its differential equation
 * f' = −2(c + h)f: (n + 1) f_(n+1) = −2(c f_n + f_(n−1)); a_(n+1) = 2/√π f_n/(n + 1).
 */
export function erfTaylor(index: number, perUnit: number, count: number, w: number): bigint[] {
  const [c, unit, scale] = [BigInt(index), BigInt(perUnit), BigInt(w)];
  const { mantissa, k } = expFixed(((-c * c) << scale) / (unit * unit), w);
  let [previous, f] = [0n, mantissa >> BigInt(-k)];
  const values = [erfFixed(index / perUnit, w)];
  for (let n = 0n; n < count - 1; n++) {
    values.push(((twoOverRootPi(w) * f) >> scale) / (n + 1n));
    [previous, f] = [f, (-2n * ((c * f) / unit + previous)) / (n + 1n)];
  }
  return values;
}

/** tanh(c + h) = Σ a_n h^n: t' = 1 − t², so (n + 1) a_(n+1) = [n = 0] − Σ a_k a_(n−k). */
export function tanhTaylor(c: number, count: number, w: number): bigint[] {
  const scale = BigInt(w);
  const values = [evaluateFixed('tanh', c, w)];
  for (let n = 0; n < count - 1; n++) {
    let square = 0n;
    for (let k = 0; k <= n; k++) square += values[k] * values[n - k];
    values.push(((n === 0 ? 1n << scale : 0n) - (square >> scale)) / BigInt(n + 1));
  }
  return values;
}

/** sin and cos of π/2·(c + h), c = index/perUnit: the derivatives go through sin, cos, −sin, −cos, times (π/2)^n. */
export function quarterTurnTaylor(index: number, perUnit: number, count: number, w: number) {
  const scale = BigInt(w);
  const at = sinCosFixed((halfPi(w) * BigInt(index)) / BigInt(perUnit), w);
  const derivatives = [at.sin, at.cos, -at.sin, -at.cos];
  let factor = 1n << scale;
  const [sin, cos]: [bigint[], bigint[]] = [[], []];
  for (let n = 0; n < count; n++) {
    sin.push((derivatives[n % 4] * factor) >> scale);
    cos.push((derivatives[(n + 1) % 4] * factor) >> scale);
    factor = ((factor * halfPi(w)) >> scale) / BigInt(n + 1);
  }
  return { sin, cos };
}
