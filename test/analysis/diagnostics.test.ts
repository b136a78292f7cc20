/** Diagnostics of small decoders of every kind against a slow evaluation, and what must not change them. */
import { describe, expect, it } from 'vitest';
import { analyze } from '../../src/analysis/analyze.ts';
import { attentionDiagnostics } from '../../src/analysis/diagnostics/attention.ts';
import { headNames, layerNames } from '../../src/analysis/diagnostics/names.ts';
import type { Diagnostics } from '../../src/analysis/diagnostics/result.ts';
import type { AnalyzeOptions } from '../../src/analysis/options.ts';
import { rowMeasures, softmaxCondition } from '../../src/bounds/attention/softmax-rows.ts';
import { pearson, ranks, spearman } from '../../src/bounds/correlation.ts';
import { bounds } from '../../src/bounds/index.ts';
import { formats } from '../../src/formats/index.ts';
import type { DecoderConfig } from '../../src/model/config.ts';
import type { DecoderSource } from '../../src/model/decoder-source.ts';
import { batchOf } from '../../src/model/program/batch.ts';
import { type RandomDecoderOptions, randomDecoder } from '../../src/model/random/random-decoder.ts';
import { expectDiagnostics } from '../support/compare-diagnostics.ts';
import { plainDecoder } from '../support/plain-decoder.ts';
import { slowDiagnostics } from '../support/slow-diagnostics.ts';

const tokens = [[1, 5, 9, 2, 22, 0, 3, 3, 8], [4, 4, 8, 7], [11]];
const small: RandomDecoderOptions = {
  ...{ layers: 3, width: 12, heads: 2, mlpWidth: 20, vocabulary: 23, positions: 9, seed: 3 },
  ...{ initialisation: 'normal', biases: 'normal', queryKeyGain: 2 },
};
const llama: RandomDecoderOptions = { norm: 'rmsNorm', gated: true, activation: 'silu' };

async function diagnosticsOf(
  model: DecoderSource,
  sequences: readonly (readonly number[])[],
  options: AnalyzeOptions = {},
): Promise<Diagnostics> {
  const { diagnostics } = await analyze(model, sequences, { diagnostics: true, ...options });
  if (diagnostics === undefined) throw new Error('there are no diagnostics');
  return diagnostics;
}

/** Two float64 evaluations of so small a decoder: some hundred roundings, and condition numbers of some thousands. */
const ACCURACY = 2 ** -32;
const bf16 = { u: formats.bf16.u, epsMach: formats.bf16.epsMach, everyRow: true };

