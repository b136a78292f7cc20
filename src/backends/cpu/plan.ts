/**
 * Which kernel sums products as a spec wants it, and for which numbers that is right.
 *
 * Float32 lanes round the result of one float32 operation again, to a format F of p ≤ 11 bits. That is the rounding of
 * the exact result, to nearest even, in these cases; everything else goes to the float64 kernel, which is always right.
 *
 * Products a·b of p_a + p_b ≤ 24 bits are exact in float32 unless they are tiny: one rounding follows, to any F.
 *   |a·b| ≥ 2^(p_a+p_b−150) is a multiple of 2^-149. Below 2^-126 every product rounds to zero anyway if half of F's
 *   smallest subnormal is above that. Where it is not (bf16, tf32), numbers that are 2^24 times as large are used.
 * Sums s + t, s a number of F, t of q ≤ p bits (p ≤ 11). Let x be the float32 sum and E its exponent. If x is not exact,
 *   the smaller operand has a bit below 2^(E−23), so it is below 2^(E−24+11) = 2^(E−13). A point where F's rounding
 *   changes (a midpoint) lies at least 2^(E−11) away from the larger operand if that is a number of F. The larger one
 *   is t and not a number of F only if t is in F's subnormal range, finer than F; then s, a multiple of F's smallest
 *   subnormal, is 0 or so close in size that the sum has at most p + q bits: exact. So x and the exact sum lie on the
 *   same side of every midpoint. For q > p this fails: t can be a midpoint itself and s tiny. In float32's own
 *   subnormal range all sums are exact.
 * F = fp32: one operation, one rounding.
 *
 * The sign of a zero matters to the result only where that is a zero: s ± 0 is s otherwise. So the quickest kernels drop
 * it, and a tile that holds a zero in the end is done again.
 */
import { type BinaryFormat, type Format, fitsFloat32, formats, sameNumbers } from '../../formats/index.ts';
import type { OperationSpec } from '../../tensor/index.ts';
import type { Order } from '../../tensor/order.ts';

/** What a sum of products is made of. */
export interface SumSpec
  extends Pick<OperationSpec, 'product' | 'accumulate' | 'order' | 'fma' | 'mode' | 'overflow' | 'subnormals'> {
  /** The formats of the operands, after rounding; `one` for factors of 1. */
  readonly a: Format | 'one';
  readonly b: Format;
}

/** A kernel number of assembly/kernels.ts; `general` is the float64 one. */
const kernel = {
  general: -1,
  exact: 0,
  native: 1,
  split: 2,
  splitMixed: 3,
  splitExact: 4,
  exactSplit: 5,
  unsigned: 6,
  unsignedMixed: 7,
  unsignedExact: 8,
  integerInteger: 9,
  magicInteger: 10,
  integerExact: 11,
  magicExact: 12,
  careful: 16,
  kahan: 32,
} as const;

/** Kinds of rounding in assembly/lanes.ts. */
const NONE = 0;
const INTEGER = 1;
const MAGIC = 2;
const NATIVE = 3;
type Kind = typeof NONE | typeof INTEGER | typeof MAGIC | typeof NATIVE;

/** How many binary orders of magnitude the scaled kernel lifts its numbers. */
export const SCALE = 24;

export interface SumPlan {
  /** Kinds of rounding of products and of sums. */
  readonly kinds: readonly [Kind, Kind];
  /** What the lanes are: `native` float64, else float32 with float64 behind it. */
  readonly storage: 'float32' | 'float64';
  readonly quick: number;
  /** In place of `quick` where it lost the sign of a zero. */
  readonly signed: number;
  readonly careful: number;
  readonly beyond: number;
  readonly scaled: number;
  /** Bounds on the operands within which the kernels are right; undefined where `quick` always is. */
  readonly limits?: Limits;
}

/** As assembly/layout.ts describes them. */
export interface Limits {
  readonly product: number;
  readonly sum: number;
  readonly exact: number;
  readonly scaledSum: number;
  readonly scaled: number;
  readonly quickLeast: number;
  readonly quickMost: number;
  /** Whether any of them bounds sums. */
  readonly sums: boolean;
}

const general: SumPlan = {
  kinds: [NONE, NONE],
  storage: 'float32',
  quick: kernel.general,
  signed: kernel.general,
  careful: kernel.general,
  beyond: kernel.general,
  scaled: kernel.general,
};

const native: SumPlan = { ...general, kinds: [NATIVE, NATIVE], storage: 'float64', quick: kernel.native };

