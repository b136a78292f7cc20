/**
 * Sums of rows. In ascending order each lane adds up a row of its own; in all other orders, and for the last few rows, on
 * the kernels of products: a row is a column of b, and a is a row of ones, since 1·t is t.
 */
import {
  Job, LANE_BELOW, LANE_EXPONENT, LANE_KEEP, LANE_LEAST, LANE_MAGIC, LANE_NAN, LANE_ONE, LANE_OVER, LANE_SHIFT, LANE_SIGN,
  LANE_SPECIAL, NEAREST_EVEN,
} from './layout';
import { matmulTask } from './matmul';
import { packDoubles, packRows, statistics } from './pack';
import {
  ADD, ANY_WAY, BF16_WAY, FLOAT32_WAY, FLOAT64_WAY, INTEGER_WAY, MAGIC_WAY, NEAREST_WAY, result, Unit,
} from './vectors';
import { modeOf } from './wide';

/** One thread's sums of rows; ../row-sums.ts writes it. */
@unmanaged
export class RowSums {
  /** R(s + t), where terms are added in ascending order; or 0. */
  add: Unit;
  /** The product: its row of ones, and room for one panel and its sums. */
  job: Job;
  /** The sums, one after the other. */
  result: usize;
}

/** Rows that are summed together. */
@inline
export function rowsAtOnce(size: i32): i32 {
  return size == 8 ? 8 : 16;
}

/** The sums of up to `rowsAtOnce` rows of numbers of `size` bytes, `stride` bytes apart. */
export function sumRows(sums: RowSums, x: usize, stride: i32, rows: i32, size: i32): void {
  const job = sums.job, terms = job.terms;
  if (changetype<usize>(sums.add) && rows == rowsAtOnce(size)) {
    inAscendingOrder(sums.add, x, stride, terms, sums.result);
    return;
  }
  job.columns = rows;
  if (size == 8) packDoubles(x, stride, terms, rows, job.panels);
  else packRows(x, stride, terms, rows, job.panels);
  if (job.rowStatistics) statistics(job.panels, terms * 64, terms * 16, 1, 1, job.panelStatistics);
  matmulTask(job, 0);
}

function inAscendingOrder(unit: Unit, x: usize, stride: i32, terms: i32, out: usize): void {
  const format = unit.format;
  switch (unit.way) {
    case FLOAT32_WAY: ascendingFloat32(format, x, stride, terms, out); return;
    case BF16_WAY: ascendingBf16(format, x, stride, terms, out); return;
    case INTEGER_WAY: ascendingInteger(format, x, stride, terms, out); return;
    case MAGIC_WAY: ascendingMagic(format, x, stride, terms, out); return;
    case NEAREST_WAY: ascendingNearest(format, x, stride, terms, out); return;
    case ANY_WAY: ascendingAny(format, x, stride, terms, out); return;
    default: ascendingFloat64(format, x, stride, terms, out);
  }
}

// The module exports the ways, which keeps Binaryen from inlining them: each is optimised alone.
export function ascendingFloat32(format: usize, x: usize, stride: i32, terms: i32, out: usize): void {
  ascending(FLOAT32_WAY, format, x, stride, terms, out);
}
export function ascendingBf16(format: usize, x: usize, stride: i32, terms: i32, out: usize): void {
  ascending(BF16_WAY, format, x, stride, terms, out);
}
export function ascendingInteger(format: usize, x: usize, stride: i32, terms: i32, out: usize): void {
  ascending(INTEGER_WAY, format, x, stride, terms, out);
}
export function ascendingMagic(format: usize, x: usize, stride: i32, terms: i32, out: usize): void {
  ascending(MAGIC_WAY, format, x, stride, terms, out);
}
export function ascendingNearest(format: usize, x: usize, stride: i32, terms: i32, out: usize): void {
  ascending(NEAREST_WAY, format, x, stride, terms, out);
}
export function ascendingAny(format: usize, x: usize, stride: i32, terms: i32, out: usize): void {
  ascending(ANY_WAY, format, x, stride, terms, out);
}
export function ascendingFloat64(format: usize, x: usize, stride: i32, terms: i32, out: usize): void {
  ascending(FLOAT64_WAY, format, x, stride, terms, out);
}

/**
 * Four vectors of rows. A sum starts at −0, because −0 + t is t, signs of zeros included (but when rounding down): its first
 * term enters as R(t).
 */
