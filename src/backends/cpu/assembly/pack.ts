/** Operands made ready: panels of B, and what the choice of a kernel needs to know of their numbers. */

/** B as panels, some of them a task; ../panels.ts writes it. */
@unmanaged
export class PackJob {
  /** `terms` rows of `columns` numbers or, transposed, `columns` rows of `terms`; `stride` bytes from row to row. */
  b: usize;
  stride: i32;
  terms: i32;
  columns: i32;
  transposed: i32;
  /** Bytes of a number. */
  size: i32;
  panels: usize;
  /** Statistics of each panel, or 0 for none. */
  statistics: usize;
  withSums: i32;
  panelsPerTask: i32;
}

export function packTask(job: PackJob, task: i32): void {
  const perPanel = 64 / job.size, terms = job.terms, first = task * job.panelsPerTask;
  const end = min(first + job.panelsPerTask, (job.columns + perPanel - 1) / perPanel);
  for (let panel = first; panel < end; panel++) {
    const column = panel * perPanel, columns = min(perPanel, job.columns - column), to = job.panels + panel * terms * 64;
    if (!job.transposed) packColumns(job.b + column * job.size, job.stride, terms, columns * (job.size >> 2), to);
    else if (job.size == 8) packDoubles(job.b + column * job.stride, job.stride, terms, columns, to);
    else packRows(job.b + column * job.stride, job.stride, terms, columns, to);
    if (job.statistics) statistics(to, 0, terms * 16, 1, job.withSums, job.statistics + panel * 24);
  }
}

/** The arguments of `statistics`, some rows a task; ../job.ts writes it. */
@unmanaged
export class StatisticsJob {
  x: usize;
  stride: i32;
  n: i32;
  count: i32;
  withSums: i32;
  result: usize;
  rowsPerTask: i32;
}

export function statisticsTask(job: StatisticsJob, task: i32): void {
  const first = task * job.rowsPerTask, count = min(job.rowsPerTask, job.count - first);
  statistics(job.x + first * job.stride, job.stride, job.n, count, job.withSums, job.result + first * 24);
}

/** The first `columns` columns (at most 16) of b, `stride` bytes a row, as a panel; eight of float64 count as 16. */
function packColumns(b: usize, stride: i32, terms: i32, columns: i32, panel: usize): void {
  for (let k = 0; k < terms; k++) {
    const source = b + k * stride, target = panel + k * 64;
    if (columns == 16) {
      v128.store(target, v128.load(source));
      v128.store(target, v128.load(source, 16), 16);
      v128.store(target, v128.load(source, 32), 32);
      v128.store(target, v128.load(source, 48), 48);
    } else {
      memory.fill(target, 0, 64);
      memory.copy(target, source, columns * 4);
    }
  }
}

/** The same of rows: b is [columns, terms], and a panel holds up to 16 rows side by side. */
export function packRows(b: usize, stride: i32, terms: i32, columns: i32, panel: usize): void {
  if (columns < 16) memory.fill(panel, 0, terms * 64);
  let j = 0;
  for (; j + 4 <= columns; j += 4) {
    const r0 = b + j * stride, r1 = r0 + stride, r2 = r1 + stride, r3 = r2 + stride;
    let k = 0;
    for (; k + 4 <= terms; k += 4) {
      const at = k * 4, target = panel + k * 64 + j * 4;
      const x0 = v128.load(r0 + at), x1 = v128.load(r1 + at), x2 = v128.load(r2 + at), x3 = v128.load(r3 + at);
      const y0 = v128.shuffle<i32>(x0, x1, 0, 4, 1, 5), y1 = v128.shuffle<i32>(x0, x1, 2, 6, 3, 7);
      const z0 = v128.shuffle<i32>(x2, x3, 0, 4, 1, 5), z1 = v128.shuffle<i32>(x2, x3, 2, 6, 3, 7);
      v128.store(target, v128.shuffle<i64>(y0, z0, 0, 2));
      v128.store(target, v128.shuffle<i64>(y0, z0, 1, 3), 64);
      v128.store(target, v128.shuffle<i64>(y1, z1, 0, 2), 128);
      v128.store(target, v128.shuffle<i64>(y1, z1, 1, 3), 192);
    }
    for (; k < terms; k++) {
      const at = k * 4, target = panel + k * 64 + j * 4;
      store<u32>(target, load<u32>(r0 + at));
      store<u32>(target, load<u32>(r1 + at), 4);
      store<u32>(target, load<u32>(r2 + at), 8);
      store<u32>(target, load<u32>(r3 + at), 12);
    }
  }
  for (; j < columns; j++) {
    for (let k = 0; k < terms; k++) store<u32>(panel + k * 64 + j * 4, load<u32>(b + j * stride + k * 4));
  }
}

