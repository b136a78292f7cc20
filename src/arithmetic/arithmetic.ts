/**
 * The interface every interpreter implements: the operations that programs are written in. A program is a function
 * over an `Arithmetic<V>`; what a value V is, and what an operation does to it, is the interpreter's own.
 *
 * Each operation happens at a site, whose spec says how it rounds; where every rounding happens is in docs/semantics.md.
 * Values are immutable. Axes broadcast from the right, as in NumPy.
 */
import type { Real } from '../softfloat/real.ts';
import type { KeyMask, Tensor } from '../tensor/index.ts';

/** A weight matrix and its bias, in original numbers. `in-out`: weight is [in, out]; `out-in`: [out, in]. */
export interface Linear {
  readonly weight: Tensor;
  readonly layout: 'in-out' | 'out-in';
  /** [out]. */
  readonly bias?: Tensor;
}

/** Gain γ and shift β, each [features], in original numbers. */
export interface Norm {
  readonly gamma: Tensor;
  readonly beta?: Tensor;
}

/** Exact reals in a shape, such as a table of cosines; interpreters round each table once and keep it. */
export interface RealTable {
  readonly shape: readonly number[];
  readonly reals: readonly Real[];
}

/** cos and sin by position, each [sequences, 1, tokens, d/2]. */
export interface RotaryTables {
  readonly exact: { readonly cos: RealTable; readonly sin: RealTable };
  /** The same with angles formed in float32, made where a policy asks for them. */
  readonly float32Angles: () => { readonly cos: RealTable; readonly sin: RealTable };
}

export interface MatmulOptions {
  /** b is [..., n, k]: a·bᵀ. */
  readonly transposed?: boolean;
  /** The terms of hidden keys are +0 itself. a is [sequences, heads, queries, keys]. */
  readonly mask?: KeyMask;
}

/** Operations with one rounding each, and movements of data with none. */
export interface BasicOperations<V> {
  shape(v: V): readonly number[];
  /** Numbers as they are, exactly. */
  lift(tensor: Tensor): V;
  /** The nearest numbers of float32 (where the value's format fits in it) or float64. */
  lower(v: V): Tensor | Promise<Tensor>;
  /** A parameter other than a matrix (γ, β, ε, an embedding), rounded to nearest even. */
  parameter(site: string, tensor: Tensor): V;
  /** Reals, rounded to nearest even. */
  constants(site: string, table: RealTable): V;

  reshape(v: V, shape: readonly number[]): V;
  permute(v: V, axes: readonly number[]): V;
  /** Entries `from` to `to` (excluded) of the last axis. */
  slice(v: V, from: number, to: number): V;
  /** Joins along the last axis. */
  concat(a: V, b: V): V;
  negate(v: V): V;
  /** x where x > 0, NaN where x is, else +0. */
  relu(v: V): V;
  /** The largest of each row's visible entries, NaN if one of them is; [..., 1]. */
  rowMax(v: V, mask?: KeyMask): V;
  /** v where the mask shows it, `hidden` elsewhere. */
  select(v: V, mask: KeyMask, hidden: number): V;

  add(site: string, a: V, b: V): V;
  subtract(site: string, a: V, b: V): V;
  multiply(site: string, a: V, b: V): V;
  divide(site: string, a: V, b: V): V;
  sqrt(site: string, v: V): V;
  exp(site: string, v: V): V;
  tanh(site: string, v: V): V;
  erf(site: string, v: V): V;
  /** Each row's sum in the site's order and accumulation format; [..., 1]. */
  rowSum(site: string, v: V): V;
  /**
   * a [..., m, k] times b [..., k, n]. The leading axes agree, but for the last of them, where a may have a multiple of
   * b's entries: entry h of a meets entry ⌊h·B/A⌋ of b (grouped-query attention).
   */
  matmul(site: string, a: V, b: V, options?: MatmulOptions): V;
  /** x [..., in] through a layer; [..., out]. */
  linear(site: string, x: V, layer: Linear): V;
}

/** Functions over the basic operations, of which an interpreter may have a meaning of its own. */
export interface CompositeOperations<V> {
  /** query [..., m, k] times key [..., n, k] transposed, times c = `scale`; hidden entries are −∞. */
  scores(site: string, query: V, key: V, scale: RealTable, mask?: KeyMask): V;
  /** Along the last axis; hidden entries are +0. */
  softmax(site: string, x: V, mask?: KeyMask): V;
  layerNorm(site: string, x: V, norm: Norm, epsilon: number): V;
  rmsNorm(site: string, x: V, norm: Norm, epsilon: number): V;
  gelu(site: string, x: V, form: 'tanh' | 'erf'): V;
  silu(site: string, x: V): V;
  /** Rotates the pairs (j, j + d/2) of x [sequences, heads, tokens, d]. */
  rotate(site: string, x: V, tables: RotaryTables): V;
}

/** The sites of attention's three operations. */
export interface AttentionSites {
  readonly scores: string;
  readonly probs: string;
  readonly context: string;
}

/** What attention comes to: its scores, their softmax, and that times the values, [..., m, d]. */
export interface Attention<V> {
  readonly scores: V;
  readonly probs: V;
  readonly context: V;
}

export interface Arithmetic<V> extends BasicOperations<V>, CompositeOperations<V> {
  /** Such as `softfloat(bf16)`, `double-double`. */
  readonly name: string;
  /**
   * `scores`, `softmax` of them and its `matmul` with `value` [..., n, d] in one go, with the same bits. Undefined where an
   * interpreter would rather be asked for one after the other.
   */
  attention?(
    sites: AttentionSites,
    query: V,
    key: V,
    value: V,
    scale: RealTable,
    mask: KeyMask,
  ): Attention<V> | undefined;
  /**
   * Says that nobody reads these values any more, nor what shares their storage, but for `kept`: an interpreter may use it
   * for other values.
   */
  release?(values: readonly V[], kept: V): void;
  /**
   * Runs `compute`, whose results are released in time and are seen by nobody else: they may lie in memory that an
   * interpreter shares with its threads.
   */
  lend?<T>(compute: () => T): T;
}
