/** The literature's predictors as numbers through depth: after each layer, what they say of the layers so far. No bounds. */
import type { LayerDiagnostics } from '../diagnostics/result.ts';

export interface Prediction {
  /** The first version's sum over the layers so far. */
  readonly baekPredictor: number;
  /** The final version's, as if the decoder ended here. */
  readonly riskA2: number;
}

/** After each layer, from the diagnostics of all of them; theory/depth-tiers.md, “Predictors”. */
export function predictionsOf(layers: readonly LayerDiagnostics[]): Prediction[] {
  const last = (layers.at(-1)?.values.growth_mlp ?? Number.NaN) as number;
  let [sum, risk, before] = [0, 0, 1];
  return layers.map(({ values }) => {
    const at = (name: string): number => values[name] ?? Number.NaN;
    sum += at('a1_prediction');
    const growth = at('growth_mlp');
    // Norms are over the last stream's in the diagnostics, and over this one's here.
    risk = risk * (1 + at('gain_attn')) * (1 + at('gain_mlp')) * (before / growth);
    risk += at('a2_untransported') * (last / growth);
    before = growth;
    return { baekPredictor: sum, riskA2: risk };
  });
}