describe('diagnostics', () => {
  const kinds: Record<string, RandomDecoderOptions> = {
    'GPT-2 style': {},
    'RMSNorm and a gated MLP': llama,
    'grouped queries': { ...llama, width: 16, heads: 4, kvHeads: 2 },
    'norms after the branches': { normPlacement: 'post' },
    'more tokens than head width, one head': { width: 3, heads: 1, mlpWidth: 5 },
    'sharp attention': { queryKeyGain: 12, embeddingScale: 3 },
    'heads of one number': { width: 4, heads: 4 },
  };
  for (const [kind, options] of Object.entries(kinds)) {
    it(`are those of the slow evaluation, sequence by sequence: ${kind}`, async () => {
      const model = randomDecoder({ ...small, ...options });
      const slow = slowDiagnostics(await plainDecoder(model), tokens, bf16);
      // Padded on either side, nothing of the padding counts.
      for (const pad of ['left', 'right'] as const)
        expectDiagnostics(await diagnosticsOf(model, tokens, { pad, padToken: 6 }), slow, ACCURACY);
    });
  }
  it('are those of the slow evaluation where only part of a spectrum is found', async () => {
    const model = randomDecoder({
      ...{ layers: 1, width: 132, heads: 2, vocabulary: 30, positions: 60, mlpWidth: 140 },
    });
    const long = [Array.from({ length: 60 }, (_, i) => (7 * i * i) % 30)];
    const slow = slowDiagnostics(await plainDecoder(model), long, { ...bf16, everyRow: false });
    // σ_max is found to 2^−21; σ_min mostly far better than the 2^−14 of the worst case.
    expectDiagnostics(await diagnosticsOf(model, long), slow, 2 ** -20, /^(theta|cond)/);
  });
  it('do not depend on the reference beyond float64', async () => {
    const model = randomDecoder({ ...small, layers: 1 });
    const float64 = await diagnosticsOf(model, tokens);
    const stronger = await diagnosticsOf(model, tokens, { reference: 'double-double' });
    const wanted = stronger.layers.map(({ values, heads }) => ({
      values,
      heads: heads.map((head) => head.values),
      rows: {},
    }));
    expectDiagnostics(float64, wanted, ACCURACY, /^(entropy|p_max|theta|cond)/);
  });
  it('are the same bytes every time, and absent unless asked for', async () => {
    const model = randomDecoder(small);
    expect(await diagnosticsOf(model, tokens)).toEqual(await diagnosticsOf(model, tokens));
    expect('diagnostics' in (await analyze(model, tokens))).toBe(false);
  });
  it('name every number of a layer and a head', async () => {
    const { layers } = await diagnosticsOf(randomDecoder(small), tokens);
    expect(new Set(layerNames.map(({ name }) => name)).size).toBe(layerNames.length);
    for (const { values, heads } of layers) {
      expect(Object.keys(values)).toEqual(layerNames.map(({ name }) => name));
      for (const head of heads) expect(Object.keys(head.values)).toEqual(headNames.map(({ name }) => name));
    }
  });
  it('obey the inequalities of the theory', async () => {
    const { layers } = await diagnosticsOf(randomDecoder({ ...small, queryKeyGain: 8 }), tokens);
    const rounding = 1 + 2 ** -40;
    for (const { heads } of layers) {
      for (const { values: head, rows } of heads) {
        expect(head.kappa_score * rounding).toBeGreaterThanOrEqual(1);
        expect(head.kappa_val * rounding).toBeGreaterThanOrEqual(1);
        expect(head.jacobian).toBeLessThanOrEqual(0.5 * rounding);
        expect(rows.theta.max).toBeLessThanOrEqual(rounding);
        expect(rows.p_max.max).toBeLessThanOrEqual(rounding);
        expect(rows.entropy.q01).toBeGreaterThanOrEqual(0);
        expect(rows.entropy.max).toBeLessThanOrEqual(Math.log(9) * rounding);
        expect(head.kq_absolute_low).toBeLessThanOrEqual(head.kq_absolute);
        expect(head.kq_largest).toBeLessThanOrEqual(head.kq_absolute * rounding);
      }
    }
  });
  it('agree with the bounds of the catalogue', async () => {
    const model = randomDecoder(small);
    const { layers } = await diagnosticsOf(model, tokens);
    const column = (name: string) => layers.map(({ values }) => values[name] as number);
    const evaluated = (id: string, inputs: Record<string, unknown>) => {
      const result = bounds.get(id).evaluate(inputs);
      if (!result.valid) throw new Error(result.because);
      return [...(result.value as Float64Array)];
    };
    const first = evaluated('baekPredictor', {
      kappaSoftmax: column('kappa_softmax_row'),
      kappaScore: column('kappa_score_spectral'),
      kappaV: column('kappa_v'),
      normO: column('norm_o'),
      kappaEff: column('kappa_eff'),
      cLN: column('c_ln'),
      format: 'bf16',
    });
    expect(column('a1_prediction')).toEqual(first);
    // (κ + χ)‖P‖‖V‖ is one of the numbers here, so κ = 0 and χ‖P‖‖V‖ is all of it.
    const ones = layers.map(() => 1);
    const final = evaluated('riskA2', {
      ...{ kappaSoftmax: layers.map(() => 0), chi: column('a2_attention'), normP: ones, normV: ones },
      ...{ ln: column('a2_norms'), remainder: column('a2_remainder') },
      ...{ attentionGain: column('gain_attn'), mlpGain: column('gain_mlp') },
      finalNorm: (column('rms_mlp').at(-1) as number) * Math.sqrt(14 * 12),
      format: 'bf16',
    });
    column('a2_risk').forEach((risk, l) => {
      expect(Math.abs(risk / final[l] - 1)).toBeLessThanOrEqual(2 ** -48);
    });
  });
  it('take the coarsest arithmetic of a layer’s sites', async () => {
    const model = randomDecoder(small);
    const formulas = ['unit = u', 'gap = eps_mach', 'tiny = eta', 'place = layer', 'sizes = n + 100*d + 10000*D'];
    const { layers } = await diagnosticsOf(model, tokens, { policy: 'fp32; layers.1.probs: out=fp16', formulas });
    const { fp16, fp32 } = formats;
    expect(layers.map((layer) => layer.formulas.slice(0, 4))).toEqual([
      [fp32.u, fp32.epsMach, fp32.smallestSubnormal / 2, 0],
      [fp16.u, fp16.epsMach, fp16.smallestSubnormal / 2, 1],
      [fp32.u, fp32.epsMach, fp32.smallestSubnormal / 2, 2],
    ]);
    for (const layer of layers) expect(layer.formulas[4]).toBe(9 + 600 + 120000);
  });
  it('rank layers, and give the observed error of the run', async () => {
    const { taps, diagnostics } = await analyze(randomDecoder(small), tokens, { diagnostics: true, taps: ['logits'] });
    expect(taps.length).toBe(1);
    const every = await analyze(randomDecoder(small), tokens);
    for (const { layer, values } of diagnostics?.layers ?? []) {
      const added = every.taps
        .filter((tap) => tap.layer === layer && tap.added !== null)
        .map((tap) => tap.added as number);
      expect(added.length).toBe(2);
      expect(values.observed).toBe(Math.sqrt(added[0] ** 2 + added[1] ** 2));
    }
    const places = diagnostics?.layers.map(({ values }) => [values.a2_risk as number, values.a2_rank as number]) ?? [];
    for (const [risk, rank] of places) expect(rank).toBe(1 + places.filter(([other]) => other > risk).length);
  });
});

