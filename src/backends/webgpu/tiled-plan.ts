/**
 * Which products of matrices the tiled kernel (kernels/tiled-matmul.ts) may compute on float32 hardware, and inside which
 * limits of its operands its results are right. It rounds without looking at single results, so the limits are what makes it
 * right: a tile whose operands exceed them is left to the integer kernel.
 *
 * Numbers are kept times 2^scale, so that products far below 2^−126 are none to the hardware. With |a| < 2^A, |b| < 2^B and
 * their nonzero numbers at least 2^a, 2^b in a tile:
 *
 * - Products of p + q ≤ 24 bits are exact, since 2^(a + b + scale) ≥ 2^−126. They are rounded to the multiples of 2^(e − tail),
 *   e the exponent or emin, by adding and subtracting 1.5·2^(e + 23 − tail), whose unit in the last place that is; the sum stays
 *   in its binade for tail ≤ 21. Products of any float32 are rounded to fp32 by the hardware: 2^(a + b) ≥ 2^−126.
 * - Sums of numbers of p ≤ 11 bits, rounded to 24 ≥ 2p + 2 bits and then to p: as rounded once (quick.ts). Below the smallest
 *   normal number a sum is a multiple of the smallest subnormal, so both roundings leave it as it is.
 * - In other modes than to nearest even, products that are exact and sums of such numbers of p ≤ 11 bits are rounded by
 *   integers (kernels/tiled-roundings.ts has the proof). Nothing overflows in hardware, and what was flushed is 0.
 * - Sums in fp32 are rounded by the hardware, wrongly only where they are below 2^−126 and no multiple of 2^−149. All are
 *   multiples of that: rounded products are; exact ones of p and q bits where 2^(a + b) ≥ 2^(−149 + p − 1 + q − 1).
 * - Of n terms of at most 2^(A + B), a sum in any order is at most n(1 + (n − 1)u)·2^(A + B) (Jeannerod, Rump, "Improved error
 *   bounds for inner products in floating-point arithmetic", SIAM J. Matrix Anal. Appl. 34, 2013). Where the format has that
 *   number, nothing overflows. That holds of roundings to nearest and toward zero. In the other modes, for formats of few
 *   exponents, where subnormal results are flushed, and in Kahan's sums, the kernel keeps the largest result instead.
 */
import { type BinaryFormat, type Format, formats, type RoundingMode, sameNumbers } from '../../formats/index.ts';
import type { ProductKind } from './kernels/matmul.ts';
import type { GpuSite } from './site.ts';
import { isBinary, isExactProduct, roundsSums } from './wgsl/quick.ts';
import { bitsOf } from './wgsl/rounding.ts';
import type { SumFamily } from './wgsl/sums.ts';

/** What a tiled kernel's text depends on. */
export interface TiledRounding {
  /** Where products are rounded in float32 operations: the format's p − 1 and emin; undefined where the hardware's rounding is all. */
  readonly product: { readonly tail: number; readonly emin: number } | undefined;
  /** The accumulator's p − 1, 23 where the hardware's rounding is all, and its emin. */
  readonly tail: number;
  readonly emin: number;
  readonly mode: Exclude<RoundingMode, 'down'>;
  /** Whether numbers have the other sign in the kernel. */
  readonly negated: boolean;
  /** Whether results below the smallest normal number become 0. */
  readonly flushes: boolean;
  /** Whether a rounded product is a number of the accumulator as it is. */
  readonly keepsTerms: boolean;
  /** Whether sums begin with +0 instead of their first term. */
  readonly fromZero: boolean;
  readonly scale: number;
  /** Whether the largest sum is kept, and that of Kahan's corrections. */
  readonly peak: boolean;
}

/** The limits, as the kernel's uniform has them. */
export interface TiledLimits {
  /** The largest A + B, and the smallest a + b. */
  readonly most: number;
  readonly least: number;
  /** Bits of the largest sum. */
  readonly peak: number;
}

