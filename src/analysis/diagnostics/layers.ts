/** The numbers of each layer by name, from what was collected of all of them: predictors look at the layers after their own. */
import { baekTerms, downstreamGains, localRisk } from '../../bounds/attention/predictors.ts';
import { pearson, ranks, spearman } from '../../bounds/correlation.ts';
import { epsilonCover } from '../../bounds/norms/conditions.ts';
import type { ExtremeSingularValues } from '../../bounds/spectra/extremes.ts';
import type { UserFormula } from '../../bounds/user-formula.ts';
import type { DecoderConfig } from '../../model/config.ts';
import { layerOf } from '../../model/program/taps.ts';
import { type Quantiles, quantile } from '../quantiles.ts';
import type { AttentionDiagnostics } from './attention.ts';
import { headNames, layerNames, predictorNames, quantileNames, type RowName, rowNames } from './names.ts';
import type { NormDiagnostics } from './norms.ts';
import type { Correlation, Diagnostics, HeadDiagnostics, LayerDiagnostics } from './result.ts';
import type { Roundoff } from './roundoff.ts';

/** The ridge of κ_eff's terms. */
export const WEIGHT_RIDGE = 1e-6;
/** w of the final version's score: how much the norms' part of a layer's risk counts beside. */
const DOMINANCE_WEIGHT = 1;
/** The first version's ρ is at most this. */
const LARGEST_RHO = 0.9;
/** With fewer layers a correlation says nothing. */
export const LEAST_LAYERS = 4;

interface Half {
  /** Null in a block that begins without a norm. */
  readonly norm: NormDiagnostics | null;
  /** ‖branch‖_F over the norm of what it is added to. */
  readonly gain: number;
  readonly streamNorm: number;
  readonly growth: number;
  readonly rms: number;
}

/** A linear layer: the extremes of its weight's spectrum, and ‖its input‖_F. */
interface LinearDiagnostics extends ExtremeSingularValues {
  readonly input: number;
}

/** What one layer was found to be. */
export interface Collected {
  readonly attention: AttentionDiagnostics &
    Half & { readonly omegaOv: number; readonly omegaKq: number; readonly output: LinearDiagnostics };
  readonly mlp: Half & {
    readonly omegaUd: number;
    readonly omegaGd: number | null;
    readonly up: LinearDiagnostics;
    readonly down: LinearDiagnostics;
    readonly gate: LinearDiagnostics | null;
  };
}

/** What half blocks added, by the taps where they end. */
export interface ObservedTap {
  readonly tap: string;
  readonly added: number | null;
}

export interface Everything {
  readonly config: DecoderConfig;
  /** Of the longest sequence. */
  readonly tokens: number;
  readonly layers: readonly Collected[];
  readonly roundoff: readonly Roundoff[];
  readonly formulas: readonly UserFormula[];
  readonly taps: readonly ObservedTap[];
}

type Values = Record<string, number | null>;

export function diagnosticsOf({ config, tokens, layers, roundoff, formulas, taps }: Everything): Diagnostics {
  const values: Values[] = layers.map((layer, l) => ({
    ...headValues(layer.attention.heads),
    ...rowValues(layer),
    ...ownValues(config, layer, roundoff[l]),
    observed: observedError(taps, l),
  }));
  addTransport(values, layers, roundoff);
  addRanks(values, { a1_rank: 'a1_prediction', a2_rank: 'a2_risk', observed_rank: 'observed' });
  const made = layers.map((layer, l): LayerDiagnostics => {
    const ordered = Object.fromEntries(layerNames.map(({ name }) => [name, values[l][name] ?? null]));
    const { u, eta, epsMach: eps_mach } = roundoff[l];
    const scope = { ...ordered, u, eta, eps_mach, n: tokens, d: config.headWidth, D: config.width, layer: l };
    return {
      layer: l,
      values: ordered,
      formulas: formulas.map((formula) => formulaValue(formula, scope)),
      heads: layer.attention.heads,
    };
  });
  return {
    formulas: formulas.map(({ name, text }) => ({ name, text })),
    layers: made,
    correlations: made.length < LEAST_LAYERS ? null : correlations(made, formulas),
  };
}

/** Null where the layer lacks one of the formula's names. */
function formulaValue(formula: UserFormula, scope: Readonly<Values>): number | null {
  if (formula.symbols.some((name) => scope[name] === null)) return null;
  return formula.evaluate((name) => scope[name] as number);
}

/** The worst head, and the median over heads. */
function headValues(heads: readonly HeadDiagnostics[]): Values {
  const values: Values = {};
  for (const { name, worst } of headNames) {
    const all = Float64Array.from(heads, (head) => head.values[name]).sort();
    values[name] = all.some(Number.isNaN) ? Number.NaN : all[worst === 'largest' ? all.length - 1 : 0];
    values[`${name}_median`] = quantile(all, 0.5);
  }
  return values;
}

function rowValues({ attention, mlp }: Collected): Values {
  const quantiles: Readonly<Record<RowName, Quantiles | undefined>> = {
    ...attention.rows,
    cond_attn: attention.norm?.componentwise,
    cond_mlp: mlp.norm?.componentwise,
    cond2_attn: attention.norm?.normwise,
    cond2_mlp: mlp.norm?.normwise,
  };
  const values: Values = {};
  for (const name of rowNames) for (const q of quantileNames) values[`${name}_${q}`] = quantiles[name]?.[q] ?? null;
  return values;
}

const conditionOf = ({ largest, smallest }: ExtremeSingularValues) => largest / (smallest + WEIGHT_RIDGE);

