/**
 * The kernels by number, as ../plan.ts has them: each combination of roundings compiled for itself. The module exports
 * them, which keeps Binaryen from inlining them into their only caller: in one large function V8 spills the sums to the
 * stack, and fp32 falls from 17 to 12 G/s (measured).
 */
import { INTEGER, MAGIC, NATIVE, NONE, SPLIT, UNSIGNED } from './lanes';
import { plainSums } from './plain-tile';
import { extend, extendRow, merge } from './tile';

/** The quick ones: those that lose the signs of zeros, which matter only where a sum is zero in the end. */
const FIRST_UNSIGNED: i32 = 2;
const LAST_QUICK: i32 = 8;
const FIRST_CAREFUL: i32 = 16;

export function losesSigns(id: i32): bool {
  return id >= FIRST_UNSIGNED && id <= LAST_QUICK;
}
/** Whether `wholeTile` has the kernel. */
export function isQuick(id: i32): bool {
  return id >= 0 && id <= LAST_QUICK;
}

export function exact(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(NONE, NONE, 0, 1, 1, 1, 0, 0, p, a, x, y, q, n, h, g, s, 0);
}
export function native(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(NATIVE, NATIVE, 0, 1, 1, 1, 0, 0, p, a, x, y, q, n, h, g, s, 0);
}
export function split(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(SPLIT, SPLIT, 0, 1, 1, 1, 0, 0, p, a, x, y, q, n, h, g, s, 0);
}
export function splitMixed(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(SPLIT, SPLIT, 0, 1, 1, 0, 0, 0, p, a, x, y, q, n, h, g, s, 0);
}
export function splitExact(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(SPLIT, NONE, 0, 1, 1, 0, 0, 0, p, a, x, y, q, n, h, g, s, 0);
}
export function exactSplit(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(NONE, SPLIT, 0, 1, 1, 0, 0, 0, p, a, x, y, q, n, h, g, s, 0);
}
export function unsigned(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(UNSIGNED, SPLIT, 0, 1, 1, 1, 0, 0, p, a, x, y, q, n, h, g, s, 0);
}
export function unsignedMixed(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(UNSIGNED, SPLIT, 0, 1, 1, 0, 0, 0, p, a, x, y, q, n, h, g, s, 0);
}
export function unsignedExact(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(UNSIGNED, NONE, 0, 1, 1, 0, 0, 0, p, a, x, y, q, n, h, g, s, 0);
}
export function integerInteger(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(INTEGER, INTEGER, 0, 0, 0, 0, 0, 0, p, a, x, y, q, n, h, g, s, 0);
}
export function magicInteger(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(MAGIC, INTEGER, 0, 1, 0, 0, 0, 0, p, a, x, y, q, n, h, g, s, 0);
}
export function integerExact(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(INTEGER, NONE, 0, 0, 1, 0, 0, 0, p, a, x, y, q, n, h, g, s, 0);
}
export function magicExact(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(MAGIC, NONE, 0, 1, 1, 0, 0, 0, p, a, x, y, q, n, h, g, s, 0);
}
export function careful00(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(NONE, NONE, 1, 1, 1, 0, 0, 0, p, a, x, y, q, n, h, g, s, 0);
}
export function careful01(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(NONE, INTEGER, 1, 1, 0, 0, 0, 0, p, a, x, y, q, n, h, g, s, 0);
}
export function careful02(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(NONE, MAGIC, 1, 1, 1, 0, 0, 0, p, a, x, y, q, n, h, g, s, 0);
}
export function careful10(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(INTEGER, NONE, 1, 0, 1, 0, 0, 0, p, a, x, y, q, n, h, g, s, 0);
}
export function careful11(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(INTEGER, INTEGER, 1, 0, 0, 0, 0, 0, p, a, x, y, q, n, h, g, s, 0);
}
export function careful12(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(INTEGER, MAGIC, 1, 0, 1, 0, 0, 0, p, a, x, y, q, n, h, g, s, 0);
}
export function careful20(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(MAGIC, NONE, 1, 1, 1, 0, 0, 0, p, a, x, y, q, n, h, g, s, 0);
}
export function careful21(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(MAGIC, INTEGER, 1, 1, 0, 0, 0, 0, p, a, x, y, q, n, h, g, s, 0);
}
export function careful22(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  extend(MAGIC, MAGIC, 1, 1, 1, 0, 0, 0, p, a, x, y, q, n, h, g, s, 0);
}

