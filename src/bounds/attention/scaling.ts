/** The scores' factor c = R(1/√d) and the rounding of the product with it. */
import { round } from '../../formats/index.ts';
import { type ArithmeticInputs, unitRoundoff } from '../unit-roundoff.ts';

/**
 * ln of (1 + |c√d − 1|)(1 + u), what scaling can do to a score in relative terms besides underflow. The constant is known,
 * so its own error is; the product is exact where the constant is a power of two, as for d = 4, 16, 64, in a binary format.
 */
export function scalingGrowth(d: number, arithmetic: ArithmeticInputs): number {
  const { format, subnormals } = arithmetic;
  const nearest = round(1 / Math.sqrt(d), format);
  const c = subnormals === 'flush' && nearest < format.smallestNormal ? 0 : nearest;
  const root = Math.sqrt(d);
  // 2^−50: float64's own error here, where √d is no integer.
  const constant = Math.abs(c * root - 1) + (Number.isInteger(root) ? 0 : 2 ** -50);
  const shift = format.kind === 'binary' && c > 0 && Number.isInteger(Math.log2(c));
  const product = shift ? 0 : unitRoundoff(arithmetic).u;
  return Math.log1p(constant) + Math.log1p(product);
}
