/**
 * Operations on rows of float32, one rounding each, two float64 lanes at a time: in float64 a product of two float32 is
 * exact, a sum is rounded to odd, and a quotient or root lies on the same side of every number of at most 25 bits as the
 * exact one (a quotient that differs from such a number does so by more than 2^-50 of it, and a root by more than 2^-52),
 * so that one rounding to the format, in any mode, is the rounding of the exact result.
 */
import { NEAREST_EVEN } from './layout';
import { canonical } from './lanes';
import { modeOf, round64, sum64 } from './wide';

export const ADD: i32 = 0;
export const SUBTRACT: i32 = 1;
export const MULTIPLY: i32 = 2;
export const DIVIDE: i32 = 3;

@inline
function operate(op: i32, a: v128, b: v128, format: usize, mode: i32): v128 {
  if (op == ADD) return round64(sum64(a, b, mode), format, mode);
  if (op == SUBTRACT) return round64(sum64(a, f64x2.neg(b), mode), format, mode);
  if (op == MULTIPLY) return round64(f64x2.mul(a, b), format, mode);
  return round64(f64x2.div(a, b), format, mode);
}

/** The same in float32 itself. */
@inline
function operate32(op: i32, a: v128, b: v128): v128 {
  if (op == ADD) return f32x4.add(a, b);
  if (op == SUBTRACT) return f32x4.sub(a, b);
  if (op == MULTIPLY) return f32x4.mul(a, b);
  return f32x4.div(a, b);
}

@inline
function high(x: v128): v128 {
  return v128.shuffle<i32>(x, x, 2, 3, 2, 3);
}

@inline
function pair(low: v128, upper: v128): v128 {
  return v128.shuffle<i64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(upper), 0, 2);
}

/** Stores the first n of four numbers. */
@inline
function put(at: usize, x: v128, n: i32): void {
  if (n >= 4) {
    v128.store(at, x);
    return;
  }
  v128.store_lane<i32>(at, x, 0);
  if (n > 1) v128.store_lane<i32>(at, x, 1, 4);
  if (n > 2) v128.store_lane<i32>(at, x, 2, 8);
}

@inline
function rows(
  op: i32, plain: i32, general: i32, format: usize, count: i32, width: i32,
  out: usize, outRow: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32,
): void {
  const mode = general ? modeOf(format) : NEAREST_EVEN;
  for (let r = 0; r < count; r++) {
    for (let i = 0; i < width; i += 4) {
      const x = aStep ? v128.load(a + i * 4) : v128.load32_splat(a);
      const y = bStep ? v128.load(b + i * 4) : v128.load32_splat(b);
      let z: v128;
      if (plain) {
        z = operate32(op, x, y);
      } else {
        const low = operate(op, f64x2.promote_low_f32x4(x), f64x2.promote_low_f32x4(y), format, mode);
        const upper = operate(op, f64x2.promote_low_f32x4(high(x)), f64x2.promote_low_f32x4(high(y)), format, mode);
        z = pair(low, upper);
      }
      put(out + i * 4, canonical(z), width - i);
    }
    out += outRow;
    a += aRow;
    b += bRow;
  }
}

/**
 * out = R(a ∘ b) for `count` rows of `width`: in float32 itself, to nearest even, in any mode. Row strides are in bytes; a
 * step of 0 takes the row's first number for all. Each is a function of its own, exported, so that it is optimised alone.
 */
export function addFloat32(format: usize, count: i32, width: i32, out: usize, outRow: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32): void {
  rows(ADD, 1, 0, format, count, width, out, outRow, a, aRow, aStep, b, bRow, bStep);
}
export function addNearest(format: usize, count: i32, width: i32, out: usize, outRow: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32): void {
  rows(ADD, 0, 0, format, count, width, out, outRow, a, aRow, aStep, b, bRow, bStep);
}
export function addAny(format: usize, count: i32, width: i32, out: usize, outRow: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32): void {
  rows(ADD, 0, 1, format, count, width, out, outRow, a, aRow, aStep, b, bRow, bStep);
}
export function subtractFloat32(format: usize, count: i32, width: i32, out: usize, outRow: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32): void {
  rows(SUBTRACT, 1, 0, format, count, width, out, outRow, a, aRow, aStep, b, bRow, bStep);
}
export function subtractNearest(format: usize, count: i32, width: i32, out: usize, outRow: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32): void {
  rows(SUBTRACT, 0, 0, format, count, width, out, outRow, a, aRow, aStep, b, bRow, bStep);
}
export function subtractAny(format: usize, count: i32, width: i32, out: usize, outRow: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32): void {
  rows(SUBTRACT, 0, 1, format, count, width, out, outRow, a, aRow, aStep, b, bRow, bStep);
}
export function multiplyFloat32(format: usize, count: i32, width: i32, out: usize, outRow: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32): void {
  rows(MULTIPLY, 1, 0, format, count, width, out, outRow, a, aRow, aStep, b, bRow, bStep);
}
export function multiplyNearest(format: usize, count: i32, width: i32, out: usize, outRow: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32): void {
  rows(MULTIPLY, 0, 0, format, count, width, out, outRow, a, aRow, aStep, b, bRow, bStep);
}
export function multiplyAny(format: usize, count: i32, width: i32, out: usize, outRow: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32): void {
  rows(MULTIPLY, 0, 1, format, count, width, out, outRow, a, aRow, aStep, b, bRow, bStep);
}
export function divideFloat32(format: usize, count: i32, width: i32, out: usize, outRow: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32): void {
  rows(DIVIDE, 1, 0, format, count, width, out, outRow, a, aRow, aStep, b, bRow, bStep);
}
export function divideNearest(format: usize, count: i32, width: i32, out: usize, outRow: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32): void {
  rows(DIVIDE, 0, 0, format, count, width, out, outRow, a, aRow, aStep, b, bRow, bStep);
}
export function divideAny(format: usize, count: i32, width: i32, out: usize, outRow: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32): void {
  rows(DIVIDE, 0, 1, format, count, width, out, outRow, a, aRow, aStep, b, bRow, bStep);
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
    put(out + i * 4, canonical(pair(round64(low, format, mode), round64(upper, format, mode))), n - i);
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
