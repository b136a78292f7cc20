/**
 * What TypeScript and the kernels exchange in memory. ../rounding-constants.ts writes the constants, ../job.ts the job,
 * field by field in this order, and ../pool.ts the pool's words.
 */

/**
 * Constants of a rounding to nearest even in float32 lanes, each repeated over a vector.
 * LANE_BELOW: 2^(s−1) − 1, where s = 24 − p bits are dropped. LANE_ONE: 1. LANE_KEEP: the bits that are kept.
 * LANE_EXPONENT: float32's exponent field. LANE_LEAST: 2^emin. LANE_MAGIC: an integer that turns 2^e into 1.5·2^(e+s).
 * LANE_SIGN: the sign bit. LANE_OVER: the smallest float32 that rounds above the largest number.
 * LANE_SPECIAL: what stands for it. LANE_NAN: what stands for NaN. LANE_SPLITTER: 2^s + 1. LANE_SHIFT: s as a 32-bit
 * integer.
 */
export const LANE_BELOW: usize = 0;
export const LANE_ONE: usize = 16;
export const LANE_KEEP: usize = 32;
export const LANE_EXPONENT: usize = 48;
export const LANE_LEAST: usize = 64;
export const LANE_MAGIC: usize = 80;
export const LANE_SIGN: usize = 96;
export const LANE_OVER: usize = 112;
export const LANE_SPECIAL: usize = 128;
export const LANE_NAN: usize = 144;
export const LANE_SPLITTER: usize = 160;
export const LANE_SHIFT: usize = 176;

/**
 * Constants of a rounding in float64 lanes. WIDE_LEAST: 2^emin. WIDE_MAGIC: turns 2^e into 1.5·2^(e+53−p).
 * WIDE_LARGEST. WIDE_OVER, WIDE_OVER_NEGATIVE: what stands for a finite number beyond ±largest. WIDE_INF: what stands
 * for +∞ (−∞ has its negative). WIDE_TINY: results of a smaller magnitude become zeros. WIDE_NAN: ones where the format
 * has NaN. WIDE_ULP: turns 2^e into the gap above it, when subtracted. WIDE_MODE: index of the rounding mode, 32 bits.
 */
export const WIDE_LEAST: usize = 0;
export const WIDE_MAGIC: usize = 16;
export const WIDE_LARGEST: usize = 32;
export const WIDE_OVER: usize = 48;
export const WIDE_OVER_NEGATIVE: usize = 64;
export const WIDE_INF: usize = 80;
export const WIDE_TINY: usize = 96;
export const WIDE_NAN: usize = 112;
export const WIDE_ULP: usize = 128;
export const WIDE_MODE: usize = 144;

/** Rounding modes, in the order of formats/round.ts. */
export const NEAREST_EVEN: i32 = 0;
export const NEAREST_AWAY: i32 = 1;
export const TOWARD_ZERO: i32 = 2;
export const DOWN: i32 = 3;
export const UP: i32 = 4;
export const ODD: i32 = 5;

/**
 * The pool's words (pool.ts), below the module's own data: numbers of the first task that has not been taken and of the one
 * after the last such (side by side, aligned to 8 bytes); how many tasks there have been, and how many are done; the job's
 * copies, one a thread, their size, the number of its first task, its kind, and how many threads there are.
 */
export const POOL_FRONT: usize = 64;
export const POOL_BACK: usize = 68;
export const POOL_LIMIT: usize = 128;
export const POOL_DONE: usize = 192;
export const POOL_JOBS: usize = 256;
export const POOL_JOB_BYTES: usize = 260;
export const POOL_FIRST: usize = 264;
export const POOL_KIND: usize = 268;
export const POOL_THREADS: usize = 272;

/** Kinds of jobs (tasks.ts). */
export const MATMUL_JOB: i32 = 0;
export const ROUND_JOB: i32 = 1;
export const ELEMENTARY_JOB: i32 = 4;
export const NORMAL_JOB: i32 = 5;
export const LOGITS_JOB: i32 = 6;
export const ERRORS_JOB: i32 = 7;
export const ROWS_JOB: i32 = 10;
export const STEPS_JOB: i32 = 11;
export const SOFTMAX_JOB: i32 = 12;
export const NORM_JOB: i32 = 13;
export const ROTARY_JOB: i32 = 14;
export const DOUBLE_DOUBLE_JOB: i32 = 50;
export const DECIMAL_JOB: i32 = 51;
export const PACK_JOB: i32 = 2;
export const STATISTICS_JOB: i32 = 3;
export const STOCHASTIC_ENTRIES_JOB: i32 = 8;
export const STOCHASTIC_SUMS_JOB: i32 = 9;