@inline
function ascending(way: i32, format: usize, x: usize, stride: i32, terms: i32, out: usize): void {
  const lanes = way == BF16_WAY || way == INTEGER_WAY || way == MAGIC_WAY;
  const mode = way == ANY_WAY ? modeOf(format) : NEAREST_EVEN;
  const none = i32x4.splat(0);
  const below = lanes ? v128.load(format, LANE_BELOW) : none, one = lanes ? v128.load(format, LANE_ONE) : none;
  const keep = lanes ? v128.load(format, LANE_KEEP) : none, exponent = lanes ? v128.load(format, LANE_EXPONENT) : none;
  const least = lanes ? v128.load(format, LANE_LEAST) : none, magic = lanes ? v128.load(format, LANE_MAGIC) : none;
  const sign = lanes ? v128.load(format, LANE_SIGN) : none, over = lanes ? v128.load(format, LANE_OVER) : none;
  const special = lanes ? v128.load(format, LANE_SPECIAL) : none, nan = lanes ? v128.load(format, LANE_NAN) : none;
  const shift = way == BF16_WAY ? 16 : way == INTEGER_WAY ? load<i32>(format, LANE_SHIFT) : 0;
  const size = way == FLOAT64_WAY ? 8 : 4, per = 16 / size, group = per * stride;
  const start = way == FLOAT64_WAY ? i64x2.splat(0x8000000000000000) : i32x4.splat(0x80000000);
  let s = start, t = start, u = start, v = start;
  let k = 0;
  for (; k + per <= terms; k += per) {
    s = added(way, format, mode, s, x, stride, shift, below, one, keep, exponent, least, magic, sign, over, special, nan);
    t = added(way, format, mode, t, x + group, stride, shift, below, one, keep, exponent, least, magic, sign, over, special, nan);
    u = added(way, format, mode, u, x + 2 * group, stride, shift, below, one, keep, exponent, least, magic, sign, over, special, nan);
    v = added(way, format, mode, v, x + 3 * group, stride, shift, below, one, keep, exponent, least, magic, sign, over, special, nan);
    x += 16;
  }
  for (; k < terms; k++) {
    s = result(ADD, way, format, mode, s, column(size, x, stride), shift, below, one, keep, exponent, least, magic, sign, over, special, nan);
    t = result(ADD, way, format, mode, t, column(size, x + group, stride), shift, below, one, keep, exponent, least, magic, sign, over, special, nan);
    u = result(ADD, way, format, mode, u, column(size, x + 2 * group, stride), shift, below, one, keep, exponent, least, magic, sign, over, special, nan);
    v = result(ADD, way, format, mode, v, column(size, x + 3 * group, stride), shift, below, one, keep, exponent, least, magic, sign, over, special, nan);
    x += size;
  }
  v128.store(out, s);
  v128.store(out, t, 16);
  v128.store(out, u, 32);
  v128.store(out, v, 48);
}

/** The next terms of a vector of rows, as many as a row has in a vector, added to their sums. */
@inline
function added(
  way: i32, format: usize, mode: i32, s: v128, x: usize, stride: i32, shift: i32, below: v128, one: v128, keep: v128,
  exponent: v128, least: v128, magic: v128, sign: v128, over: v128, special: v128, nan: v128,
): v128 {
  const a = v128.load(x), b = v128.load(x + stride);
  if (way == FLOAT64_WAY) {
    s = result(ADD, way, format, mode, s, v128.shuffle<i64>(a, b, 0, 2), shift, below, one, keep, exponent, least, magic, sign, over, special, nan);
    return result(ADD, way, format, mode, s, v128.shuffle<i64>(a, b, 1, 3), shift, below, one, keep, exponent, least, magic, sign, over, special, nan);
  }
  const c = v128.load(x + 2 * stride), d = v128.load(x + 3 * stride);
  const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5), cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  s = result(ADD, way, format, mode, s, v128.shuffle<i64>(ab, cd, 0, 2), shift, below, one, keep, exponent, least, magic, sign, over, special, nan);
  s = result(ADD, way, format, mode, s, v128.shuffle<i64>(ab, cd, 1, 3), shift, below, one, keep, exponent, least, magic, sign, over, special, nan);
  const ba = v128.shuffle<i32>(a, b, 2, 6, 3, 7), dc = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  s = result(ADD, way, format, mode, s, v128.shuffle<i64>(ba, dc, 0, 2), shift, below, one, keep, exponent, least, magic, sign, over, special, nan);
  return result(ADD, way, format, mode, s, v128.shuffle<i64>(ba, dc, 1, 3), shift, below, one, keep, exponent, least, magic, sign, over, special, nan);
}

/** The first numbers of a vector of rows. */
@inline
function column(size: i32, x: usize, stride: i32): v128 {
  if (size == 8) return v128.load64_lane(x + stride, v128.load64_zero(x), 1);
  const low = v128.load32_lane(x + stride, v128.load32_zero(x), 1);
  return v128.load32_lane(x + 3 * stride, v128.load32_lane(x + 2 * stride, low, 2), 3);
}
