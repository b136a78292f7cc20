/** The measurements at the logits against the definitions, token by token. */
import { afterAll, describe, expect, it } from 'vitest';
import { measureOutput } from '../../src/analysis/output.ts';
import type { OutputResult } from '../../src/analysis/result.ts';
import { KernelMemory } from '../../src/backends/cpu/wasm.ts';
import { type Batch, batchOf } from '../../src/model/program/batch.ts';
import { nodeWorkers } from '../../src/platform/node-workers.ts';
import { float64Functions } from '../../src/softfloat/float64.ts';
import type { Numbers } from '../../src/tensor/index.ts';
import { generator } from '../softfloat/random.ts';

const { exp, log } = float64Functions;

/** ln p of a row. */
function logProbabilities(logits: Numbers): number[] {
  const largest = Math.max(...logits);
  let sum = 0;
  for (const x of logits) sum += exp(x - largest);
  return Array.from(logits, (x) => x - (largest + log(sum)));
}

/** The first of the largest, −1 where one is NaN. */
function argmax(logits: Numbers): number {
  return logits.some(Number.isNaN) ? -1 : logits.indexOf(Math.max(...logits));
}

function margin(logits: Numbers): number {
  if (logits.some(Number.isNaN)) return Number.NaN;
  const [first, second = Number.NEGATIVE_INFINITY] = Array.from(logits).sort((a, b) => (a < b ? 1 : a > b ? -1 : 0));
  return first - second;
}

function measured(reference: Numbers, computed: Numbers, vocabulary: number, batch: Batch): OutputResult {
  let [lossReference, lossComputed, divergence, predicted, rows, argmaxFlips] = [0, 0, 0, 0, 0, 0];
  let minMargin = Number.POSITIVE_INFINITY;
  for (const [sequence, { start, end }] of batch.spans.entries()) {
    for (let token = start; token < end; token++, rows++) {
      const at = (sequence * batch.length + token) * vocabulary;
      const [x, y] = [reference, computed].map((all) => all.subarray(at, at + vocabulary));
      const [p, q] = [logProbabilities(x), logProbabilities(y)];
      let sum = 0;
      for (let j = 0; j < vocabulary; j++) if (exp(p[j]) !== 0) sum += exp(p[j]) * (p[j] - q[j]);
      divergence += sum;
      if (argmax(x) !== argmax(y)) argmaxFlips++;
      minMargin = Math.min(minMargin, margin(x));
      if (token + 1 === end) continue;
      predicted++;
      lossReference -= p[batch.tokens[sequence][token + 1]];
      lossComputed -= q[batch.tokens[sequence][token + 1]];
    }
  }
  const mean = (loss: number) => (predicted === 0 ? null : loss / predicted);
  return {
    ...{ lossReference: mean(lossReference), lossComputed: mean(lossComputed) },
    ...{ klMean: divergence / rows, argmaxFlips, minMargin },
  };
}

const specials = [0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3e38, -1e300, 700];

function compare(memory: KernelMemory, seed: number, vocabulary: number, length: number, wild: boolean): void {
  const next = generator(seed);
  const lengths = [length, 1 + (next() % length), 1];
  const tokens = lengths.map((n) => Array.from({ length: n }, () => next() % vocabulary));
  const batch = batchOf(tokens, { side: next() % 2 === 0 ? 'left' : 'right', token: 0 });
  const size = 3 * length * vocabulary;
  const reference = Float64Array.from({ length: size }, () =>
    wild && next() % 6 === 0 ? specials[next() % specials.length] : (next() / 2 ** 32 - 0.5) * 2 ** (next() % 8),
  );
  const off = (x: number) => x * (1 + (next() % 3) * 2 ** -8);
  // Ties and exact agreement are common.
  const computed = next() % 2 === 0 ? reference.map(off) : Float32Array.from(reference, off);
  expect(measureOutput(reference, computed, vocabulary, batch, memory), `seed ${seed}`).toEqual(
    measured(reference, computed, vocabulary, batch),
  );
}

describe.each([1, 2, 3])('measureOutput on %i threads', (threads) => {
  const memory = new KernelMemory({ workers: () => ({ ...nodeWorkers, threads }) });
  afterAll(() => memory.pool()?.stop());
  it.each([1, 2, 3, 17, 257])('vocabulary %i', (vocabulary) => {
    for (let seed = 0; seed < 12; seed++) compare(memory, seed, vocabulary, 1 + (seed % 5), seed % 2 === 1);
  });
});

it('measureOutput in several pieces', () => {
  compare(new KernelMemory(), 5, 70_000, 2, false);
});
