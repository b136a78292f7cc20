/**
 * Rounding to nearest even of four float32 at once. The results of one correctly rounded float32 operation are rounded
 * again; when that gives what one rounding of the exact result would, is in ../plan.ts, which chooses the kernels.
 *
 * Kinds of rounding, known when a kernel is compiled:
 *   NONE     the number as it is: float32 itself, or a product that is exact.
 *   INTEGER  drops low bits as an integer. Right where the format's grid below its normal numbers plays no part:
 *            float32's exponent range (bf16, tf32), or numbers that are multiples of the smallest subnormal.
 *   MAGIC    adds and subtracts 1.5·2^(e+s): any format with gradual underflow above float32's.
 */
export const NONE: i32 = 0;
export const INTEGER: i32 = 1;
export const MAGIC: i32 = 2;
/** float64 lanes, native operations. */
export const NATIVE: i32 = 3;
/** MAGIC without the sign of a zero. */
export const UNSIGNED: i32 = 4;
/**
 * Veltkamp's splitting: with c = 2^s + 1, g = c·x, the sum (x − g) + g. The sign of a zero is lost. For p ≤ 11 bits it is
 * x rounded to nearest even to p bits: test/backends/cpu/splitting.test.ts tries every significand with every p. Powers
 * of two make no difference while c·x does not overflow and x is normal, or has at most p bits anyway. Three operations
 * of the floating-point ports beat four or five that the integer ports share in (measured).
 */
export const SPLIT: i32 = 5;

@inline
export function roundInteger(x: v128, shift: i32, below: v128, one: v128, keep: v128): v128 {
  return v128.and(i32x4.add(i32x4.add(x, below), v128.and(i32x4.shr_u(x, shift), one)), keep);
}

@inline
export function roundLane(
  kind: i32, careful: i32, x: v128, shift: i32,
  below: v128, one: v128, keep: v128,
  exponent: v128, least: v128, magic: v128, sign: v128, splitter: v128,
  over: v128, special: v128,
): v128 {
  let r = x;
  if (kind == INTEGER) {
    r = roundInteger(x, shift, below, one, keep);
  } else if (kind == MAGIC) {
    const m = i32x4.add(i32x4.max_s(v128.and(x, exponent), least), magic);
    r = v128.or(f32x4.sub(f32x4.add(x, m), m), v128.and(x, sign));
  } else if (kind == UNSIGNED) {
    const m = i32x4.add(i32x4.max_s(v128.and(x, exponent), least), magic);
    r = f32x4.sub(f32x4.add(x, m), m);
  } else if (kind == SPLIT) {
    const g = f32x4.mul(x, splitter);
    r = f32x4.add(f32x4.sub(x, g), g);
  }
  if (careful) {
    r = v128.bitselect(v128.or(special, v128.and(x, sign)), r, f32x4.ge(f32x4.abs(x), over));
  }
  return r;
}

/** NaN as the positive quiet one. */
@inline
export function canonical(x: v128): v128 {
  const number = f32x4.eq(x, x);
  return v128.bitselect(x, i32x4.splat(0x7fc00000), number);
}
@inline
export function canonical64(x: v128): v128 {
  const number = f64x2.eq(x, x);
  return v128.bitselect(x, i64x2.splat(0x7ff8000000000000), number);
}
