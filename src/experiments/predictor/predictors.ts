/** The numbers that are held against the observed error: one for a run, from the diagnostics of its layers. */
import type { LayerDiagnostics } from '../../analysis/diagnostics/result.ts';

export interface Predictor {
  readonly key: string;
  readonly header: string;
  readonly meaning: string;
  /** Times it, the number is the prediction: ε_mach = 2u in the first version, u in the final one. */
  readonly unit: 'eps_mach' | 'u';
  /** @param u the unit roundoff of the layers' arithmetic, which the final version's terms have as a factor */
  of(layers: readonly LayerDiagnostics[], u: number): number;
}

type Of = (value: (name: string) => number) => number;

const each = (layers: readonly LayerDiagnostics[], of: Of): number[] =>
  layers.map(({ values }) => of((name) => values[name] ?? Number.NaN));
const sum = (of: Of) => (layers: readonly LayerDiagnostics[]) => each(layers, of).reduce((a, b) => a + b, 0);
const most = (name: string) => (layers: readonly LayerDiagnostics[]) =>
  each(layers, (value) => value(name)).reduce((a, b) => Math.max(a, b));
const mean = (name: string) => (layers: readonly LayerDiagnostics[]) =>
  each(layers, (value) => value(name)).reduce((a, b) => a + b, 0) / layers.length;

/** A single factor: the largest over layers, as the literature logs it. */
const factor = (key: string, header: string): Predictor => ({
  ...{ key, header, unit: 'eps_mach', of: most(key) },
  meaning: `largest ${key} over layers`,
});

/** All but the first-order bound, which is no function of diagnostics. */
export const predictors: readonly Predictor[] = [
  {
    ...{ key: 'first', header: 'first version', unit: 'eps_mach' },
    meaning: 'Σ over layers of κ_softmax(1 + κ_score)κ(V)‖W_O‖ + κ_eff + C_LN',
    of: sum((v) => v('a1_attention') + v('kappa_eff') + v('c_ln')),
  },
  {
    ...{ key: 'first_attention', header: 'first version, attention', unit: 'eps_mach' },
    meaning: 'Σ over layers of κ_softmax(1 + κ_score)κ(V)‖W_O‖',
    of: sum((v) => v('a1_attention')),
  },
  {
    ...{ key: 'first_val', header: 'the same with κ_val', unit: 'eps_mach' },
    meaning: 'Σ over layers of κ_softmax(1 + κ_score)κ_val: κ_val in the place of κ(V)‖W_O‖',
    of: sum((v) => v('kappa_softmax') * (1 + v('kappa_score')) * v('kappa_val')),
  },
  {
    ...{ key: 'final', header: 'final version', unit: 'u' },
    meaning: 'Σ over layers of local/‖h_L‖ · Π over later layers of (1 + a)(1 + m)',
    of: (layers, u) => sum((v) => v('a2_risk') / u)(layers),
  },
  {
    ...{ key: 'final_untransported', header: 'final, no transport', unit: 'u' },
    meaning: 'Σ over layers of local/‖h_L‖',
    of: (layers, u) => sum((v) => v('a2_untransported') / u)(layers),
  },
  factor('kappa_softmax', 'κ_softmax'),
  factor('kappa_score', 'κ_score'),
  factor('kappa_v', 'κ(V)'),
  factor('kappa_val', 'κ_val'),
  factor('norm_o', '‖W_O‖'),
  factor('kappa_eff', 'κ_eff'),
  factor('c_ln', 'C_LN'),
  {
    ...{ key: 'entropy', header: 'entropy', unit: 'eps_mach' },
    meaning: 'mean over layers of the median entropy of softmax rows, nats',
    of: mean('entropy_q50'),
  },
];
