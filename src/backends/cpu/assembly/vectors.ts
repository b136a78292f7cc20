/**
 * Operations on rows of float32 or float64, one rounding each, in several ways (../units.ts says which is right when):
 *   FLOAT32, FLOAT64  the lanes' own operations.
 *   BF16, INTEGER, MAGIC  one float32 operation, and its result rounded in lanes (lanes.ts): to bf16; as an integer; by
 *     magic numbers.
 *   NEAREST, ANY  two float64 lanes at a time, to nearest even and in any mode. In float64 a product of two float32 is
 *     exact, a sum is rounded to odd, and a quotient or root lies on the same side of every number of at most 25 bits as
 *     the exact one (a quotient that differs from such a number does so by more than 2^-50 of it, and a root by more than
 *     2^-52), so that one rounding to the format is the rounding of the exact result.
 */
import {
  LANE_BELOW, LANE_EXPONENT, LANE_KEEP, LANE_LEAST, LANE_MAGIC, LANE_NAN, LANE_ONE, LANE_OVER, LANE_SHIFT, LANE_SIGN,
  LANE_SPECIAL, NEAREST_EVEN,
} from './layout';
import { canonical, canonical64, INTEGER, MAGIC, roundLane } from './lanes';
import { modeOf, round64, sum64 } from './wide';

/** As in ../wasm.ts. */
export const ADD: i32 = 0;
export const SUBTRACT: i32 = 1;
export const MULTIPLY: i32 = 2;
export const DIVIDE: i32 = 3;

/** As in ../units.ts. */
export const FLOAT32_WAY: i32 = 0;
export const BF16_WAY: i32 = 1;
export const INTEGER_WAY: i32 = 2;
export const MAGIC_WAY: i32 = 3;
export const NEAREST_WAY: i32 = 4;
export const ANY_WAY: i32 = 5;
export const FLOAT64_WAY: i32 = 6;

/** How the results of an operation are rounded: the way, and the constants that it reads. ../units.ts writes it. */
@unmanaged
export class Unit {
  way: i32;
  format: usize;
}

@inline
function operateWide(op: i32, a: v128, b: v128, format: usize, mode: i32): v128 {
  if (op == ADD) return round64(sum64(a, b, mode), format, mode);
  if (op == SUBTRACT) return round64(sum64(a, f64x2.neg(b), mode), format, mode);
  if (op == MULTIPLY) return round64(f64x2.mul(a, b), format, mode);
  return round64(f64x2.div(a, b), format, mode);
}

@inline
function operate32(op: i32, a: v128, b: v128): v128 {
  if (op == ADD) return f32x4.add(a, b);
  if (op == SUBTRACT) return f32x4.sub(a, b);
  if (op == MULTIPLY) return f32x4.mul(a, b);
  return f32x4.div(a, b);
}

@inline
function operate64(op: i32, a: v128, b: v128): v128 {
  if (op == ADD) return f64x2.add(a, b);
  if (op == SUBTRACT) return f64x2.sub(a, b);
  if (op == MULTIPLY) return f64x2.mul(a, b);
  return f64x2.div(a, b);
}

@inline
function high(x: v128): v128 {
  return v128.shuffle<i32>(x, x, 2, 3, 2, 3);
}

@inline
function pair(low: v128, upper: v128): v128 {
  return v128.shuffle<i64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(upper), 0, 2);
}

/** Stores the first n < 4 of four float32. */
@inline
function put(at: usize, x: v128, n: i32): void {
  v128.store_lane<i32>(at, x, 0);
  if (n > 1) v128.store_lane<i32>(at, x, 1, 4);
  if (n > 2) v128.store_lane<i32>(at, x, 2, 8);
}

/** R(x ∘ y) of a vector; the constants are those of `rows`. */
@inline
export function result(
  op: i32, way: i32, format: usize, mode: i32, x: v128, y: v128, shift: i32, below: v128, one: v128, keep: v128,
  exponent: v128, least: v128, magic: v128, sign: v128, over: v128, special: v128, nan: v128,
): v128 {
  if (way == FLOAT64_WAY) return canonical64(operate64(op, x, y));
  if (way == FLOAT32_WAY) return canonical(operate32(op, x, y));
  if (way == NEAREST_WAY || way == ANY_WAY) {
    const low = operateWide(op, f64x2.promote_low_f32x4(x), f64x2.promote_low_f32x4(y), format, mode);
    const upper = operateWide(op, f64x2.promote_low_f32x4(high(x)), f64x2.promote_low_f32x4(high(y)), format, mode);
    return canonical(pair(low, upper));
  }
  const z = operate32(op, x, y), kind = way == MAGIC_WAY ? MAGIC : INTEGER;
  const none = i32x4.splat(0);
  const r = roundLane(kind, way != BF16_WAY, z, shift, below, one, keep, exponent, least, magic, sign, none, over, special);
  const settled = v128.bitselect(r, nan, f32x4.eq(z, z));
  // What stands for an overflow may be NaN (e4m3), and has the sign of the number.
  return way == BF16_WAY ? settled : canonical(settled);
}