describe('one head made by hand', () => {
  const n = 5;
  const config: DecoderConfig = {
    ...randomDecoder({ width: 2, heads: 1 }).config,
    ...{ heads: 1, kvHeads: 1, headWidth: 2, width: 2 },
  };
  const batch = batchOf([[0, 0, 0, 0, 0]], { token: 0 });
  const tensor = (shape: readonly number[], numbers: readonly number[]) => ({
    shape,
    data: Float64Array.from(numbers),
  });
  const identity = { rows: 2, columns: 2, data: Float64Array.of(1, 0, 0, 1) };
  const values = ({ query, key, value }: { query: number[][]; key: number[][]; value: number[][] }) => {
    const scores = query.map((q, i) => key.slice(0, i + 1).map((k) => (q[0] * k[0] + q[1] * k[1]) / Math.SQRT2));
    const probs = scores.map((row) => {
      const e = row.map((s) => Math.exp(s - Math.max(...row)));
      return e.map((x) => x / e.reduce((a, b) => a + b, 0));
    });
    const context = probs.map((p) => [0, 1].map((c) => p.reduce((sum, x, j) => sum + x * value[j][c], 0)));
    const square = (rows: number[][], hidden: number) =>
      tensor(
        [1, 1, n, n],
        rows.flatMap((row) => [...row, ...new Array(n - row.length).fill(hidden)]),
      );
    const taps = {
      query: tensor([1, 1, n, 2], query.flat()),
      key: tensor([1, 1, n, 2], key.flat()),
      value: tensor([1, 1, n, 2], value.flat()),
      scores: square(scores, Number.NEGATIVE_INFINITY),
      probs: square(probs, 0),
      context: tensor([1, n, 2], context.flat()),
    };
    return attentionDiagnostics(config, batch, taps, { query: identity, key: identity }).heads[0].values;
  };
  const rows = [
    [1, 0.5],
    [-0.75, 2],
    [0.25, -1],
    [1.5, 0.125],
    [-2, 0.5],
  ];
  const others = [
    [0.5, 1],
    [1, -0.5],
    [2, 0.25],
    [-1, 1],
    [0.75, 0.5],
  ];
  const scaled = (x: number[][], factor: number) => x.map((row) => row.map((entry) => entry * factor));

  it('does not change where its parts are scaled and the scores are not', () => {
    const [before, after] = [
      values({ query: rows, key: others, value: rows }),
      values({ query: scaled(rows, 4), key: scaled(others, 0.25), value: scaled(rows, 8) }),
    ];
    for (const name of ['kappa_score', 'kappa_score_spectral', 'kappa_softmax', 'kappa_softmax_row', 'kappa_val'])
      expect(Math.abs(after[name] / before[name] - 1), name).toBeLessThanOrEqual(2 ** -45);
  });
  it('κ_score is below 1 in the spectral norm where scores are masked, and never in the Frobenius norm', () => {
    // Queries along the axes, keys half a right angle further: the mask hides an entry that the spectral norm needs.
    const none = [0, 0];
    const found = values({
      query: [[1, 0], [0, 1], none, none, none],
      key: [[Math.SQRT1_2, Math.SQRT1_2], [-Math.SQRT1_2, Math.SQRT1_2], none, none, none],
      value: rows,
    });
    expect(found.kappa_score_spectral).toBeLessThan(0.9);
    expect(found.kappa_score).toBeGreaterThanOrEqual(1);
  });
  it('κ(V) is no upper bound of κ_val for more tokens than head width', () => {
    // Even probabilities: the first rows see zeros, and the later ones columns that cancel.
    const zero = rows.map(() => [0, 0]);
    const value = [
      [0, 0],
      [0, 0],
      [0, 0],
      [1, 1],
      [-1, 1],
    ];
    const found = values({ query: zero, key: others, value });
    expect(found.kappa_v).toBeCloseTo(1, 5);
    expect(found.kappa_val).toBeGreaterThan(3 * found.kappa_v);
  });
  it('a name that the layer has no number for makes a formula absent', async () => {
    const model = randomDecoder({ ...small, layers: 4 });
    const found = await diagnosticsOf(model, tokens, { formulas: ['none = omega_gd + 1', 'one = omega_ud'] });
    expect(found.layers.map((layer) => layer.formulas)).toEqual(
      found.layers.map(({ values: v }) => [null, v.omega_ud]),
    );
    const of = (name: string) => found.correlations?.find((entry) => entry.name === name);
    expect(of('none')).toEqual({ name: 'none', spearman: null, pearson: null });
    expect(of('one')?.spearman).not.toBeNull();
  });
});