/** How the sums of chains are combined. */
export const COMBINE_SEQUENTIAL: i32 = 0;
export const COMBINE_PAIRWISE: i32 = 1;
export const KAHAN: i32 = 2;

/** One product of matrices, rows of A with panels of B. */
@unmanaged
export class Job {
  /** Largest |a|·|b| and Σ|a|·|b| for which no intermediate of the quick kernel can overflow. */
  productLimit: f64;
  sumLimit: f64;
  /** Smallest nonzero |a|·|b| for which every product is exact in float32. */
  exactLimit: f64;
  /** Largest Σ|a|·|b| and |a| that the scaled kernel takes; its factor, and the factor's reciprocal. */
  scaledSumLimit: f64;
  scaledLimit: f64;
  scale: f64;
  unscale: f64;
  /** Smallest nonzero |a|·|b| and largest Σ|a|·|b| that the quick kernel takes; for others there is the signed one. */
  quickLeast: f64;
  quickMost: f64;

  /** Rows of A: contiguous, `stride` bytes from one to the next. */
  a: usize;
  stride: i32;
  rows: i32;
  terms: i32;
  /** Panels of B, each `terms` rows of 64 bytes. */
  panels: usize;
  panelCount: i32;
  /** Columns of B; the rest of the last panel is padding. */
  columns: i32;
  /** Sums, `resultStride` bytes from row to row. */
  result: usize;
  resultStride: i32;
  /** Visible range of each row, two i32; 0 for no mask. */
  masks: usize;
  /** Statistics of rows and of panels (pack.ts), three f64 each; or 0, and then the quick kernel runs. */
  rowStatistics: usize;
  panelStatistics: usize;
  /**
   * Kernels by number, −1 the general one: within all limits; where a sum may overflow; where a product may; in scaled
   * numbers, where a product may be inexact in float32.
   */
  quick: i32;
  /** What the quick kernel's tiles are done again with where they hold a zero, if it loses the signs of zeros (kernels.ts). */
  signed: i32;
  careful: i32;
  beyond: i32;
  scaled: i32;
  /** Kinds of rounding (lanes.ts) of all but the scaled kernel. */
  kindOfProduct: i32;
  kindOfSum: i32;
  /** The plan: chain c starts at first + c·firstStep and takes every `step`th term, at most `length` of them. */
  chains: i32;
  first: i32;
  firstStep: i32;
  step: i32;
  length: i32;
  combine: i32;
  /** Constants of the two roundings: in float32 lanes, in scaled ones, in float64. */
  product: usize;
  accumulate: usize;
  scaledProduct: usize;
  scaledAccumulate: usize;
  wideProduct: usize;
  wideAccumulate: usize;
  /** 1 where products enter the sums as they are. */
  exactProducts: i32;
  /** 1 where every chain starts at +0 (fma), not at its first term. */
  startAtZero: i32;
  /** Each thread has a copy of the job with a scratch of its own. */
  scratch: usize;
  /** The job in tasks (pool.ts): blocks of so many rows, a multiple of four, and panels. */
  rowsPerTask: i32;
  panelsPerTask: i32;
  /** The columns of each row that will be read, two i32; 0 for all. Tiles without any are left as they are. */
  readColumns: usize;
}

/** Ways to round an array (round.ts). */
export const ROUND_INTEGER32: i32 = 0;
export const ROUND_MAGIC32: i32 = 1;
export const ROUND_CUT32: i32 = 2;
export const ROUND_ANY32: i32 = 3;
export const ROUND_MAGIC64: i32 = 4;
export const ROUND_ANY64_TO_32: i32 = 5;
export const ROUND_ANY64: i32 = 6;

/** Numbers to round; constants are bits of float32 (in the low half) or float64, by the way. */
@unmanaged
export class RoundJob {
  data: usize;
  /** float32 results of float64 numbers; the others are rounded in place. */
  output: usize;
  count: i32;
  /** A multiple of 16. */
  perTask: i32;
  way: i32;
  /**
   * What is added before s bits are dropped, xored with `difference` for a negative number, and `parity` more where bit s
   * is 1; `unit` is that bit (0 where none is dropped).
   */
  base: i64;
  difference: i64;
  unit: i64;
  parity: i64;
  keep: i64;
  /** All bits but the sign. */
  abs: i64;
  /** 2^emin, and an integer that turns 2^e into 1.5·2^(e + s). */
  least: i64;
  magic: i64;
  /** The largest magnitude that the quick ways round right: what follows it rounds above the largest number. */
  last: i64;
  largest: i64;
  /** Results of a smaller magnitude become zeros. */
  tiny: i64;
  /** Magnitudes that stand for infinity and for finite numbers beyond ±largest, and for NaN. */
  infinity: i64;
  beyond: i64;
  beyondNegative: i64;
  nan: i64;
}
