/**
 * Float32 operations of the hardware with integer roundings: where they may be used, and `quickCoreWgsl`, which has the
 * names of the integer core (core.ts) and sets `untrusted` where a result may be wrong. A kernel made from it leaves such
 * elements to one made from the integer core. What is taken is right whatever the hardware does with subnormals, infinities
 * and NaN; all of this rests on + − × rounding to nearest even (probe.ts).
 *
 * - A product of numbers of p and q bits, p + q ≤ 24, is exact in float32, so rounding it once more is rounding it once. A
 *   product of any float32 is rounded by the hardware where the format is fp32.
 * - A sum of two numbers of the format, p ≤ 11: rounding to 24 ≥ 2p + 2 bits first changes nothing (S. A. Figueroa, "When is
 *   double rounding innocuous?", SIGNUM Newsletter 30, 1995). Below the smallest normal number the sum is a multiple of the
 *   smallest subnormal and so exact. A sum of any float32 is rounded by the hardware where the format is fp32 and the mode is
 *   to nearest even. For the other modes the last bit of the float32 sum stands for what lies beyond it
 *   (kernels/tiled-roundings.ts has the proof).
 * - s + x·y with one rounding to fp32 is the sum of s and a product that is exact.
 *
 * Contraction of a·b + c does no harm: a product that is rounded passes through integer operations with words of the uniform
 * before it is added to anything, and an exact one is the same either way.
 *
 * Results below 2^−98 are left to the integer operations: so no result was flushed, and an addend below 2^−126 that was taken
 * for 0 is below a quarter of the last place of a sum of at least 2^−98: the sum is the other addend, a number of the format.
 */
import { type BinaryFormat, type Format, formats, sameNumbers } from '../../../formats/index.ts';
import { addressesWgsl, noWordsWgsl } from './philox.ts';
import { bitsOf, type GpuContext, modesWgsl, ROUNDING_WORDS, roundingStructWgsl } from './rounding.ts';
import { bitsWgsl } from './words.ts';

const MULTIPLY = 1;
const ADD = 2;
const FUSED = 4;

/** What float32 operations of the device are known to do; what is not known to be true is false. */
export interface TrustedOperations {
  /** + and − round to nearest even. */
  readonly add: boolean;
  /** × does. */
  readonly multiply: boolean;
  /** Zeros have the signs that IEEE 754 gives them. */
  readonly zeros: boolean;
  /** (x + y) − y is what it says, not x. */
  readonly shifts: boolean;
}

export function isBinary(format: Format | undefined): format is BinaryFormat {
  return format?.kind === 'binary';
}

/** Whether products of numbers of these formats (undefined: any float32) are exact in float32, but for underflow and overflow. */
export function isExactProduct(a: Format | undefined, b: Format | undefined): boolean {
  return isBinary(a) && isBinary(b) && a.precision + b.precision <= 24;
}

/** Whether every number of `part` is one of `whole`, but for its range. */
function refines(whole: BinaryFormat, part: Format | undefined): boolean {
  return isBinary(part) && part.precision <= whole.precision && part.smallestSubnormal >= whole.smallestSubnormal;
}

/** Whether sums of numbers of two formats that float32 hardware rounds can be rounded once more, to a format of its kind. */
export function roundsSums(format: BinaryFormat, a: Format | undefined, b: Format | undefined): boolean {
  return format.precision <= 11 && refines(format, a) && refines(format, b);
}

/** The `quick` field of a `Rounding` for the operations on numbers of two formats. */
export function quickOperations(
  { format, mode }: GpuContext,
  trusted: TrustedOperations,
  a: Format | undefined,
  b: Format | undefined,
): number {
  if (mode === 'stochastic' || !isBinary(format)) return 0;
  const float32 = mode === 'nearest-even' && sameNumbers(format, formats.fp32);
  return (
    (trusted.multiply && (float32 || isExactProduct(a, b)) ? MULTIPLY : 0) +
    (trusted.add && (float32 || roundsSums(format, a, b)) ? ADD : 0)
  );
}

/** The same for s + x·y, of products that are not rounded. */
export function quickFused(
  { format, mode }: GpuContext,
  trusted: TrustedOperations,
  a: Format | undefined,
  b: Format | undefined,
): number {
  const right = mode === 'nearest-even' && sameNumbers(format, formats.fp32) && isExactProduct(a, b);
  return right && trusted.add && trusted.multiply ? FUSED + MULTIPLY + ADD : 0;
}

/** Whether any float32 operation may be used in a `Rounding` of these words. */
export function isQuick(rounding: readonly number[]): boolean {
  return rounding[ROUNDING_WORDS - 1] !== 0;
}

/** Results of the hardware below this are not taken. */
export const TRUSTED_LEAST = 2 ** -98;

/** What `result` holds where a quick kernel's result is not to be taken: these bits are no number. */
export const UNTRUSTED = 0xffffffff;

