/** The attention of one layer: its heads, one sequence at a time, and what the layer's predictors need of all of them. */
import { causalScoresNorm } from '../../bounds/attention/causal-scores.ts';
import { queryKeySpectrum } from '../../bounds/attention/query-key.ts';
import { type SoftmaxRow, softmaxMeasures } from '../../bounds/attention/softmax-rows.ts';
import type { Matrix } from '../../bounds/inputs.ts';
import { frobenius } from '../../bounds/matrices.ts';
import { singularValues, spectralNorm } from '../../bounds/spectra/singular-values.ts';
import type { DecoderConfig } from '../../model/config.ts';
import type { Batch } from '../../model/program/batch.ts';
import { float64Functions } from '../../softfloat/float64.ts';
import type { Tensor } from '../../tensor/index.ts';
import { norm2 } from '../metrics.ts';
import { quantilesOf } from '../quantiles.ts';
import { kernelProduct } from './kernel-product.ts';
import { headNames } from './names.ts';
import type { HeadDiagnostics } from './result.ts';
import { headRows } from './weights.ts';

/** The ridge of κ(V). */
export const VALUE_RIDGE = 3e-6;

/** The reference's taps of one attention, in the shapes of docs/semantics.md. */
export interface AttentionTaps {
  readonly query: Tensor;
  readonly key: Tensor;
  readonly value: Tensor;
  readonly scores: Tensor;
  readonly probs: Tensor;
  readonly context: Tensor;
}

export interface AttentionDiagnostics {
  readonly heads: readonly HeadDiagnostics[];
  /** Quantiles over the rows of all heads. */
  readonly rows: HeadDiagnostics['rows'];
  /** Of all heads and sequences together, as the final version combines them. */
  readonly combined: {
    readonly normQuery: number;
    readonly normKey: number;
    readonly normScores: number;
    readonly normProbabilities: number;
    /** The largest of the heads. */
    readonly normValue: number;
    readonly jacobian: number;
  };
}

interface Sizes {
  readonly query: number;
  readonly key: number;
  readonly scores: number;
  readonly probabilities: number;
  readonly value: number;
  readonly jacobian: number;
}

/** @param weights W_q and W_k, a row for each output */
export function attentionDiagnostics(
  config: DecoderConfig,
  batch: Batch,
  taps: AttentionTaps,
  weights: { readonly query: Matrix; readonly key: Matrix },
): AttentionDiagnostics {
  const { heads, kvHeads, headWidth: d } = config;
  const sizes: Sizes[] = [];
  const all = { entropy: [] as number[], p_max: [] as number[], theta: [] as number[] };
  const found = Array.from({ length: heads }, (_, h): HeadDiagnostics => {
    const keyHead = Math.floor((h * kvHeads) / heads);
    const own = { entropy: [] as number[], p_max: [] as number[], theta: [] as number[] };
    const values: Record<string, number> = { ...spectrumOf(weights, h, keyHead, d) };
    for (const s of batch.spans.keys()) {
      const query = tokensOf(taps.query, batch, s, h, heads);
      const key = tokensOf(taps.key, batch, s, keyHead, kvHeads);
      const value = tokensOf(taps.value, batch, s, keyHead, kvHeads);
      const rows = softmaxRows(taps, batch, s, h, heads);
      const { condition, rows: measures } = softmaxMeasures(rows, float64Functions.log);
      for (const { entropy, largest, theta } of measures) {
        own.entropy.push(entropy);
        own.p_max.push(largest);
        own.theta.push(theta);
      }
      const sigma = singularValues(value);
      const size: Sizes = {
        query: frobenius(query.data),
        key: frobenius(key.data),
        scores: condition.normScores,
        probabilities: condition.normProbabilities,
        value: sigma[0],
        jacobian: condition.jacobian,
      };
      sizes.push(size);
      const spectral = causalScoresNorm(
        query,
        key,
        rows.map(({ scores }) => scores),
      );
      keepWorst(values, {
        kappa_score: (size.query * size.key) / (Math.sqrt(d) * size.scores),
        kappa_score_spectral:
          (spectralNorm(query, kernelProduct) * spectralNorm(key, kernelProduct)) / (Math.sqrt(d) * spectral),
        kappa_softmax: (size.scores / size.probabilities) * size.jacobian,
        kappa_softmax_row: condition.rowForm,
        jacobian: size.jacobian,
        kappa_v: sigma[0] / (sigma[sigma.length - 1] + VALUE_RIDGE),
        kappa_val: (size.probabilities * size.value) / contextNorm(taps.context, batch, s, h, d),
      });
    }
    for (const name of ['entropy', 'p_max', 'theta'] as const) for (const x of own[name]) all[name].push(x);
    return { head: h, values: ordered(values), rows: rowQuantiles(own) };
  });
  const together = (of: (size: Sizes) => number) => frobenius(sizes.map(of));
  const most = (of: (size: Sizes) => number) => sizes.reduce((largest, size) => Math.max(largest, of(size)), 0);
  return {
    heads: found,
    rows: rowQuantiles(all),
    combined: {
      normQuery: together(({ query }) => query),
      normKey: together(({ key }) => key),
      normScores: together(({ scores }) => scores),
      normProbabilities: together(({ probabilities }) => probabilities),
      normValue: most(({ value }) => value),
      jacobian: most(({ jacobian }) => jacobian),
    },
  };
}

