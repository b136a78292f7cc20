/** Double-double numbers from fixed point and from exact reals. */
import { powerOfTwo } from '../formats/float64.ts';
import { type DD, quickTwoSum } from './dd-arithmetic.ts';
import { bitLength } from './dyadic.ts';
import type { Real } from './real-number.ts';

/** n·2^−bits, rounded to hi and its rest to lo: error below 2^−106 relative, within float64's normal range. */
export function doubleDoubleFromFixed(n: bigint, bits: number): DD {
  // Number(bigint) rounds to nearest even. In two steps, so that neither factor leaves the range.
  const hi = Number(n);
  const lo = Number(n - BigInt(hi));
  const half = bits >> 1;
  const scale = (x: number) => x * powerOfTwo(-half) * powerOfTwo(half - bits);
  return quickTwoSum(scale(hi), scale(lo));
}

/**
 * The double-double nearest to x, within 2^−104 relative. Method: `x.fixed` with growing precision until it has 112
 * significant bits. Reals beyond float64's range give ±∞ and below 2^−1200 zero.
 */
export function doubleDoubleOf(x: Real): DD {
  if (x.exact !== undefined) return { hi: x.exact, lo: 0 };
  for (let bits = 128; ; bits += 128) {
    const n = x.fixed(bits);
    const length = bitLength(n < 0n ? -n : n);
    if (length > 112 || bits > 1400) {
      const drop = Math.max(0, length - 900);
      return doubleDoubleFromFixed(n >> BigInt(drop), bits - drop);
    }
  }
}
