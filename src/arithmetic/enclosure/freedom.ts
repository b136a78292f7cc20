/** What a program may do otherwise than docs/semantics.md says, beside the order of its additions. theory/local-check.md, L4. */

/** Whole ulps that a function may be off beyond correct rounding; 0 where missing. */
export interface UlpAllowance {
  readonly exp?: number;
  readonly tanh?: number;
  readonly erf?: number;
  /** The reciprocal root of a norm. */
  readonly rsqrt?: number;
  /** cos and sin of rotary tables. */
  readonly trigonometric?: number;
}

export interface Freedom {
  readonly ulps?: UlpAllowance;
  /** Constants (the scores' scale, ε, those of GELU) may be off by one rounding, or divided by instead of multiplied. */
  readonly constants?: boolean;
  /** Other formulas of the same function: `formulas.ts` lists them. */
  readonly formulas?: boolean;
  /** The variance of a LayerNorm may be that of an update, entry by entry or in blocks (Welford, Chan). */
  readonly runningMoments?: boolean;
  /** How far the angle of entry i of the rotary tables may be from the exact one, in radians. */
  readonly angleError?: (i: number) => number;
  /** Sites of attention whose scores and probabilities may never have been stored: a fused kernel with a running maximum. */
  readonly fused?: (site: string) => boolean;
}

/** Nothing but another order of additions, with fma or without. */
export const noFreedom: Freedom = Object.freeze({});