/** What a layer says of itself, A's local terms included. */
function ownValues(
  { width, headWidth, normEpsilon: epsilon }: DecoderConfig,
  layer: Collected,
  roundoff: Roundoff,
): Values {
  const { attention, mlp } = layer;
  const { output } = attention;
  const { up, down, gate } = mlp;
  const norms = [attention.norm, mlp.norm].filter((norm) => norm !== null);
  const largest = (of: (norm: NormDiagnostics) => number) =>
    norms.reduce((most, norm) => Math.max(most, of(norm)), Number.NEGATIVE_INFINITY);
  const heads = headValues(attention.heads) as Record<string, number>;

  const kappaEff = conditionOf(up) + conditionOf(down) + conditionOf(output);
  const cLN = largest(({ condition }) => condition);
  const first = {
    kappaSoftmax: heads.kappa_softmax_row,
    kappaScore: heads.kappa_score_spectral,
    kappaV: heads.kappa_v,
    normO: output.largest,
  };
  const { combined } = attention;
  const perScore = combined.jacobian / combined.normProbabilities;
  const final = {
    kappaSoftmax: perScore * combined.normScores,
    chi: (perScore * combined.normQuery * combined.normKey) / Math.sqrt(headWidth),
    normP: combined.normProbabilities,
    normV: combined.normValue,
    ln: norms.reduce((sum, { magnitude }) => sum + magnitude, 0),
    remainder: [output, up, down, gate].reduce((sum, l) => sum + (l === null ? 0 : l.largest * l.input), 0),
  };
  const local = localRisk(final);
  const cover = (u: number, of: (norm: NormDiagnostics) => number) =>
    largest((norm) => epsilonCover({ v: of(norm), D: width, u, epsilon }));
  return {
    omega_ov: attention.omegaOv,
    omega_kq: attention.omegaKq,
    omega_ud: mlp.omegaUd,
    omega_gd: mlp.omegaGd,
    norm_o: output.largest,
    norm_up: up.largest,
    norm_down: down.largest,
    norm_gate: gate?.largest ?? null,
    kappa_o: conditionOf(output),
    kappa_up: conditionOf(up),
    kappa_down: conditionOf(down),
    kappa_gate: gate && conditionOf(gate),
    kappa_eff: kappaEff,
    v_attn: attention.norm?.meanVariance ?? null,
    v_mlp: mlp.norm?.meanVariance ?? null,
    c_ln: cLN,
    rho_ln_first: cover(roundoff.epsMach, ({ medianVariance }) => medianVariance),
    rho_ln: cover(roundoff.formatU, ({ meanVariance }) => meanVariance),
    growth_attn: attention.growth,
    growth_mlp: mlp.growth,
    rms_attn: attention.rms,
    rms_mlp: mlp.rms,
    gain_attn: attention.gain,
    gain_mlp: mlp.gain,
    rho_first: Math.min(LARGEST_RHO, output.largest + down.largest * up.largest),
    rho_final: attention.gain + mlp.gain * (1 + attention.gain),
    a1_attention: baekTerms({ ...first, kappaEff: 0, cLN: 0 }),
    a1_prediction: roundoff.epsMach * baekTerms({ ...first, kappaEff, cLN }),
    a2_attention: localRisk({ ...final, ln: 0, remainder: 0 }),
    a2_norms: final.ln,
    a2_remainder: final.remainder,
    a2_local: local,
    a2_dominance: final.ln / local,
  };
}

/** What a layer's error meets on its way out. */
function addTransport(values: readonly Values[], layers: readonly Collected[], roundoff: readonly Roundoff[]): void {
  const downstream = downstreamGains(
    layers.map(({ attention }) => attention.gain),
    layers.map(({ mlp }) => mlp.gain),
  );
  const last = layers[layers.length - 1].mlp.streamNorm;
  let product = 1;
  for (let l = layers.length - 1; l >= 0; l--) {
    const at = values[l] as Record<string, number>;
    at.a1_transported = at.a1_prediction * product;
    product *= 1 + at.rho_first;
    at.a2_downstream = downstream[l];
    at.a2_untransported = (roundoff[l].formatU * at.a2_local) / last;
    at.a2_risk = at.a2_untransported * downstream[l];
    at.a2_score = at.a2_risk * (1 + DOMINANCE_WEIGHT * at.a2_dominance) * (1 + at.rho_ln);
  }
}

/** Place 1 has the largest number; equal numbers share the mean of theirs. Null where a number is not one. */
function addRanks(values: readonly Values[], of: Readonly<Record<string, string>>): void {
  for (const [rank, name] of Object.entries(of)) {
    const numbers = values.map((at) => at[name] ?? Number.NaN);
    const places = numbers.some(Number.isNaN) ? undefined : ranks(numbers.map((x) => -x));
    for (const [l, at] of values.entries()) at[rank] = places?.[l] ?? null;
  }
}

/** √(Σ added²) over the half blocks of a layer: independent errors would add up so. */
function observedError(taps: readonly ObservedTap[], layer: number): number {
  const added = taps
    .filter((tap) => tap.added !== null && layerOf(tap.tap) === layer)
    .map((tap) => tap.added as number);
  return Math.sqrt(added.reduce((sum, x) => sum + x ** 2, 0));
}

function correlations(layers: readonly LayerDiagnostics[], formulas: readonly UserFormula[]): Correlation[] {
  const observed = layers.map(({ values }) => values.observed ?? Number.NaN);
  const correlate = (name: string, of: (layer: LayerDiagnostics) => number | null): Correlation => {
    const column = layers.map((layer) => of(layer) ?? Number.NaN);
    return { name, spearman: spearman(column, observed), pearson: pearson(column, observed) };
  };
  return [
    ...predictorNames.map((name) => correlate(name, ({ values }) => values[name])),
    ...formulas.map(({ name }, i) => correlate(name, (layer) => layer.formulas[i])),
  ];
}
