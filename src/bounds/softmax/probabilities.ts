/** Softmax in exact arithmetic, as far as float64 goes: relative errors below 2^−42 (see slackOf in ../define.ts). */

export interface Probabilities {
  /** The largest entry. */
  readonly largest: number;
  /** largest − x_j. */
  readonly gaps: Float64Array;
  /** Z = Σ exp(−gap_j), from 1 to n. */
  readonly total: number;
  /** Probabilities below `LEAST` are given as `LEAST`. */
  readonly p: Float64Array;
  /** 1 − p_j, without cancellation. */
  readonly rest: Float64Array;
}

/**
 * Still far from float64's underflow: p_j·e^w with a large w must not become 0 with p_j. What it adds is nothing beside
 * the η of any format, and bounds only grow with p_j.
 */
const LEAST = 2 ** -1000;

export function probabilitiesOf(x: Float64Array): Probabilities {
  const largest = x.reduce((a, b) => Math.max(a, b));
  const gaps = x.map((value) => largest - value);
  const e = gaps.map((gap) => Math.exp(-gap));
  const total = sum(e);
  const p = e.map((value) => Math.max(value / total, LEAST));
  return { largest, gaps, total, p, rest: complements(p) };
}

/** Σ_{k≠j} p_k for each j; at most one p_j is above a half, where 1 − p_j would cancel. */
export function complements(p: Float64Array): Float64Array {
  return p.map((value, j) =>
    value <= 0.5 ? 1 - value : p.reduce((rest, other, k) => (k === j ? rest : rest + other), 0),
  );
}

export function sum(values: Float64Array): number {
  return values.reduce((a, b) => a + b, 0);
}

export function largestOf(values: Float64Array): number {
  return values.reduce((a, b) => Math.max(a, b), 0);
}

/** (e^t − 1)/t: by how much a first-order term grows along a path on which it can become e^t as large. */
export function pathGrowth(t: number): number {
  return t === 0 ? 1 : Math.expm1(t) / t;
}
