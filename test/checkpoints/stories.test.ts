/** Oracles: another program's negative log-likelihood of a sentence, and the known loss per token. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { analyze } from '../../src/analysis/analyze.ts';
import { loadCheckpoint } from '../../src/platform/node-checkpoint.ts';
import { hasSharedData, needsSharedData, sharedData } from '../support/shared-data.ts';

describe.skipIf(!hasSharedData)(needsSharedData('stories260K on a sentence'), () => {
  const load = async () => {
    const model = await loadCheckpoint(resolve(sharedData, 'stories260K-hf'));
    const golden = JSON.parse(readFileSync(resolve(sharedData, 'stories260K/golden.json'), 'utf8'));
    return { model, golden, tokens: model.tokenizer?.encode(golden.sentence) as number[] };
  };
  it('has 35 tokens with the leading BOS', async () => {
    const { golden, tokens } = await load();
    expect(tokens.length).toBe(golden.n_tokens);
    expect(tokens[0]).toBe(1);
  });
  it.each(['bf16', 'fp16', 'fp32'])(
    '%s: the reference loss is the known one, the error that of the format',
    async (policy) => {
      const { model, golden, tokens } = await load();
      const { output, taps, reference, firstNonFinite } = await analyze(model, [tokens], { policy });
      const predicted = tokens.length - 1;
      expect(output.lossReference).toBeCloseTo(1.6001221, 7);
      expect((output.lossReference as number) * predicted).toBeCloseTo(54.404152, 6);
      // The other program ran in float32: 34 tokens, each with a rounding error of at most some 2e-6.
      expect(Math.abs((output.lossReference as number) * predicted - golden.nll)).toBeLessThan(predicted * 2e-6);
      expect(reference.uncertainty).toBeLessThan(1e-13);
      expect(firstNonFinite).toBeNull();
      const u = { bf16: 2 ** -8, fp16: 2 ** -11, fp32: 2 ** -24 }[policy] as number;
      const last = taps.find(({ tap }) => tap === 'layers.4.mlp_residual');
      // A loose frame of what 10 half blocks of correctly rounded operations can make: not less than one rounding's share.
      expect(last?.relFrobenius).toBeGreaterThan(u / 4);
      expect(last?.relFrobenius).toBeLessThan(100 * u);
    },
  );
});