/** Kernel `id` on n terms of two rows, the tile at s. */
@inline
export function extendTile(id: i32, p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, h: i32, g: i32, s: usize): void {
  switch (id) {
    case 0: exact(p, a, x, y, q, n, h, g, s); return;
    case 1: native(p, a, x, y, q, n, h, g, s); return;
    case 2: split(p, a, x, y, q, n, h, g, s); return;
    case 3: splitMixed(p, a, x, y, q, n, h, g, s); return;
    case 4: splitExact(p, a, x, y, q, n, h, g, s); return;
    case 5: exactSplit(p, a, x, y, q, n, h, g, s); return;
    case 6: unsigned(p, a, x, y, q, n, h, g, s); return;
    case 7: unsignedMixed(p, a, x, y, q, n, h, g, s); return;
    case 8: unsignedExact(p, a, x, y, q, n, h, g, s); return;
    case 9: integerInteger(p, a, x, y, q, n, h, g, s); return;
    case 10: magicInteger(p, a, x, y, q, n, h, g, s); return;
    case 11: integerExact(p, a, x, y, q, n, h, g, s); return;
    case 12: magicExact(p, a, x, y, q, n, h, g, s); return;
    case 16: careful00(p, a, x, y, q, n, h, g, s); return;
    case 17: careful01(p, a, x, y, q, n, h, g, s); return;
    case 18: careful02(p, a, x, y, q, n, h, g, s); return;
    case 19: careful10(p, a, x, y, q, n, h, g, s); return;
    case 20: careful11(p, a, x, y, q, n, h, g, s); return;
    case 21: careful12(p, a, x, y, q, n, h, g, s); return;
    case 22: careful20(p, a, x, y, q, n, h, g, s); return;
    case 23: careful21(p, a, x, y, q, n, h, g, s); return;
    case 24: careful22(p, a, x, y, q, n, h, g, s); return;
    default: unreachable();
  }
}

/** The quick kernels for sums of one chain, terms ascending and none hidden: constant steps, and no tile in memory. */
export function exactWhole(x: usize, y: usize, q: usize, n: i32, z: i32, u: usize, v: usize): void {
  plainSums(0, x, y, q, n, z, u, v);
}
export function nativeWhole(x: usize, y: usize, q: usize, n: i32, z: i32, u: usize, v: usize): void {
  plainSums(1, x, y, q, n, z, u, v);
}
export function splitWhole(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, z: i32, u: usize, v: usize): void {
  extend(SPLIT, SPLIT, 0, 1, 1, 1, 1, z, p, a, x, y, q, n, 4, 64, u, v);
}
export function splitMixedWhole(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, z: i32, u: usize, v: usize): void {
  extend(SPLIT, SPLIT, 0, 1, 1, 0, 1, z, p, a, x, y, q, n, 4, 64, u, v);
}
export function splitExactWhole(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, z: i32, u: usize, v: usize): void {
  extend(SPLIT, NONE, 0, 1, 1, 0, 1, z, p, a, x, y, q, n, 4, 64, u, v);
}
export function exactSplitWhole(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, z: i32, u: usize, v: usize): void {
  extend(NONE, SPLIT, 0, 1, 1, 0, 1, z, p, a, x, y, q, n, 4, 64, u, v);
}
export function unsignedWhole(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, z: i32, u: usize, v: usize): void {
  extend(UNSIGNED, SPLIT, 0, 1, 1, 1, 1, z, p, a, x, y, q, n, 4, 64, u, v);
}
export function unsignedMixedWhole(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, z: i32, u: usize, v: usize): void {
  extend(UNSIGNED, SPLIT, 0, 1, 1, 0, 1, z, p, a, x, y, q, n, 4, 64, u, v);
}
export function unsignedExactWhole(p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, z: i32, u: usize, v: usize): void {
  extend(UNSIGNED, NONE, 0, 1, 1, 0, 1, z, p, a, x, y, q, n, 4, 64, u, v);
}

/** Quick kernel `id` on all n terms of two rows; their sums go to u and v. z is 1 where sums start at +0. */
@inline
export function wholeTile(id: i32, p: usize, a: usize, x: usize, y: usize, q: usize, n: i32, z: i32, u: usize, v: usize): void {
  switch (id) {
    case 0: exactWhole(x, y, q, n, z, u, v); return;
    case 1: nativeWhole(x, y, q, n, z, u, v); return;
    case 2: splitWhole(p, a, x, y, q, n, z, u, v); return;
    case 3: splitMixedWhole(p, a, x, y, q, n, z, u, v); return;
    case 4: splitExactWhole(p, a, x, y, q, n, z, u, v); return;
    case 5: exactSplitWhole(p, a, x, y, q, n, z, u, v); return;
    case 6: unsignedWhole(p, a, x, y, q, n, z, u, v); return;
    case 7: unsignedMixedWhole(p, a, x, y, q, n, z, u, v); return;
    case 8: unsignedExactWhole(p, a, x, y, q, n, z, u, v); return;
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
  const careful = id >= FIRST_CAREFUL;
  if (ka == NATIVE) merge(NATIVE, 0, accumulate, left);
  else if (ka == NONE) merge(NONE, 1, accumulate, left);
  else if (ka == MAGIC) merge(MAGIC, 1, accumulate, left);
  else if (careful) merge(INTEGER, 1, accumulate, left);
  else merge(INTEGER, 0, accumulate, left);
}
