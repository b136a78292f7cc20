/** 1/√x. */
import { normalized, productError } from './parts';

/**
 * 1/√x of a float32 x > 0. Method: r = fl(1/fl(√x)), off by less than 3u, and one step r·e/2 with e = 1 − x·r², below 2^−50; what is
 * left is 3e²/8 < 2^−101. The products' errors are known within u² of them, which makes 2^−103 in e.
 */
@inline
export function rsqrt(x: f64): f64 {
  const r = 1 / sqrt(x);
  const square = r * r;
  const squareError = productError(r, r, square);
  const q = square * x;
  const e = 1 - q - (productError(square, x, q) + squareError * x);
  return normalized(r, 0.5 * r * e);
}
