/**
 * Where the tables of the elementary functions lie, behind the module's own data; ../../elementary-tables.ts writes them.
 */

/** 2^(j/512) for 0 ≤ j < 512: its upper 26 bits, and the rest. */
export const EXP_TABLE: usize = 0x10000;
/** For each 512th of a binade from 0.70703125 on: c ≈ 1/m of 14 bits, and −ln c to multiples of 2^−42, and the rest. */
export const LOG_TABLE: usize = 0x12000;
/** 64 zeros and the binary digits of 1/2π, in words of 64. */
export const TURNS_TABLE: usize = 0x15000;
/**
 * Taylor's coefficients about the multiples of 1/64: a_0 in two parts, a_1 in two parts of which the first has 26 bits,
 * a_2 … a_10, 0. sin and cos are those of x quarter turns.
 */
export const SERIES_BYTES: usize = 112;
export const SINE_TABLE: usize = 0x15100;
export const COSINE_TABLE: usize = 0x16000;
export const TANH_TABLE: usize = 0x17000;
export const ERF_TABLE: usize = 0x20000;

/** The functions, in the order of src/softfloat/scalars.ts. */
export const EXP: i32 = 0;
export const LOG: i32 = 1;
export const TANH: i32 = 2;
export const ERF: i32 = 3;
export const SIN: i32 = 4;
export const COS: i32 = 5;
export const RECIPROCAL: i32 = 6;
export const RSQRT: i32 = 7;

/** A function of an array, cut into blocks. */
@unmanaged
export class ElementaryJob {
  name: i32;
  /** 1 for float64 operands and results, 0 for float32. */
  wide: i32;
  count: i32;
  perTask: i32;
  /** The operands, and in their places the results. */
  numbers: usize;
  /** Constants of the rounding of float32 results (../layout.ts). */
  format: usize;
  /** The list of undecided elements, in no order: how many, and from 16 bytes on for each its index and, 8 bytes on, x. */
  undecided: usize;
}
