/** The jobs of stochastic rounding, written field by field in this order by ../../stochastic-job.ts. */

/** Elements whose words are made at once: two vectors. */
export const LANES: i32 = 8;
/** Bytes of what `prepare` (words.ts) leaves for so many elements. */
export const PREPARED: usize = 128;
/** Bytes of their words. */
export const WORDS: usize = 32;

/** Where a job's random words are: Philox's key and counter, as far as the elements have them in common. */
@unmanaged
export class Source {
  /** Philox's keys of each round, a vector of the first and one of the second. */
  keys: usize;
  /** Unsigned: u64(u32(x)) of an i32 field would extend its sign (AssemblyScript 0.28). */
  hash: u32;
  /** Of the first rounding that the job has to do. */
  step: i32;
}

/** out[i] = R(a[i] ∘ b[i]) for entry i, element start + ⌊i/width⌋·stride + i mod width. */
@unmanaged
export class EntriesJob extends Source {
  operation: i32;
  entries: i32;
  out: usize;
  a: usize;
  b: usize;
  /** Constants in float64 lanes (../layout.ts); 1 where the format has more than 21 bits. */
  format: usize;
  fine: i32;
  /** Of the first entry. */
  firstEntry: i32;
  start: i32;
  width: i32;
  stride: i32;
  entriesPerTask: i32;
  scratch: usize;
}

/** Sums of products, rows of A with panels of eight columns of B. */
@unmanaged
export class SumsJob extends Source {
  /** Rows of A, contiguous. */
  a: usize;
  rows: i32;
  terms: i32;
  /** Panels of B, each `terms` rows of eight float32. */
  panels: usize;
  panelCount: i32;
  /** Results, as many as all panels have columns to a row. */
  result: usize;
  /** Visible range of each row, two i32; 0 for no mask. */
  masks: usize;
  /** first, step and count of each chain, and how many there are; a way of combining them (../layout.ts). */
  chains: usize;
  chainCount: i32;
  combine: i32;
  /** Constants in float64 lanes of R_product, R_accumulate and R_out; 0 where there is no such rounding. */
  product: usize;
  accumulate: usize;
  out: usize;
  /** 1 where `accumulate`, or `out`, has more than 21 bits. */
  fineSum: i32;
  fineOut: i32;
  /** 1 where every chain starts at +0 (fma). */
  startAtZero: i32;
  /** A number for each column, or 0; and whether it is added in `accumulate`. */
  bias: usize;
  fusedBias: i32;
  /** Element of the first result, and how many lie between those of two rows. */
  firstElement: i32;
  elementsPerRow: i32;
  panelsPerTask: i32;
  rowsPerTask: i32;
  scratch: usize;
}