export interface TiledPlan {
  readonly rounding: TiledRounding;
  readonly limits: TiledLimits;
}

/** What wide formats are scaled by. */
const SCALE = 64;
/** A format with a smaller largest exponent has its largest sums watched. */
const WIDE = 100;

/** The plan of a product of operands of the formats `a` and `b` with k terms, summed by a family of orders; undefined where it is not for this kernel. */
export function tiledPlan(
  { spec, trusted }: Pick<GpuSite, 'spec' | 'trusted'>,
  kind: ProductKind,
  a: Format | undefined,
  b: Format | undefined,
  k: number,
  family: SumFamily,
): TiledPlan | undefined {
  const { accumulate, product, mode, subnormals } = spec;
  if (k === 0 || mode === 'stochastic' || !isBinary(accumulate) || !accumulate.signedZero) return undefined;
  if (!(trusted.add && trusted.multiply && trusted.zeros && trusted.shifts)) return undefined;
  const float32 = sameNumbers(accumulate, formats.fp32);
  // The hardware has no other rounding.
  if (float32 && mode !== 'nearest-even') return undefined;
  const exactly = isExactProduct(a, b);
  const plan = (rounded: BinaryFormat | undefined, fromZero: boolean, leastScaled: number): TiledPlan =>
    planOf({ accumulate, product: rounded, fromZero, mode, flushes: subnormals === 'flush', family, k }, leastScaled);
  if (kind !== 'rounded') {
    if (!float32 || !exactly) return undefined;
    const bits = (a as BinaryFormat).precision + (b as BinaryFormat).precision;
    return plan(undefined, kind === 'fma', Math.max(-149 + bits - 2, -126 - SCALE));
  }
  const rounded = product as Format;
  if (!isBinary(rounded) || !rounded.signedZero || !(float32 || roundsSums(accumulate, accumulate, rounded)))
    return undefined;
  if (sameNumbers(rounded, formats.fp32)) return plan(undefined, false, -126);
  return exactly && rounded.precision <= 22 ? plan(rounded, false, -126 - SCALE) : undefined;
}

interface Sums {
  readonly accumulate: BinaryFormat;
  /** Undefined where products are not rounded here. */
  readonly product: BinaryFormat | undefined;
  readonly fromZero: boolean;
  readonly mode: RoundingMode;
  readonly flushes: boolean;
  readonly family: SumFamily;
  readonly k: number;
}

function planOf({ accumulate, product, fromZero, mode, flushes, family, k }: Sums, leastScaled: number): TiledPlan {
  const range = Math.min(accumulate.emax, product?.emax ?? accumulate.emax);
  const wide = range >= WIDE;
  const scale = wide ? SCALE : 0;
  const bounded = family !== 'kahan' && !flushes && ['nearest-even', 'nearest-away', 'toward-zero'].includes(mode);
  const peak = !wide || !bounded;
  const growth = peak ? 0 : Math.ceil(Math.log2(k * (1 + (k - 1) * accumulate.u)) + 2 ** -20);
  // The largest 2^(A + B) that sums, products and the number that rounds them can have.
  const ofSums = accumulate.emax - scale - growth;
  const ofProducts =
    product === undefined ? ofSums : Math.min(product.emax, 126 - scale - (23 - product.precision + 1));
  return {
    rounding: {
      product: product && { tail: product.precision - 1, emin: product.emin },
      ...{ tail: accumulate.precision - 1, emin: accumulate.emin },
      keepsTerms: !flushes && (product === undefined || sameNumbers(product, accumulate)),
      ...{ mode: mode === 'down' ? 'up' : mode, negated: mode === 'down', flushes, fromZero, scale, peak },
    },
    limits: {
      most: Math.min(ofSums, ofProducts),
      least: Math.max(leastScaled, -126 - scale),
      // Scaled, and far enough from float32's own largest number that no sum of two overflows there.
      peak: bitsOf(wide ? 2 ** 126 : accumulate.largest),
    },
  };
}
