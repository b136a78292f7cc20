/** The diagnostics by name: the words of tables, of JSON and of users' formulas alike. theory/diagnostics.md defines each. */

export interface DiagnosticName {
  readonly name: string;
  /** What a table's legend says. */
  readonly text: string;
  readonly group: DiagnosticGroup;
  /** Printed in the tables of a terminal; the others stand in CSV, JSON and the report. */
  readonly shown: boolean;
}

export type DiagnosticGroup = 'attention' | 'rows' | 'query-key' | 'weights' | 'norms' | 'residual' | 'predictors';

export interface HeadName {
  readonly name: string;
  readonly text: string;
  readonly group: 'attention' | 'query-key';
  /** Which head stands for the layer: the one with the largest value, or with the smallest. */
  readonly worst: 'largest' | 'smallest';
  readonly shown: boolean;
}

const head = (
  group: HeadName['group'],
  name: string,
  text: string,
  { worst = 'largest', shown = true }: Partial<Pick<HeadName, 'worst' | 'shown'>> = {},
): HeadName => ({ name, text, group, worst, shown });

/** One number a head; of several sequences the worst. */
export const headNames: readonly HeadName[] = [
  head('attention', 'kappa_score', '‖Q‖‖K‖/(√d‖S‖), Frobenius norms'),
  head('attention', 'kappa_score_spectral', 'the same, spectral norms'),
  head('attention', 'kappa_softmax', '‖S‖_F/‖P‖_F max ‖J_i‖₂ (matrix form)'),
  head('attention', 'kappa_softmax_row', 'max ‖J_i‖₂‖S_i‖₂/‖P_i‖₂ (row form)'),
  head('attention', 'jacobian', 'max ‖J_i‖₂, J_i the Jacobian of softmax in row i', { shown: false }),
  head('attention', 'kappa_v', 'σ_max/(σ_min + 3·10⁻⁶) of the values V'),
  head('attention', 'kappa_val', '‖P‖_F‖V‖₂/‖O‖_F'),
  head('query-key', 'kq_largest', 'σ_max of W_kᵀW_q'),
  head('query-key', 'kq_smallest', 'the smallest singular value that its rank leaves', { worst: 'smallest' }),
  head('query-key', 'kq_condition', 'kq_largest/kq_smallest'),
  head('query-key', 'kq_stable_rank', '‖W_kᵀW_q‖_F²/σ_max²', { worst: 'smallest' }),
  head('query-key', 'kq_absolute', 'σ_max of |W_k|ᵀ|W_q|, from above'),
  head('query-key', 'kq_absolute_low', 'the same from below', { shown: false }),
  head('query-key', 'kq_ratio', 'kq_absolute/kq_largest'),
  head('query-key', 'kq_factor', 'kq_absolute·kq_condition'),
];

/** One number a row, of which quantiles are given: name_q01, name_q25, name_q50, name_q75, name_q99, name_max. */
export const rowNames = [
  ...(['entropy', 'p_max', 'theta'] as const),
  ...(['cond_attn', 'cond_mlp', 'cond2_attn', 'cond2_mlp'] as const),
] as const;

export type RowName = (typeof rowNames)[number];

/** What it is, its table, and the quantiles that are printed there. */
const rowTexts: Readonly<Record<RowName, readonly [string, DiagnosticGroup, readonly string[]]>> = {
  entropy: ['entropy of a row of probabilities, nats', 'rows', ['q01', 'q50', 'max']],
  p_max: ['largest probability of a row', 'rows', ['q01', 'q50', 'max']],
  theta: ['θ(p) of a row, the norm of its Jacobian from ∞ to 1', 'rows', ['q01']],
  cond_attn: ['componentwise condition number of the norm before attention', 'norms', ['q50', 'max']],
  cond_mlp: ['componentwise condition number of the norm before the MLP', 'norms', ['q50', 'max']],
  cond2_attn: ['normwise condition number of the norm before attention', 'norms', ['max']],
  cond2_mlp: ['normwise condition number of the norm before the MLP', 'norms', ['max']],
};

export const quantileNames = ['q01', 'q25', 'q50', 'q75', 'q99', 'max'] as const;

const layer = (group: DiagnosticGroup, name: string, text: string, shown = true): DiagnosticName => ({
  name,
  text,
  group,
  shown,
});

