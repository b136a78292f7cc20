/**
 * The one rounding at the end of every operation, by docs/semantics.md's rules. A rounding context is data, a `Rounding`:
 * in a kernel's uniform, so that one kernel serves all formats and modes, or a constant, which a compiler folds.
 */
import { type BinaryFormat, type Format, fitsFloat32, InputError } from '../../../formats/index.ts';
import { overflowed, overflowsToInfinity } from '../../../formats/round.ts';
import type { RoundingContext } from '../../../softfloat/context.ts';
import type { Mode } from '../../../tensor/index.ts';

/** A rounding context on this backend: a stochastic one takes its word with each call. */
export interface GpuContext extends Pick<RoundingContext, 'overflow' | 'subnormals'> {
  readonly format: Format;
  readonly mode: Mode;
}

/** What `Rounding.mode` holds. */
const MODES: readonly Mode[] = ['nearest-even', 'nearest-away', 'toward-zero', 'down', 'up', 'odd', 'stochastic'];

const view = new DataView(new ArrayBuffer(4));

/** The float32 bits of x, the canonical ones for NaN. */
export function bitsOf(x: number): number {
  if (Number.isNaN(x)) return 0x7fc00000;
  view.setFloat32(0, x);
  return view.getUint32(0);
}

/** @throws InputError where values of the format are no float32 numbers, which is what this backend stores */
export function gpuFormat(format: Format, where: string): BinaryFormat {
  if (format.kind === 'binary' && fitsFloat32(format)) return format;
  throw new InputError(
    `${where}: expected a format inside float32 (fp32, bf16, fp16, …) on the webgpu backend, got ${format.name}; use --backend cpu`,
  );
}

/** Words of a `Rounding`. */
export const ROUNDING_WORDS = 13;

/**
 * The fields of a `Rounding`.
 * @param quick what float32 operations may be tried first (quick.ts)
 * @throws InputError where the format is not inside float32
 */
export function roundingWords({ format, mode, overflow, subnormals }: GpuContext, quick = 0): number[] {
  const { precision, emin, largest, smallestNormal, smallestSubnormal, nan, signedZero } = gpuFormat(format, 'format');
  const rounding = mode === 'stochastic' ? ({ mode, word: 0 } as const) : mode;
  const signs = [false, true];
  const most = (negative: boolean): number => (negative ? -largest : largest);
  const infinities = signs.map((negative) =>
    bitsOf(overflow === 'inf' ? overflowed(format, negative) : most(negative)),
  );
  const beyond = signs.map((negative, i) =>
    overflowsToInfinity(rounding, negative) ? infinities[i] : bitsOf(most(negative)),
  );
  return [
    ...[precision - 1, emin, MODES.indexOf(mode)],
    ...[bitsOf(largest), bitsOf(subnormals === 'flush' ? smallestNormal : smallestSubnormal)],
    ...[...infinities, ...beyond],
    ...[nan ? 0x7fc00000 : 0, signedZero ? 0x80000000 : 0, mode === 'down' && signedZero ? 0x80000000 : 0],
    quick,
  ].map((word) => word >>> 0);
}

/** A `Rounding` from its words, which are WGSL expressions. */
export function roundingFrom(words: readonly string[]): string {
  const [tail, emin, ...others] = words;
  return `Rounding(i32(${tail}), i32(${emin}), ${others.join(', ')})`;
}

export const roundingStructWgsl = `
// The format's p − 1 and emin; the mode; the bits of: the largest number, the least one that does not vanish, ±infinity,
// what a finite ±value beyond the largest becomes, NaN, −0 and x − x. Where the format has none of these, what stands for it.
// Last, what float32 operations may do (quick.ts).
struct Rounding {
  tail: i32, emin: i32, mode: u32, largest: u32, least: u32,
  plus_infinity: u32, minus_infinity: u32, plus_beyond: u32, minus_beyond: u32,
  nan: u32, minus_zero: u32, cancelled: u32,
  quick: u32,
}
`;

/** What `Rounding.mode` holds; any other number is toward zero. */
export const modesWgsl = `
const NEAREST_EVEN = 0u;
const NEAREST_AWAY = 1u;
const DOWN = 3u;
const UP = 4u;
const ODD = 5u;
const STOCHASTIC = 6u;
`;

export const roundingWgsl = `${roundingStructWgsl}${modesWgsl}
fn zero_of(r: Rounding, sign: u32) -> u32 { return sign & r.minus_zero; }
fn infinity_of(r: Rounding, sign: u32) -> u32 { return select(r.plus_infinity, r.minus_infinity, sign != 0u); }

// Whether |x| = n + fraction goes to n + 1: \`top\` is the fraction's first 32 bits, \`more\` is nonzero if others are.
fn rounds_away(r: Rounding, sign: u32, n: u32, top: u32, more: u32, word: u32) -> bool {
  let inexact = (top | more) != 0u;
  switch (r.mode) {
    case NEAREST_EVEN: { return top > SIGN_BIT || (top == SIGN_BIT && (more != 0u || (n & 1u) == 1u)); }
    case NEAREST_AWAY: { return top >= SIGN_BIT; }
    case DOWN: { return inexact && sign != 0u; }
    case UP: { return inexact && sign == 0u; }
    case ODD: { return inexact && (n & 1u) == 0u; }
    case STOCHASTIC: { return word < top; }
    default: { return false; }
  }
}

// R of a value that is not 0. The word is the stochastic rounding's.
fn rounded(r: Rounding, v: Value, word: u32) -> u32 {
  // The numbers near v are the multiples of 2^q; m has \`drop\` bits below that, at least 40.
  let q = max(v.e, r.emin) - r.tail;
  let drop = u32(min(q - v.e + 63, 96));
  var n = 0u;
  var top = 0u;
  var more = 1u;
  if (drop < 64u) {
    n = v.m.hi >> (drop - 32u);
    top = (v.m.hi << (64u - drop)) | (v.m.lo >> (drop - 32u));
    more = v.m.lo << (64u - drop);
  } else if (drop == 64u) {
    top = v.m.hi;
    more = v.m.lo;
  } else if (drop < 96u) {
    top = v.m.hi >> (drop - 64u);
    more = (v.m.hi << (96u - drop)) | v.m.lo;
  }
  n += select(0u, 1u, rounds_away(r, v.sign, n, top, more, word));
  if (n == 0u) { return zero_of(r, v.sign); }
  let zeros = countLeadingZeros(n);
  let e = q + 31 - i32(zeros);
  var size = INFINITY_BITS;
  if (e < -126) {
    size = n << u32(q + 149);
  } else if (e <= 127) {
    size = (u32(e + 127) << 23u) | (((n << zeros) >> 8u) & 0x007fffffu);
  }
  if (size > r.largest) { return select(r.plus_beyond, r.minus_beyond, v.sign != 0u); }
  if (size < r.least) { return zero_of(r, v.sign); }
  return v.sign | size;
}
`;
