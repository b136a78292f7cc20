/** Predictors of the literature: numbers that may go along with an error, bounds of nothing. */
import { z } from 'zod';
import { defineBound } from '../define.ts';
import { format, magnitudes, requireEqual } from '../inputs.ts';

/** @throws InputError where the lists are not equally long */
function sameLength(lists: Readonly<Record<string, unknown>>, length: number): void {
  for (const [name, list] of Object.entries(lists))
    if (list instanceof Float64Array) requireEqual(`${name}: one number a layer`, length, list.length);
}

/** A layer's term of the first version's predictor, without ε_mach. */
export function baekTerms(at: {
  readonly kappaSoftmax: number;
  readonly kappaScore: number;
  readonly kappaV: number;
  readonly normO: number;
  readonly kappaEff: number;
  readonly cLN: number;
}): number {
  return at.kappaSoftmax * (1 + at.kappaScore) * at.kappaV * at.normO + at.kappaEff + at.cLN;
}

/** A layer's own part of the final version's risk, in the units of the residual stream. */
export function localRisk(at: {
  readonly kappaSoftmax: number;
  readonly chi: number;
  readonly normP: number;
  readonly normV: number;
  readonly ln: number;
  readonly remainder: number;
}): number {
  return (at.kappaSoftmax + at.chi) * at.normP * at.normV + at.ln + at.remainder;
}

/** For each layer the product of (1 + a)(1 + m) over the later ones. */
export function downstreamGains(attention: ArrayLike<number>, mlp: ArrayLike<number>): Float64Array {
  const downstream = new Float64Array(attention.length).fill(1);
  for (let l = downstream.length - 2; l >= 0; l--)
    downstream[l] = downstream[l + 1] * (1 + attention[l + 1]) * (1 + mlp[l + 1]);
  return downstream;
}

export const baekPredictor = defineBound({
  id: 'baekPredictor',
  title: 'Predictor of the relative error of the logits, first version',
  quantity: 'each layer’s share of the prediction, which is their sum',
  kind: 'heuristic',
  norm: 'Frobenius',
  scale: 'relative',
  formula: 'epsMach * (kappaSoftmax * (1 + kappaScore) * kappaV * normO + kappaEff + cLN)',
  symbols: {
    epsMach: 'ε = 2u, the gap above 1',
    kappaSoftmax: 'κ_softmax, row form',
    kappaScore: 'κ_score',
    kappaV: 'κ(V) with its ridge',
    normO: '‖W_O‖₂',
    kappaEff: 'κ_eff = κ(W_1) + κ(W_2) + κ(W_O)',
    cLN: 'C_LN = σ/√ε + σ²/ε + 1 of the norms’ inputs',
  },
  inputs: {
    kappaSoftmax: magnitudes('κ_softmax, one number a layer'),
    kappaScore: magnitudes('κ_score, one number a layer'),
    kappaV: magnitudes('κ(V), one number a layer'),
    normO: magnitudes('‖W_O‖₂, one number a layer'),
    kappaEff: magnitudes('κ_eff, one number a layer'),
    cLN: magnitudes('C_LN, one number a layer'),
    format,
  },
  assumptions: [],
  compute: ({ format: { epsMach }, ...layers }) => {
    sameLength(layers, layers.kappaSoftmax.length);
    return { epsMach, ...layers };
  },
  value: (at) => at.epsMach * baekTerms(at),
  theory: 'theory/attention.md',
  source: "Baek (2025), the notebook of the first version; its theorems' texts could not be recovered",
});

export const riskA2 = defineBound({
  id: 'riskA2',
  title: 'Risk of each layer, final version',
  quantity: 'each layer’s share of the predicted relative error of the last residual stream',
  kind: 'heuristic',
  norm: 'Frobenius',
  scale: 'relative',
  formula: 'u * ((kappaSoftmax + chi) * normP * normV + ln + remainder) / h * downstream',
  symbols: {
    u: 'unit roundoff',
    kappaSoftmax: 'κ_softmax, matrix form',
    chi: 'χ = κ_softmax κ_score',
    normP: '‖P‖_F',
    normV: '‖V‖₂',
    ln: 'Σ over the two norms of ‖γ‖∞(ε + 2v)/(v + ε)^1.5 ‖x‖_F',
    remainder: '‖W_O‖₂‖O‖_F and the same of the MLP’s two layers',
    h: '‖h_L‖_F of the last residual stream',
    downstream: 'Π over later layers of (1 + a)(1 + m)',
  },
  inputs: {
    kappaSoftmax: magnitudes('κ_softmax, one number a layer'),
    chi: magnitudes('χ, one number a layer'),
    normP: magnitudes('‖P‖_F, one number a layer'),
    normV: magnitudes('‖V‖₂, one number a layer'),
    ln: magnitudes('the norms’ part, one number a layer'),
    remainder: magnitudes('the linear layers’ part, one number a layer'),
    attentionGain: magnitudes('a = ‖attention‖/‖its input‖, one number a layer'),
    mlpGain: magnitudes('m = ‖MLP‖/‖its input‖, one number a layer'),
    finalNorm: z.number().positive().describe('‖h_L‖_F'),
    format,
  },
  assumptions: [],
  compute: ({ format: { u }, attentionGain, mlpGain, finalNorm: h, ...layers }) => {
    sameLength({ ...layers, attentionGain, mlpGain }, layers.kappaSoftmax.length);
    return { u, ...layers, h, downstream: downstreamGains(attentionGain, mlpGain) };
  },
  value: (at) => ((at.u * localRisk(at)) / at.h) * at.downstream,
  theory: 'theory/attention.md',
  source: "Baek (2026), the final version's code",
});
