/** sin and cos in double-double, by fixed point: exact for arguments of any size, a few microseconds each. */
import { exponentOf } from '../../formats/float64.ts';
import type { DD } from '../dd-arithmetic.ts';
import { bitLength } from '../dyadic.ts';
import { doubleDoubleFromFixed } from '../fixed-to-dd.ts';
import { fixedOf, sinCosFixed, workingBits } from './fixed-point.ts';

/**
 * sin or cos of x, relative error 2^−104, also near the zeros: the precision grows until 112 bits are significant.
 * Infinities and NaN give NaN.
 */
function trigonometric(name: 'sin' | 'cos', x: DD): DD {
  if (!Number.isFinite(x.hi)) return { hi: Number.NaN, lo: 0 };
  if (x.hi === 0) return name === 'sin' ? x : { hi: 1, lo: 0 };
  // sin x = x − x³/6 + …
  if (name === 'sin' && Math.abs(x.hi) < 2 ** -60) return x;
  for (let bits = 128 - Math.min(0, exponentOf(x.hi)); ; bits += 128) {
    const w = workingBits(bits);
    const value = sinCosFixed(fixedOf(x.hi, w) + fixedOf(x.lo, w), w)[name] >> BigInt(w - bits);
    if (bitLength(value < 0n ? -value : value) > 112) return doubleDoubleFromFixed(value, bits);
  }
}

/** sin x, see `trigonometric`. */
export function ddSin(x: DD): DD {
  return trigonometric('sin', x);
}

/** cos x, see `trigonometric`. */
export function ddCos(x: DD): DD {
  return trigonometric('cos', x);
}
