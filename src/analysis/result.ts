/** What an analysis finds: plain data, the same object in the library and in `--json`. */

import type { DepthTiers } from './depth/result.ts';
import type { Diagnostics } from './diagnostics/result.ts';
import type { Quantiles } from './quantiles.ts';

export type { Quantiles };

/** The error of one tap. With X the reference and X̂ the computed tensor, over the entries that are not masked or padded. */
export interface TapResult {
  readonly tap: string;
  /** Block the tap is in; null for `embed`, `final_norm` and `logits`. */
  readonly layer: number | null;
  readonly shape: readonly number[];
  /** ‖X̂ − X‖_F / ‖X‖_F. */
  readonly relFrobenius: number;
  /** ‖fl(F)(x̂) − F(x̂)‖_F / ‖X‖_F of the half block F that ends here; null where none ends. */
  readonly added: number | null;
  /** ‖F(x̂) − F(x)‖_F / ‖X‖_F; with `added`'s difference it sums exactly to X̂ − X. */
  readonly inherited: number | null;
  /** Per row: max_j |x̂_j − x_j| / max_j |x_j|. */
  readonly relLinf: Quantiles;
  /** Per row: max_j |x̂_j − x_j| / |x_j|, 0/0 as 0. */
  readonly relComponentwise: Quantiles;
  /** Per row: max_j |x̂_j − x_j|. */
  readonly absLinf: Quantiles;
  /** The smallest row 2-norm of the reference. */
  readonly minRowNorm: number;
  /** Computed entries that are infinite or NaN. */
  readonly nonFinite: number;
  /** The error is within 100 times of the reference's own uncertainty. */
  readonly flagged: boolean;
}

/** The first computed entry, in program order, that is infinite or NaN. */
export interface NonFinite {
  readonly tap: string;
  readonly value: number;
  /** Sequence of the batch and position of the token in it, both from 0. */
  readonly sequence: number;
  readonly token: number;
  /** The entry's index in the tap, one number an axis; its row is all but the last. */
  readonly index: readonly number[];
}

export interface OutputResult {
  /** Mean negative log-likelihood in nats over predicted tokens; null where no token is predicted. */
  readonly lossReference: number | null;
  readonly lossComputed: number | null;
  /** Mean over rows of KL(reference ‖ computed), nats. */
  readonly klMean: number;
  /** Rows whose largest logit is at another token. */
  readonly argmaxFlips: number;
  /** The smallest difference of the two largest reference logits of a row. */
  readonly minMargin: number;
}

export interface Analysis {
  readonly schema: 'ulpwise.analysis/1';
  readonly model: {
    readonly family: string;
    readonly layers: number;
    readonly width: number;
    readonly heads: number;
    readonly kvHeads: number;
    readonly parameters: number;
    readonly source: string;
  };
  readonly policy: string;
  readonly reference: {
    readonly arithmetic: string;
    /** Largest relative Frobenius difference over the taps against `against`. */
    readonly uncertainty: number;
    /** The next stronger arithmetic. */
    readonly against: string;
    /** Tokens of the first sequence the uncertainty was measured on, of `sampledOf`. */
    readonly sampledTokens: number;
    readonly sampledOf: number;
  };
  readonly weights: 'original' | 'rounded';
  readonly pad: { readonly side: 'left' | 'right'; readonly token: number } | null;
  readonly tokens: readonly (readonly number[])[];
  readonly taps: readonly TapResult[];
  readonly firstNonFinite: NonFinite | null;
  readonly output: OutputResult;
  /** Seeds of stochastic rounding, as far as sites round so: with the policy they determine every bit. */
  readonly roundingSeeds: readonly number[];
  /** Present where it was asked for. */
  readonly diagnostics?: Diagnostics;
  /** Present where tiers were asked for. */
  readonly tiers?: DepthTiers;
}