/** The plan of a sum of n terms; undefined where no kernel is right (stochastic rounding has its own). */
export function planSum(spec: SumSpec, n: number): SumPlan | undefined {
  const { a, b, product, accumulate, mode, overflow, subnormals, fma } = spec;
  if (mode === 'stochastic') return undefined;
  const used = [b, accumulate, ...(a === 'one' ? [] : [a]), ...(product === 'exact' || fma ? [] : [product])];
  const plain = mode === 'nearest-even' && overflow === 'inf' && subnormals === 'keep';
  if (sameNumbers(accumulate, formats.fp64)) {
    // Each operation is float64's own.
    const exactTerms = a === 'one' && product === 'exact';
    const ownProducts = product !== 'exact' && sameNumbers(product, formats.fp64);
    if (!plain || fma || !(exactTerms || ownProducts)) return undefined;
    if (spec.order.kind === 'kahan') return { ...native, quick: kernel.kahan + NATIVE };
    return native;
  }
  if (!used.every((format) => fitsFloat32(format) && (format as BinaryFormat).signedZero)) return undefined;
  if (mode !== 'nearest-even' || subnormals === 'flush') return general;
  return float32Plan(spec, n) ?? general;
}

/** How float32 lanes round to a format of at most 11 bits; undefined where they do not. */
export function laneKind(format: BinaryFormat): 'integer' | 'magic' | undefined {
  const kind = kindOf(format);
  return kind === INTEGER ? 'integer' : kind === MAGIC ? 'magic' : undefined;
}

/** How float32 lanes round to the format; undefined where they do not. */
function kindOf(format: BinaryFormat): Kind | undefined {
  const wide = format.emin === -126 && format.emax === 127;
  if (format.precision === 24) return wide && format.infinities ? NONE : undefined;
  if (format.precision > 11 || !format.subnormals || format.emin < -126) return undefined;
  if (wide) return INTEGER;
  // 1.5·2^(e+s), s ≤ 22, must be a float32.
  return format.emax <= 100 ? MAGIC : undefined;
}

function float32Plan(spec: SumSpec, n: number): SumPlan | undefined {
  const accumulate = spec.accumulate as BinaryFormat;
  const b = spec.b as BinaryFormat;
  const a = spec.a === 'one' ? undefined : (spec.a as BinaryFormat);
  const product = spec.product === 'exact' || spec.fma ? undefined : (spec.product as BinaryFormat);
  const factorBits = (a?.precision ?? 0) + b.precision;
  const factorGrid = (a?.smallestSubnormal ?? 1) * b.smallestSubnormal;

  const kindP = product === undefined ? NONE : kindOf(product);
  const accumulateKind = kindOf(accumulate);
  if (kindP === undefined || accumulateKind === undefined) return undefined;
  if (factorBits > 24 && !(product !== undefined && kindP === NONE)) return undefined;
  const bits = product?.precision ?? factorBits;
  const grid = product?.smallestSubnormal ?? factorGrid;
  if (accumulateKind !== NONE && bits > accumulate.precision) return undefined;
  // Multiples of the smallest subnormal need no rounding below the normal numbers.
  const kindA = accumulateKind === MAGIC && grid >= accumulate.smallestSubnormal ? INTEGER : accumulateKind;

  // Formats without NaN make +0 of it, which the lanes do not. An overflow may be a NaN too (e4m3).
  const nanLost = !accumulate.nan || product?.nan === false;
  const nanPossible = b.nan || a?.nan === true || product?.nan === true;
  const careful = nanLost && nanPossible ? kernel.general : kernel.careful + 3 * kindP + kindA;
  const saturates = spec.overflow === 'saturate';
  const signed = signedKernel(kindP, kindA, careful);
  const same = product !== undefined && sameNumbers(product, accumulate);
  const quick = quickKernel(kindP, kindA, same, signed);
  const range = growth(spec.order, accumulate.u, n);
  const sumsUpTo = sumLimit(spec, kindA, product, n, saturates);
  // A product of a partial sum and 2^s + 1, s ≤ 22, must not overflow.
  const quickMost = quick === signed ? Number.POSITIVE_INFINITY : 2 ** 100 / range;
  const limits = {
    product: a === undefined ? Number.POSITIVE_INFINITY : productLimit(product, kindP, saturates),
    sum: sumsUpTo,
    exact: exactLimit(product, kindP, factorBits, a === undefined),
    // Adding 1.5·2^(e+s), s ≤ 22, to numbers that are 2^24 times as large must not overflow.
    scaledSum: 2 ** 78 / range,
    scaled: 2 ** 100,
    quickLeast: quick === signed ? 0 : leastSplit(kindP, kindA, grid >= accumulate.smallestSubnormal, factorBits),
    quickMost,
    // Scaled kernels, whose sums are bounded too, stand behind quick ones that are.
    sums: Math.min(sumsUpTo, quickMost) < Number.POSITIVE_INFINITY,
  };
  // Exact products beyond float32 are no infinities.
  const beyond = product === undefined && a !== undefined ? kernel.general : careful;
  if (spec.order.kind === 'kahan') {
    const kind = kindP === MAGIC && kindA === INTEGER && accumulateKind === MAGIC ? MAGIC : kindA;
    if (kindP !== kind || careful === kernel.general) return undefined;
    const id = kernel.kahan + kind;
    return { ...general, quick: id, careful: id, beyond: beyond === kernel.general ? beyond : id, limits };
  }
  const scalable =
    product !== undefined &&
    kindP === INTEGER &&
    kindA === INTEGER &&
    accumulateKind === INTEGER &&
    grid >= accumulate.smallestSubnormal;
  const limited =
    quick !== signed ||
    [limits.product, limits.sum, limits.exact].some((x) => x !== 0 && x !== Number.POSITIVE_INFINITY);
  return {
    kinds: [kindP, kindA],
    storage: 'float32',
    quick,
    signed,
    careful,
    beyond,
    scaled: scalable ? kernel.magicInteger : kernel.general,
    ...(limited ? { limits } : {}),
  };
}