export const quickCoreWgsl = `${bitsWgsl}${roundingStructWgsl}${modesWgsl}${addressesWgsl}${noWordsWgsl}
const QUICK_MULTIPLY = ${MULTIPLY}u;
const QUICK_ADD = ${ADD}u;
const QUICK_FUSED = ${FUSED}u;
const TRUSTED_LEAST = ${bitsOf(TRUSTED_LEAST)}u;

var<private> untrusted: bool;

struct Attempt { bits: u32, holds: bool }

// What is added to a magnitude before bits are cut off, all of which \`lost\` has. The last bit that stays is \`last\`.
fn bias_of(r: Rounding, sign: u32, lost: u32, last: u32) -> u32 {
  let half = (lost >> 1u) + select(last, lost & 1u, r.mode == NEAREST_AWAY);
  let away = (r.mode == select(UP, DOWN, sign != 0u)) | ((r.mode == ODD) & (last == 0u));
  return select(select(0u, lost, away), half, r.mode <= NEAREST_AWAY);
}

// R of a float32, where it and the result are numbers of at least 2^−98.
fn quickly_rounded(r: Rounding, x: u32) -> Attempt {
  let size = magnitude_of(x);
  // The bits below the last place, and where the format's numbers are subnormal those that they lack.
  let by = u32(23 - r.tail + max(0, r.emin + 127 - i32(size >> 23u)));
  let shift = min(by, 24u);
  let lost = (1u << shift) - 1u;
  // With 23 bits lost the last place left is the hidden 1.
  let last = select(select((size >> shift) & 1u, 1u, shift == 23u), 0u, shift == 0u);
  let y = (size + bias_of(r, x & SIGN_BIT, lost, last)) & ~lost;
  return Attempt((x & SIGN_BIT) | y, (by <= 23u) & (size >= TRUSTED_LEAST) & (y >= r.least) & (y <= r.largest));
}

// A zero, or a number that the format has.
fn is_kept(r: Rounding, size: u32) -> bool { return (size == 0u) | ((size >= r.least) & (size <= r.largest)); }

fn taken(attempt: Attempt) -> u32 {
  untrusted = untrusted | !attempt.holds;
  return attempt.bits;
}

fn convert(r: Rounding, x: u32, word: u32) -> u32 {
  let y = quickly_rounded(r, x);
  let zero = magnitude_of(x) == 0u;
  return taken(Attempt(select(y.bits, x & r.minus_zero, zero), y.holds | zero));
}

fn multiply(r: Rounding, x: u32, y: u32, word: u32) -> u32 {
  let z = quickly_rounded(r, bitcast<u32>(bitcast<f32>(x) * bitcast<f32>(y)));
  let a = magnitude_of(x);
  let b = magnitude_of(y);
  let zero = ((a == 0u) & (b < INFINITY_BITS)) | ((b == 0u) & (a < INFINITY_BITS));
  let holds = zero | (z.holds & ((r.quick & QUICK_MULTIPLY) != 0u));
  return taken(Attempt(select(z.bits, (x ^ y) & r.minus_zero, zero), holds));
}

// x + y, given what the hardware makes of it. Here and below & and | are no branches, as && and ||
// are, of which software devices take very long to compile many.
fn sum_of(r: Rounding, x: u32, y: u32, sum: Attempt) -> Attempt {
  let a = magnitude_of(x);
  let b = magnitude_of(y);
  let opposite = ((x ^ y) == SIGN_BIT) & (a < INFINITY_BITS);
  let left = (b == 0u) & is_kept(r, a);
  let right = (a == 0u) & is_kept(r, b);
  let bits = select(select(select(sum.bits, y, right), x, left), r.cancelled, opposite);
  return Attempt(bits, opposite | left | right | sum.holds);
}

// The float32 sum of two numbers that the format has, where that is one of them and the other is not 0 with a last bit for
// the other: between the sum and its neighbour on that side. Infinity has no neighbour.
fn odd_sum(r: Rounding, x: u32, y: u32) -> u32 {
  let s = bitcast<u32>(bitcast<f32>(x) + bitcast<f32>(y));
  let other = select(0u, y, s == x) | select(0u, x, s == y);
  let inexact = (magnitude_of(other) != 0u) & (magnitude_of(s) < INFINITY_BITS);
  let some = select(0u, 1u, inexact & (r.tail < 23));
  return (s - (some & ((other ^ s) >> 31u))) | some;
}

fn add(r: Rounding, x: u32, y: u32, word: u32) -> u32 {
  let s = sum_of(r, x, y, quickly_rounded(r, odd_sum(r, x, y)));
  return taken(Attempt(s.bits, s.holds & ((r.quick & QUICK_ADD) != 0u)));
}

fn subtract(r: Rounding, x: u32, y: u32, word: u32) -> u32 { return add(r, x, y ^ SIGN_BIT, word); }

// R(x·y + z) where x·y is exact in float32, or a zero.
fn fused_multiply_add(r: Rounding, x: u32, y: u32, z: u32, word: u32) -> u32 {
  let product = bitcast<f32>(x) * bitcast<f32>(y);
  let p = bitcast<u32>(product);
  let size = magnitude_of(p);
  let zero = ((magnitude_of(x) == 0u) | (magnitude_of(y) == 0u)) & (size == 0u);
  let s = sum_of(r, p, z, quickly_rounded(r, bitcast<u32>(product + bitcast<f32>(z))));
  return taken(Attempt(s.bits, s.holds & (zero | (size >= TRUSTED_LEAST)) & ((r.quick & QUICK_FUSED) != 0u)));
}
`;
