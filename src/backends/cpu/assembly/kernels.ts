/**
 * The kernels by number, as ../plan.ts has them: each combination of roundings compiled for itself. The module exports
 * them, which keeps Binaryen from inlining them into their only caller: in one large function V8 spills the sums to the
 * stack, and fp32 falls from 17 to 12 G/s (measured).
 */
import { INTEGER, MAGIC, NATIVE, NONE, UNSIGNED, UNSIGNED_SUM } from './lanes';
import { extend, extendRow, merge } from './tile';

export function exact(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(NONE, NONE, 0, 1, 1, 1, p, a, x, y, q, n, h, g, s);
}
export function bf16(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(INTEGER, INTEGER, 0, 16, 16, 1, p, a, x, y, q, n, h, g, s);
}
export function fp16(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(MAGIC, INTEGER, 0, 1, 13, 1, p, a, x, y, q, n, h, g, s);
}
export function magicInteger(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(MAGIC, INTEGER, 0, 1, 0, 0, p, a, x, y, q, n, h, g, s);
}
export function integerInteger(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(INTEGER, INTEGER, 0, 0, 0, 0, p, a, x, y, q, n, h, g, s);
}
export function integerExact(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(INTEGER, NONE, 0, 0, 1, 0, p, a, x, y, q, n, h, g, s);
}
export function magicExact(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(MAGIC, NONE, 0, 1, 1, 0, p, a, x, y, q, n, h, g, s);
}
export function native(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(NATIVE, NATIVE, 0, 1, 1, 1, p, a, x, y, q, n, h, g, s);
}
export function carefulFp16(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(MAGIC, INTEGER, 1, 1, 13, 1, p, a, x, y, q, n, h, g, s);
}
export function unsigned(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(UNSIGNED, UNSIGNED_SUM, 0, 1, 1, 1, p, a, x, y, q, n, h, g, s);
}
export function careful00(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(NONE, NONE, 1, 1, 1, 0, p, a, x, y, q, n, h, g, s);
}
export function careful01(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(NONE, INTEGER, 1, 1, 0, 0, p, a, x, y, q, n, h, g, s);
}
export function careful02(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(NONE, MAGIC, 1, 1, 1, 0, p, a, x, y, q, n, h, g, s);
}
export function careful10(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(INTEGER, NONE, 1, 0, 1, 0, p, a, x, y, q, n, h, g, s);
}
export function careful11(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(INTEGER, INTEGER, 1, 0, 0, 0, p, a, x, y, q, n, h, g, s);
}
export function careful12(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(INTEGER, MAGIC, 1, 0, 1, 0, p, a, x, y, q, n, h, g, s);
}
export function careful20(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(MAGIC, NONE, 1, 1, 1, 0, p, a, x, y, q, n, h, g, s);
}
export function careful21(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(MAGIC, INTEGER, 1, 1, 0, 0, p, a, x, y, q, n, h, g, s);
}
export function careful22(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(MAGIC, MAGIC, 1, 1, 1, 0, p, a, x, y, q, n, h, g, s);
}

/** Kernel `id` on n terms of two rows. */
@inline
export function extendTile(id: i32, p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  switch (id) {
    case 0: exact(p, a, x, y, q, n, h, g, s); return;
    case 1: bf16(p, a, x, y, q, n, h, g, s); return;
    case 2: fp16(p, a, x, y, q, n, h, g, s); return;
    case 3: magicInteger(p, a, x, y, q, n, h, g, s); return;
    case 4: integerInteger(p, a, x, y, q, n, h, g, s); return;
    case 5: integerExact(p, a, x, y, q, n, h, g, s); return;
    case 6: magicExact(p, a, x, y, q, n, h, g, s); return;
    case 7: native(p, a, x, y, q, n, h, g, s); return;
    case 8: carefulFp16(p, a, x, y, q, n, h, g, s); return;
    case 9: unsigned(p, a, x, y, q, n, h, g, s); return;
    case 10: careful00(p, a, x, y, q, n, h, g, s); return;
    case 11: careful01(p, a, x, y, q, n, h, g, s); return;
    case 12: careful02(p, a, x, y, q, n, h, g, s); return;
    case 13: careful10(p, a, x, y, q, n, h, g, s); return;
    case 14: careful11(p, a, x, y, q, n, h, g, s); return;
    case 15: careful12(p, a, x, y, q, n, h, g, s); return;
    case 16: careful20(p, a, x, y, q, n, h, g, s); return;
    case 17: careful21(p, a, x, y, q, n, h, g, s); return;
    case 18: careful22(p, a, x, y, q, n, h, g, s); return;
    default: unreachable();
  }
}

/** n terms of one row, with the roundings of these kinds. */
export function extendTileRow(kp: i32, ka: i32, p: usize, a: usize, x: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  switch (kp * 3 + ka) {
    case NONE * 3 + NONE: extendRow(NONE, NONE, p, a, x, q, n, h, g, s); return;
    case NONE * 3 + INTEGER: extendRow(NONE, INTEGER, p, a, x, q, n, h, g, s); return;
    case NONE * 3 + MAGIC: extendRow(NONE, MAGIC, p, a, x, q, n, h, g, s); return;
    case INTEGER * 3 + NONE: extendRow(INTEGER, NONE, p, a, x, q, n, h, g, s); return;
    case INTEGER * 3 + INTEGER: extendRow(INTEGER, INTEGER, p, a, x, q, n, h, g, s); return;
    case INTEGER * 3 + MAGIC: extendRow(INTEGER, MAGIC, p, a, x, q, n, h, g, s); return;
    case MAGIC * 3 + NONE: extendRow(MAGIC, NONE, p, a, x, q, n, h, g, s); return;
    case MAGIC * 3 + INTEGER: extendRow(MAGIC, INTEGER, p, a, x, q, n, h, g, s); return;
    case MAGIC * 3 + MAGIC: extendRow(MAGIC, MAGIC, p, a, x, q, n, h, g, s); return;
    default: extendRow(NATIVE, NATIVE, p, a, x, q, n, h, g, s);
  }
}

/** Adds the tile after `left` to that at `left`. */
export function mergeTiles(id: i32, ka: i32, accumulate: usize, left: usize): void {
  const careful = id >= 10 || id == 8;
  if (ka == NATIVE) merge(NATIVE, 0, accumulate, left);
  else if (ka == NONE) merge(NONE, 1, accumulate, left);
  else if (ka == MAGIC) merge(MAGIC, 1, accumulate, left);
  else if (careful) merge(INTEGER, 1, accumulate, left);
  else merge(INTEGER, 0, accumulate, left);
}