function rowQuantiles(
  rows: Readonly<Record<'entropy' | 'p_max' | 'theta', readonly number[]>>,
): HeadDiagnostics['rows'] {
  return { entropy: quantilesOf(rows.entropy), p_max: quantilesOf(rows.p_max), theta: quantilesOf(rows.theta) };
}

function spectrumOf(
  weights: { readonly query: Matrix; readonly key: Matrix },
  h: number,
  keyHead: number,
  d: number,
): Record<string, number> {
  const found = queryKeySpectrum(headRows(weights.key, keyHead, d), headRows(weights.query, h, d), kernelProduct);
  return {
    kq_largest: found.largest,
    kq_smallest: found.smallest,
    kq_condition: found.condition,
    kq_stable_rank: found.stableRank,
    kq_absolute: found.absoluteHigh,
    kq_absolute_low: found.absoluteLow,
    kq_ratio: found.absoluteHigh / found.largest,
    kq_factor: found.absoluteHigh * found.condition,
  };
}

/** Of several sequences the largest: all of them are numbers that are bad when large. NaN stays. */
function keepWorst(values: Record<string, number>, found: Readonly<Record<string, number>>): void {
  for (const [name, x] of Object.entries(found)) values[name] = Math.max(values[name] ?? x, x);
}

function ordered(values: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(headNames.map(({ name }) => [name, values[name]]));
}

/** A sequence's own tokens of one head of [sequences, heads, tokens, d]. */
function tokensOf({ shape, data }: Tensor, batch: Batch, sequence: number, head: number, heads: number): Matrix {
  const d = shape[3];
  const first = (sequence * heads + head) * batch.length;
  const { start, end } = batch.spans[sequence];
  const part = data.subarray((first + start) * d, (first + end) * d);
  return { rows: end - start, columns: d, data: part instanceof Float64Array ? part : Float64Array.from(part) };
}

/** The visible scores and probabilities of a sequence's own rows. */
function softmaxRows(taps: AttentionTaps, batch: Batch, sequence: number, head: number, heads: number): SoftmaxRow[] {
  const { mask, length, spans } = batch;
  const { start, end } = spans[sequence];
  return Array.from({ length: end - start }, (_, i) => {
    const token = start + i;
    const at = sequence * length + token;
    const row = ((sequence * heads + head) * length + token) * length;
    const visible = ({ data }: Tensor) => {
      const part = data.subarray(row + mask.from[at], row + mask.to[at]);
      return part instanceof Float64Array ? part : Float64Array.from(part);
    };
    return { scores: visible(taps.scores), probabilities: visible(taps.probs) };
  });
}

/** ‖O‖_F of one head, a slice of the merged context. */
function contextNorm({ shape, data }: Tensor, batch: Batch, sequence: number, head: number, d: number): number {
  const width = shape[2];
  const { start, end } = batch.spans[sequence];
  const rows = Array.from({ length: end - start }, (_, i) => {
    const from = (sequence * batch.length + start + i) * width + head * d;
    return { start: from, end: from + d };
  });
  return norm2(data, rows);
}