/** Rows of float64, up to 8 of them, side by side. */
export function packDoubles(b: usize, stride: i32, terms: i32, columns: i32, panel: usize): void {
  if (columns < 8) memory.fill(panel, 0, terms * 64);
  let j = 0;
  for (; j + 2 <= columns; j += 2) {
    const r0 = b + j * stride, r1 = r0 + stride;
    let k = 0;
    for (; k + 2 <= terms; k += 2) {
      const x = v128.load(r0 + k * 8), y = v128.load(r1 + k * 8), target = panel + k * 64 + j * 8;
      v128.store(target, v128.shuffle<i64>(x, y, 0, 2));
      v128.store(target, v128.shuffle<i64>(x, y, 1, 3), 64);
    }
    if (k < terms) {
      store<u64>(panel + k * 64 + j * 8, load<u64>(r0 + k * 8));
      store<u64>(panel + k * 64 + j * 8, load<u64>(r1 + k * 8), 8);
    }
  }
  if (j < columns) {
    for (let k = 0; k < terms; k++) store<u64>(panel + k * 64 + j * 8, load<u64>(b + j * stride + k * 8));
  }
}

/**
 * Of `count` rows of n float32: the largest magnitude (NaN if one is), the smallest that is not 0 (Infinity if none is),
 * and the sum of magnitudes in float64 (0 unless `withSums`). Rows that hold a NaN get the positive quiet one in its place:
 * integer rounding would carry a payload into the sign.
 */
export function statistics(x: usize, stride: i32, n: i32, count: i32, withSums: i32, result: usize): void {
  for (let row = 0; row < count; row++) {
    if (withSums) rowStatistics(1, x + row * stride, n, result + row * 24);
    else rowStatistics(0, x + row * stride, n, result + row * 24);
  }
}

@inline
function rowStatistics(withSum: i32, x: usize, n: i32, result: usize): void {
  const zero = i32x4.splat(0);
  let most = zero, least = i32x4.splat(-1), i = 0;
  // Two sums: one would have to wait for each of its additions.
  let sum = zero, other = zero;
  for (; i + 8 <= n; i += 8) {
    const v = magnitudes(x + i * 4), w = magnitudes(x + i * 4 + 16);
    most = i32x4.max_u(most, i32x4.max_u(v, w));
    least = i32x4.min_u(least, i32x4.min_u(before(v), before(w)));
    if (withSum) {
      sum = f64x2.add(sum, sumOfHalves(v));
      other = f64x2.add(other, sumOfHalves(w));
    }
  }
  let a = max(largestLane(most, 0), largestLane(most, 2));
  let b = min(~largestLane(v128.not(least), 0), ~largestLane(v128.not(least), 2));
  sum = f64x2.add(sum, other);
  let total = f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
  for (; i < n; i++) {
    const v = load<u32>(x + i * 4) & 0x7fffffff;
    a = max(a, v);
    b = min(b, v - 1);
    if (withSum) total += f64(reinterpret<f32>(v));
  }
  if (a > 0x7f800000) canonicalize(x, n);
  store<f64>(result, f64(reinterpret<f32>(a)));
  store<f64>(result, b == 0xffffffff ? Infinity : f64(reinterpret<f32>(b + 1)), 8);
  store<f64>(result, total, 16);
}

@inline
function magnitudes(x: usize): v128 {
  return v128.and(v128.load(x), i32x4.splat(0x7fffffff));
}

/** The integer before; zeros wrap around to the largest. */
@inline
function before(v: v128): v128 {
  return i32x4.sub(v, i32x4.splat(1));
}

@inline
function sumOfHalves(v: v128): v128 {
  const upper = f64x2.promote_low_f32x4(v128.shuffle<i32>(v, v, 2, 3, 2, 3));
  return f64x2.add(f64x2.promote_low_f32x4(v), upper);
}

@inline
function largestLane(v: v128, pair: i32): u32 {
  return pair == 0
    ? max(u32(i32x4.extract_lane(v, 0)), u32(i32x4.extract_lane(v, 1)))
    : max(u32(i32x4.extract_lane(v, 2)), u32(i32x4.extract_lane(v, 3)));
}

/** Any NaN becomes the positive quiet one, in place. */
function canonicalize(x: usize, n: i32): void {
  for (let i = 0; i < n; i++) {
    if ((load<u32>(x + i * 4) & 0x7fffffff) > 0x7f800000) store<u32>(x + i * 4, 0x7fc00000);
  }
}
