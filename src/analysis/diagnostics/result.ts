/** What the diagnostics of a run are: plain data, as it stands in the analysis and in `--json`. */
import type { Quantiles } from '../quantiles.ts';

/** One head; of several sequences the worst. */
export interface HeadDiagnostics {
  readonly head: number;
  readonly values: Readonly<Record<string, number>>;
  readonly rows: Readonly<Record<'entropy' | 'p_max' | 'theta', Quantiles>>;
}

/** One layer. */
export interface LayerDiagnostics {
  readonly layer: number;
  /** By name, as names.ts lists them; null where the layer has no such thing. */
  readonly values: Readonly<Record<string, number | null>>;
  /** The values of the users' formulas, in their order; null where one of its names is. */
  readonly formulas: readonly (number | null)[];
  readonly heads: readonly HeadDiagnostics[];
}

export interface Correlation {
  /** A predictor or a formula. */
  readonly name: string;
  readonly spearman: number | null;
  readonly pearson: number | null;
}

export interface Diagnostics {
  readonly formulas: readonly { readonly name: string; readonly text: string }[];
  readonly layers: readonly LayerDiagnostics[];
  /** With the observed error, over layers; null where there are fewer than four. */
  readonly correlations: readonly Correlation[] | null;
}
