/** Measurements at the logits, in float64: loss, divergence, changed predictions. */
import type { Batch } from '../model/program/batch.ts';
import { float64Functions } from '../softfloat/float64.ts';
import type { Numbers } from '../tensor/index.ts';
import type { OutputResult } from './result.ts';

/** Measures both logits, each [batch, tokens, vocabulary]. Padded rows are left out. */
export function measureOutput(reference: Numbers, computed: Numbers, vocabulary: number, batch: Batch): OutputResult {
  let predicted = 0;
  let rows = 0;
  let [lossReference, lossComputed, divergence] = [0, 0, 0];
  let argmaxFlips = 0;
  let minMargin = Number.POSITIVE_INFINITY;
  batch.spans.forEach(({ start, end }, sequence) => {
    for (let token = start; token < end; token++) {
      const at = (sequence * batch.length + token) * vocabulary;
      const exact = logProbabilities(reference.subarray(at, at + vocabulary));
      const rounded = logProbabilities(computed.subarray(at, at + vocabulary));
      rows++;
      divergence += kullbackLeibler(exact, rounded);
      const top = topTwo(reference.subarray(at, at + vocabulary));
      if (top.first !== topTwo(computed.subarray(at, at + vocabulary)).first) argmaxFlips++;
      minMargin = Math.min(minMargin, top.margin);
      if (token + 1 < end) {
        const next = batch.tokens[sequence][token + 1];
        predicted++;
        lossReference -= exact[next];
        lossComputed -= rounded[next];
      }
    }
  });
  return {
    lossReference: predicted === 0 ? null : lossReference / predicted,
    lossComputed: predicted === 0 ? null : lossComputed / predicted,
    klMean: divergence / rows,
    argmaxFlips,
    minMargin,
  };
}

/** x_j − max x − ln Σ e^(x_k − max x). */
function logProbabilities(logits: Numbers): Float64Array {
  let largest = Number.NEGATIVE_INFINITY;
  for (const x of logits) largest = Math.max(largest, x);
  let sum = 0;
  for (const x of logits) sum += float64Functions.exp(x - largest);
  const shift = largest + float64Functions.log(sum);
  return Float64Array.from(logits, (x) => x - shift);
}

/** Σ p (ln p − ln q), a term of p = 0 as 0. */
function kullbackLeibler(logP: Float64Array, logQ: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < logP.length; j++) {
    const p = float64Functions.exp(logP[j]);
    if (p !== 0) sum += p * (logP[j] - logQ[j]);
  }
  return sum;
}

/** The first of the largest entries (−1 where one is NaN), and its distance to the next largest. */
function topTwo(logits: Numbers): { first: number; margin: number } {
  let first = 0;
  let second = Number.NEGATIVE_INFINITY;
  for (let j = 0; j < logits.length; j++) {
    if (Number.isNaN(logits[j])) return { first: -1, margin: Number.NaN };
    if (j === 0) continue;
    if (logits[j] > logits[first]) {
      second = logits[first];
      first = j;
    } else {
      second = Math.max(second, logits[j]);
    }
  }
  return { first, margin: logits[first] - second };
}