@inline
function rows(
  op: i32, way: i32, format: usize, count: i32, width: i32,
  out: usize, outRow: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32,
): void {
  const lanes = way == BF16_WAY || way == INTEGER_WAY || way == MAGIC_WAY;
  const mode = way == ANY_WAY ? modeOf(format) : NEAREST_EVEN;
  const none = i32x4.splat(0);
  const below = lanes ? v128.load(format, LANE_BELOW) : none, one = lanes ? v128.load(format, LANE_ONE) : none;
  const keep = lanes ? v128.load(format, LANE_KEEP) : none, exponent = lanes ? v128.load(format, LANE_EXPONENT) : none;
  const least = lanes ? v128.load(format, LANE_LEAST) : none, magic = lanes ? v128.load(format, LANE_MAGIC) : none;
  const sign = lanes ? v128.load(format, LANE_SIGN) : none, over = lanes ? v128.load(format, LANE_OVER) : none;
  const special = lanes ? v128.load(format, LANE_SPECIAL) : none, nan = lanes ? v128.load(format, LANE_NAN) : none;
  const shift = way == BF16_WAY ? 16 : way == INTEGER_WAY ? load<i32>(format, LANE_SHIFT) : 0;
  const wide = way == FLOAT64_WAY, size = wide ? 8 : 4;
  const bytes = width * size, whole = bytes & ~15;
  for (let r = 0; r < count; r++) {
    const x0 = wide ? v128.load64_splat(a) : v128.load32_splat(a), y0 = wide ? v128.load64_splat(b) : v128.load32_splat(b);
    let i = 0;
    if (aStep && bStep) {
      for (; i < whole; i += 16) {
        v128.store(out + i, result(op, way, format, mode, v128.load(a + i), v128.load(b + i), shift, below, one, keep, exponent, least, magic, sign, over, special, nan));
      }
    } else if (aStep) {
      for (; i < whole; i += 16) {
        v128.store(out + i, result(op, way, format, mode, v128.load(a + i), y0, shift, below, one, keep, exponent, least, magic, sign, over, special, nan));
      }
    } else {
      for (; i < whole; i += 16) {
        const y = bStep ? v128.load(b + i) : y0;
        v128.store(out + i, result(op, way, format, mode, x0, y, shift, below, one, keep, exponent, least, magic, sign, over, special, nan));
      }
    }
    if (i < bytes) {
      const x = aStep ? v128.load(a + i) : x0, y = bStep ? v128.load(b + i) : y0;
      const z = result(op, way, format, mode, x, y, shift, below, one, keep, exponent, least, magic, sign, over, special, nan);
      if (wide) v128.store_lane<i64>(out + i, z, 0);
      else put(out + i, z, width & 3);
    }
    out += outRow;
    a += aRow;
    b += bRow;
  }
}

/** Each operation compiled for itself. */
@inline
function operation(op: i32, way: i32, format: usize, count: i32, width: i32, out: usize, outRow: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32): void {
  if (op == ADD) rows(ADD, way, format, count, width, out, outRow, a, aRow, aStep, b, bRow, bStep);
  else if (op == SUBTRACT) rows(SUBTRACT, way, format, count, width, out, outRow, a, aRow, aStep, b, bRow, bStep);
  else if (op == MULTIPLY) rows(MULTIPLY, way, format, count, width, out, outRow, a, aRow, aStep, b, bRow, bStep);
  else rows(DIVIDE, way, format, count, width, out, outRow, a, aRow, aStep, b, bRow, bStep);
}