const layerOnly: readonly DiagnosticName[] = [
  layer('weights', 'omega_ov', '‖W_O‖∞ max ‖W_v,h‖∞'),
  layer('weights', 'omega_kq', '(2/√d) max ‖|W_k,h|1‖₂‖|W_q,h|1‖₂'),
  layer('weights', 'omega_ud', '‖W_up‖∞‖W_down‖∞'),
  layer('weights', 'omega_gd', '‖W_gate‖∞‖W_down‖∞ of a gated MLP', false),
  layer('weights', 'norm_o', '‖W_O‖₂'),
  layer('weights', 'norm_up', '‖W_up‖₂'),
  layer('weights', 'norm_down', '‖W_down‖₂'),
  layer('weights', 'norm_gate', '‖W_gate‖₂', false),
  layer('weights', 'kappa_o', 'σ_max/(σ_min + 10⁻⁶) of W_O'),
  layer('weights', 'kappa_up', 'the same of W_up'),
  layer('weights', 'kappa_down', 'the same of W_down'),
  layer('weights', 'kappa_gate', 'the same of W_gate', false),
  layer('weights', 'kappa_eff', 'kappa_up + kappa_down + kappa_o'),
  layer('norms', 'v_attn', 'mean over tokens of the variance before attention (RMSNorm: mean square)', false),
  layer('norms', 'v_mlp', 'the same before the MLP', false),
  layer('norms', 'c_ln', 'σ/√ε + σ²/ε + 1 of the median variance, the larger of both norms'),
  layer('norms', 'rho_ln_first', 'σ²·D·ε_mach/ε of the median variance (first version)'),
  layer('norms', 'rho_ln', 'v·D·u/ε of the mean variance (final version)'),
  layer('residual', 'growth_attn', '‖x‖_F/‖x₀‖_F of the stream after attention'),
  layer('residual', 'growth_mlp', 'the same after the MLP'),
  layer('residual', 'rms_attn', 'root mean square of the stream after attention'),
  layer('residual', 'rms_mlp', 'the same after the MLP'),
  layer('residual', 'gain_attn', 'a = ‖attention‖_F/‖what it is added to‖_F'),
  layer('residual', 'gain_mlp', 'm, the same of the MLP'),
  layer('residual', 'rho_first', 'min(0.9, ‖W_O‖₂ + ‖W_down‖₂‖W_up‖₂) (first version)'),
  layer('residual', 'rho_final', 'a + m(1 + a) (final version)'),
  layer('predictors', 'a1_attention', 'kappa_softmax_row(1 + kappa_score_spectral)·kappa_v·norm_o', false),
  layer('predictors', 'a1_prediction', 'ε_mach(a1_attention + kappa_eff + c_ln): the first version'),
  layer('predictors', 'a1_transported', 'a1_prediction·Π(1 + rho_first) over later layers', false),
  layer('predictors', 'a2_attention', '(κ_softmax + χ)‖P‖_F‖V‖₂ of all heads', false),
  layer('predictors', 'a2_norms', 'Σ ‖γ‖∞(ε + 2v)/(v + ε)^1.5‖x‖_F', false),
  layer('predictors', 'a2_remainder', 'Σ ‖W‖₂‖input‖_F of W_O and of the MLP', false),
  layer('predictors', 'a2_local', 'a2_attention + a2_norms + a2_remainder', false),
  layer('predictors', 'a2_dominance', 'a2_norms/a2_local', false),
  layer('predictors', 'a2_downstream', 'Π(1 + a)(1 + m) over later layers', false),
  layer('predictors', 'a2_untransported', 'u·a2_local/‖h_L‖_F'),
  layer('predictors', 'a2_risk', 'u·a2_local/‖h_L‖_F·a2_downstream: the final version'),
  layer('predictors', 'a2_score', 'a2_risk(1 + a2_dominance)(1 + rho_ln)'),
];

/** What is found from the others and from the run. */
const ranks: readonly DiagnosticName[] = [
  layer('predictors', 'observed', '√(added² + added²) of the layer’s two half blocks'),
  layer('predictors', 'a1_rank', 'place of the layer by a1_prediction, 1 the largest'),
  layer('predictors', 'a2_rank', 'place by a2_risk'),
  layer('predictors', 'observed_rank', 'place by observed'),
];

/** Every number of a layer, in the order of tables and JSON. Those of heads stand for their worst head, and `_median`. */
export const layerNames: readonly DiagnosticName[] = [
  ...headNames.flatMap(({ name, text, group, worst, shown }) => [
    layer(group, name, `${text}; the ${worst} of the heads`, shown),
    layer(group, `${name}_median`, `${text}; median over heads`, shown),
  ]),
  ...rowNames.flatMap((name) => {
    const [text, group, shown] = rowTexts[name];
    return quantileNames.map((q) => layer(group, `${name}_${q}`, `${text}: ${q} over rows`, shown.includes(q)));
  }),
  ...layerOnly,
  ...ranks,
];

/** What a formula may also name: the arithmetic and the sizes. */
export const scopeNames: readonly { readonly name: string; readonly text: string }[] = [
  { name: 'u', text: 'unit roundoff: the largest of the roundings of the layer’s sites' },
  { name: 'eps_mach', text: 'the largest gap above 1 of their formats, 2u to nearest' },
  { name: 'eta', text: 'the largest error of an underflow in them' },
  { name: 'n', text: 'tokens of the longest sequence' },
  { name: 'd', text: 'head width' },
  { name: 'D', text: 'width of the residual stream' },
  { name: 'layer', text: 'the layer, from 0' },
];

/** What a correlation with the observed error is given for, besides the users' formulas. */
export const predictorNames: readonly string[] = [
  ...['a1_prediction', 'a1_transported', 'a2_untransported', 'a2_risk', 'a2_score'],
  ...['kappa_softmax', 'kappa_score', 'kappa_v', 'kappa_val', 'kappa_eff', 'c_ln', 'rho_ln', 'entropy_q50'],
];
