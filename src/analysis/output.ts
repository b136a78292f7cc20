/** Measurements at the logits, in float64: loss, divergence, changed predictions. */
import { compareLogits } from '../backends/cpu/logits.ts';
import { type KernelMemory, kernelMemory } from '../backends/cpu/wasm.ts';
import type { Batch } from '../model/program/batch.ts';
import type { Numbers } from '../tensor/index.ts';
import type { OutputResult } from './result.ts';

/** Measures both logits, each [batch, tokens, vocabulary]. Padded rows are left out. */
export function measureOutput(
  reference: Numbers,
  computed: Numbers,
  vocabulary: number,
  batch: Batch,
  memory: KernelMemory = kernelMemory(),
): OutputResult {
  const rows = logitRows(vocabulary, batch);
  const starts = rows.map(({ start }) => start);
  let predicted = 0;
  let [lossReference, lossComputed, klSum] = [0, 0, 0];
  let argmaxFlips = 0;
  let minMargin = Number.POSITIVE_INFINITY;
  compareLogits(memory, reference, computed, vocabulary, starts).forEach(
    ({ exact, computed: rounded, divergence }, r) => {
      klSum += divergence;
      if (exact.first !== rounded.first) argmaxFlips++;
      minMargin = Math.min(minMargin, exact.margin);
      const { next } = rows[r];
      if (next === undefined) return;
      predicted++;
      lossReference -= reference[next] - exact.logSum;
      lossComputed -= computed[next] - rounded.logSum;
    },
  );
  return {
    lossReference: predicted === 0 ? null : lossReference / predicted,
    lossComputed: predicted === 0 ? null : lossComputed / predicted,
    klMean: klSum / rows.length,
    argmaxFlips,
    minMargin,
  };
}

/** Where the logits of each token that counts start, and where the next token's own logit stands, if there is one. */
function logitRows(vocabulary: number, batch: Batch): { start: number; next: number | undefined }[] {
  return batch.spans.flatMap(({ start, end }, sequence) =>
    Array.from({ length: end - start }, (_, i) => {
      const at = (sequence * batch.length + start + i) * vocabulary;
      return { start: at, next: start + i + 1 < end ? at + batch.tokens[sequence][start + i + 1] : undefined };
    }),
  );
}