// The module exports the ways, which keeps Binaryen from inlining them: each is optimised alone.
export function binaryFloat32(op: i32, format: usize, count: i32, width: i32, out: usize, outRow: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32): void {
  operation(op, FLOAT32_WAY, format, count, width, out, outRow, a, aRow, aStep, b, bRow, bStep);
}
export function binaryBf16(op: i32, format: usize, count: i32, width: i32, out: usize, outRow: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32): void {
  operation(op, BF16_WAY, format, count, width, out, outRow, a, aRow, aStep, b, bRow, bStep);
}
export function binaryInteger(op: i32, format: usize, count: i32, width: i32, out: usize, outRow: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32): void {
  operation(op, INTEGER_WAY, format, count, width, out, outRow, a, aRow, aStep, b, bRow, bStep);
}
export function binaryMagic(op: i32, format: usize, count: i32, width: i32, out: usize, outRow: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32): void {
  operation(op, MAGIC_WAY, format, count, width, out, outRow, a, aRow, aStep, b, bRow, bStep);
}
export function binaryNearest(op: i32, format: usize, count: i32, width: i32, out: usize, outRow: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32): void {
  operation(op, NEAREST_WAY, format, count, width, out, outRow, a, aRow, aStep, b, bRow, bStep);
}
export function binaryAny(op: i32, format: usize, count: i32, width: i32, out: usize, outRow: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32): void {
  operation(op, ANY_WAY, format, count, width, out, outRow, a, aRow, aStep, b, bRow, bStep);
}
export function binaryFloat64(op: i32, format: usize, count: i32, width: i32, out: usize, outRow: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32): void {
  operation(op, FLOAT64_WAY, format, count, width, out, outRow, a, aRow, aStep, b, bRow, bStep);
}

/**
 * out = R(a ∘ b) for `count` rows of `width` in the way of the unit. Row strides are in bytes; a step of 0 takes the row's
 * first number for all.
 */
export function binary(op: i32, unit: Unit, count: i32, width: i32, out: usize, outRow: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32): void {
  const format = unit.format;
  switch (unit.way) {
    case FLOAT32_WAY: binaryFloat32(op, format, count, width, out, outRow, a, aRow, aStep, b, bRow, bStep); return;
    case BF16_WAY: binaryBf16(op, format, count, width, out, outRow, a, aRow, aStep, b, bRow, bStep); return;
    case INTEGER_WAY: binaryInteger(op, format, count, width, out, outRow, a, aRow, aStep, b, bRow, bStep); return;
    case MAGIC_WAY: binaryMagic(op, format, count, width, out, outRow, a, aRow, aStep, b, bRow, bStep); return;
    case NEAREST_WAY: binaryNearest(op, format, count, width, out, outRow, a, aRow, aStep, b, bRow, bStep); return;
    case ANY_WAY: binaryAny(op, format, count, width, out, outRow, a, aRow, aStep, b, bRow, bStep); return;
    case FLOAT64_WAY: binaryFloat64(op, format, count, width, out, outRow, a, aRow, aStep, b, bRow, bStep); return;
    default: unreachable();
  }
}

/** out = R(√x) of n numbers. The unit is a wide one, or that of float64. */
export function squareRoot(unit: Unit, n: i32, out: usize, x: usize): void {
  if (unit.way != FLOAT64_WAY) {
    unary(1, unit.format, n, out, x);
    return;
  }
  for (let i = 0; i < n; i++) store<f64>(out + i * 8, root(load<f64>(x + i * 8)));
}

@inline
function root(x: f64): f64 {
  // −0 is its own root.
  return x >= 0 ? sqrt(x) : NaN;
}

/** out = R(√x) (`root`) or R(x) of n numbers, in any mode. */
export function unary(root: i32, format: usize, n: i32, out: usize, x: usize): void {
  const mode = modeOf(format);
  for (let i = 0; i < n; i += 4) {
    const v = v128.load(x + i * 4);
    let low = f64x2.promote_low_f32x4(v), upper = f64x2.promote_low_f32x4(high(v));
    if (root) {
      low = f64x2.sqrt(low);
      upper = f64x2.sqrt(upper);
    }
    const r = canonical(pair(round64(low, format, mode), round64(upper, format, mode)));
    if (i + 4 <= n) v128.store(out + i * 4, r);
    else put(out + i * 4, r, n - i);
  }
}

/** out = R(x) of n float64, as float32. */
export function narrow(format: usize, n: i32, out: usize, x: usize): void {
  const mode = modeOf(format);
  for (let i = 0; i < n; i++) {
    let v = load<f64>(x + i * 8);
    // Beyond 2^300 every finite number rounds alike, and the rounding's own constants would overflow.
    if (abs(v) > 1e90 && abs(v) != Infinity) v = copysign(1e90, v);
    const r = canonical(f32x4.demote_f64x2_zero(round64(f64x2.splat(v), format, mode)));
    store<i32>(out + i * 4, i32x4.extract_lane(r, 0));
  }
}