/** The quickest that keeps the signs of zeros. */
function signedKernel(kindP: Kind, kindA: Kind, careful: number): number {
  if (kindA === NONE)
    return kindP === NONE ? kernel.exact : kindP === INTEGER ? kernel.integerExact : kernel.magicExact;
  if (kindA === INTEGER && kindP === INTEGER) return kernel.integerInteger;
  if (kindA === INTEGER && kindP === MAGIC) return kernel.magicInteger;
  return careful;
}

/** The quickest of all: `signed` where there is no quicker one. */
function quickKernel(kindP: Kind, kindA: Kind, same: boolean, signed: number): number {
  if (kindA === NONE) return kindP === NONE ? signed : kindP === INTEGER ? kernel.splitExact : kernel.unsignedExact;
  if (kindA === MAGIC) return signed;
  if (kindP === NONE) return kernel.exactSplit;
  if (kindP === INTEGER) return same ? kernel.split : kernel.splitMixed;
  return same ? kernel.unsigned : kernel.unsignedMixed;
}

/**
 * The smallest nonzero |a|·|b| for which splitting rounds rightly: products that are rounded so must be normal in float32,
 * and sums multiples of the smallest subnormal 2^-149+s of a format as wide as float32: below 2^-126 they have fewer than
 * p bits then, and splitting leaves them alone. An exact product of q bits is such a multiple from 2^(q−149+s) on.
 */
function leastSplit(kindP: Kind, kindA: Kind, onGrid: boolean, factorBits: number): number {
  if (kindP === INTEGER) return 2 ** -126;
  return kindP === NONE && kindA === INTEGER && !onGrid ? 2 ** (factorBits - 127) : 0;
}

/** The largest |a|·|b| whose rounding needs no care. */
function productLimit(product: BinaryFormat | undefined, kind: Kind, saturates: boolean): number {
  if (product === undefined) return 2 ** 127;
  return product.infinities && !saturates && kind !== MAGIC ? Number.POSITIVE_INFINITY : product.largest;
}

/** The smallest nonzero |a|·|b| that float32 holds exactly, where it matters. */
function exactLimit(product: BinaryFormat | undefined, kind: Kind, bits: number, ofOnes: boolean): number {
  if (ofOnes || (product !== undefined && (kind === NONE || product.smallestSubnormal > 2 ** -125))) return 0;
  return 2 ** (bits - 150);
}

/** The largest Σ|a|·|b| for which no partial sum needs care. */
function sumLimit(
  { accumulate, order }: SumSpec,
  kind: Kind,
  product: BinaryFormat | undefined,
  n: number,
  saturates: boolean,
): number {
  const { infinities, largest, u } = accumulate as BinaryFormat;
  if (infinities && !saturates && kind !== MAGIC && (accumulate as BinaryFormat).emax === 127) {
    return Number.POSITIVE_INFINITY;
  }
  // A product grows by at most 1 + u, or half the smallest subnormal, when it is rounded.
  const [growthOfProduct, smallest] = product === undefined ? [1, 0] : [1 + product.u, product.smallestSubnormal];
  return ((largest / growth(order, u, n) - n * smallest) / growthOfProduct) * (1 - 2 ** -20);
}

/**
 * How much larger a partial sum can be than the sum of its terms' magnitudes. On a path of d roundings (1 + u)^d. In a
 * chain also at most 2, since R(s + t) is off by at most |t|, s being a number of the format; in a chain of chains 4.
 */
function growth(order: Order, u: number, n: number): number {
  switch (order.kind) {
    case 'sequential':
    case 'reversed':
      return Math.min(2, (1 + u) ** n);
    case 'blocked':
    case 'splitk':
      return Math.min(4, (1 + u) ** n);
    case 'pairwise':
      return (1 + u) ** 33;
    case 'lanes':
      return Math.min(2, (1 + u) ** Math.ceil(n / order.lanes)) * (1 + u) ** 33;
    case 'kahan':
      return Number.POSITIVE_INFINITY;
  }
}