describe('the rows of a softmax', () => {
  const scores = Float64Array.of(1, -0.5, 2.25, 0.75, 1.5);
  const softmax = (x: Float64Array) => {
    const e = x.map((s) => Math.exp(s - 2.25 - (x[0] - scores[0])));
    const total = e.reduce((a, b) => a + b, 0);
    return e.map((value) => value / total);
  };
  it('do not change with a constant added to the scores, but for the norm of the scores', () => {
    const shifted = scores.map((s) => s + 8);
    const [row, moved] = [scores, shifted].map((x) => ({ scores: x, probabilities: softmax(x) }));
    expect(rowMeasures(moved, Math.log)).toEqual(rowMeasures(row, Math.log));
    const [before, after] = [softmaxCondition([row]), softmaxCondition([moved])];
    expect(after.jacobian).toBe(before.jacobian);
    expect(after.normScores).toBeGreaterThan(3 * before.normScores);
  });
  it('leave masked entries out', () => {
    const masked = Float64Array.of(...scores, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY);
    const p = softmax(scores);
    const [row, longer] = [
      { scores, probabilities: p },
      { scores: masked, probabilities: Float64Array.of(...p, 0, 0) },
    ];
    expect(softmaxCondition([longer])).toEqual(softmaxCondition([row]));
    expect(rowMeasures(longer, Math.log)).toEqual(rowMeasures(row, Math.log));
  });
  it('find the largest Jacobian among rows that are ruled out by their bounds', () => {
    // Many even rows, and one of two equal entries, whose norm is a half.
    const even = Array.from({ length: 50 }, (_, i) => new Float64Array(3 + i).fill(1 / (3 + i)));
    const rows = [...even, Float64Array.of(0.5, 0.5)].map((p) => ({ scores: p.map(() => 1), probabilities: p }));
    expect(softmaxCondition(rows).jacobian).toBeCloseTo(0.5, 12);
    expect(softmaxCondition(rows.slice(0, 50)).jacobian).toBeCloseTo(1 / 3, 12);
  });
});

describe('correlation', () => {
  it('of known cases', () => {
    expect(spearman([1, 2, 3, 10], [5, 6, 7, 8])).toBe(1);
    expect(spearman([1, 2, 3, 10], [8, 7, 6, 5])).toBe(-1);
    expect(pearson([1, 2, 3], [2, 4, 6])).toBe(1);
    // Σxy/√(Σx²Σy²) of (−1, 0, 1) and (0, −1, 1).
    expect(pearson([1, 2, 3], [2, 1, 3])).toBe(0.5);
    expect(spearman([1, Number.POSITIVE_INFINITY, 3], [1, 3, 2])).toBe(1);
    expect(pearson([1e300, 2e300, 3e300], [1e-300, 2e-300, 3e-300])).toBeCloseTo(1, 15);
  });
  it('shares ranks among equals, and is absent where there is nothing to compare', () => {
    expect(ranks([3, 1, 3, 2])).toEqual([3.5, 1, 3.5, 2]);
    expect(pearson([1, 1, 1], [1, 2, 3])).toBeNull();
    expect(pearson([1, Number.POSITIVE_INFINITY], [1, 2])).toBeNull();
    expect(spearman([1, Number.NaN], [1, 2])).toBeNull();
    expect(pearson([1], [1])).toBeNull();
  });
});
