/**
 * exp, log, tanh, erf, sin, cos and 1/√ of float64 numbers, the same bits on every engine: `Math.exp` and its like are left
 * to the engine by ECMAScript. They are correctly rounded to nearest even (error ≤ ½ ulp, every x), so that any other
 * correctly rounded library gives the same bits too.
 */
import { FLOAT64 } from './context.ts';
import { ddRsqrt } from './dd-arithmetic.ts';
import { KERNEL_ERROR, kernels, LOW } from './elementary/kernels.ts';
import { refined } from './elementary/refine.ts';
import { exactRsqrt } from './exact-arithmetic.ts';
import { type ElementaryName, elementaryNames } from './scalars.ts';

/** f(x) where it is next to 0, 1, ∞ or x, for arguments that are common; undefined elsewhere. */
function known(name: ElementaryName, x: number, size: number): number | undefined {
  switch (name) {
    case 'exp':
      // e^710 > 2^1024, e^−746 < 2^−1075, and the midpoints beside 1 are 2^−54 and 2^−53 away.
      return x > 710 ? Number.POSITIVE_INFINITY : x < -746 ? 0 : size < 2 ** -55 ? 1 : undefined;
    case 'tanh':
    case 'erf':
      // 1 − tanh 20 and 1 − erf 6 are below 2^−55; tanh x = x(1 − δ), δ < 2^−57.
      if (size > 1) return Math.sign(x);
      return x === 0 || name === 'tanh' ? x : undefined;
    case 'sin':
      return size < 1 ? x : undefined;
    case 'cos':
      return size < 1 ? 1 : undefined;
    default:
      return undefined;
  }
}

/** The result is hi where both ends of the kernel's error interval, added to hi, leave it as it is. */
function nearest(name: ElementaryName): (x: number) => number {
  const { least, most, evaluate } = kernels[name];
  return (x) => {
    const size = Math.abs(x);
    if (size >= least && size <= most) {
      const hi = evaluate(x);
      const lo = LOW[0];
      // Twice the bound, because lo ± error is rounded.
      const error = Math.abs(hi) * (2 * KERNEL_ERROR);
      if (hi + (lo + error) === hi && hi + (lo - error) === hi && hi !== 0) return hi;
    } else {
      const result = known(name, x, size);
      if (result !== undefined) return result;
    }
    return refined(name, x, FLOAT64);
  };
}

/** Correctly rounded float64 functions of a float64. */
export const float64Functions: Readonly<Record<ElementaryName, (x: number) => number>> = Object.freeze(
  Object.fromEntries(elementaryNames.map((name) => [name, nearest(name)])) as Record<
    ElementaryName,
    (x: number) => number
  >,
);

/** 1/√x, correctly rounded: as `float64Functions` by double-double, then by exact fractions (a few in 2^48). */
export function float64Rsqrt(x: number): number {
  // ±∞ for ±0, 0 for ∞, NaN below zero.
  if (!(x > 0 && x < Number.POSITIVE_INFINITY)) return 1 / Math.sqrt(x);
  const { hi, lo } = ddRsqrt({ hi: x, lo: 0 });
  // Twice the bound, because lo ± error is rounded.
  const error = hi * 2 ** -101;
  return hi + (lo + error) === hi && hi + (lo - error) === hi ? hi : exactRsqrt(x, FLOAT64);
}
