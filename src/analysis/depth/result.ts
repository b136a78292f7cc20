/** What an analysis says of errors through depth, tier by tier: plain data. theory/depth-tiers.md has the statements. */

/** The tiers, from the observed error to the worst case, and the literature's predictors. */
export const tierNames = [
  'rootSumSquare',
  'triangle',
  'boundRootSumSquare',
  'boundTriangle',
  'certified',
  'relativeProduct',
  'worstCase',
  'baekPredictor',
  'riskA2',
] as const;
export type TierName = (typeof tierNames)[number];

/** A number for each tier; null where the tier has none there. */
export type Tiers = Readonly<Record<TierName, number | null>>;

/**
 * Errors of one residual stream, or of the logits: ‖·‖_F over counted entries, divided by ‖X‖_F of the reference there.
 * ξ_l are the local errors fl(F_l)(x̂) − F_l(x̂) of the embedding, of each half block so far and, at the logits, of the
 * head; A_l the derivative of the exact program from where ξ_l was made to here, at the computed point.
 */
export interface TierPoint extends Tiers {
  readonly tap: string;
  /** Block the tap is in; null for `embed` and `logits`. */
  readonly layer: number | null;
  /** ‖X̂ − X‖_F / ‖X‖_F: the tap's relFrobenius. */
  readonly observed: number;
  /** The local error of the last step alone. */
  readonly local: number | null;
  /** ‖Σ A_l ξ_l‖: the error to first order, with its cancellation. */
  readonly linear: number | null;
  /** ‖X̂ − X − Σ A_l ξ_l‖: everything beyond first order. `observed` ≤ `triangle` + `rest`. */
  readonly rest: number | null;
  /** What the certified interpreter, begun anew at the computed point, bounds the last step's local error with. */
  readonly localBound: number | null;
  /** The componentwise condition number of the last step, from above; null for the embedding. */
  readonly condition: number | null;
  /** log10 of `relativeProduct`, also where that is above the largest float64. */
  readonly relativeProductLog10: number | null;
  /** log10 of `worstCase`, also where that is above the largest float64. */
  readonly worstCaseLog10: number | null;
}

/** From a tap on a tier has no number. */
export interface UnavailableTier {
  readonly tier: TierName;
  readonly from: string;
  readonly because: string;
}

export interface DepthTiers {
  /** The embedding, the end of each half block and the logits, in program order. */
  readonly points: readonly TierPoint[];
  readonly unavailable: readonly UnavailableTier[];
}
