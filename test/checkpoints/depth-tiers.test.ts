/** What the tiers say of trained models: the estimate predicts the error, the first-order tier stays above it. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { analyze } from '../../src/analysis/analyze.ts';
import type { DepthTiers } from '../../src/analysis/depth/result.ts';
import type { DecoderSource } from '../../src/model/decoder-source.ts';
import { loadCheckpoint } from '../../src/platform/node-checkpoint.ts';
import { hasSharedData, needsSharedData, sharedData } from '../support/shared-data.ts';

const json = (name: string) => JSON.parse(readFileSync(resolve(sharedData, name), 'utf8'));
const models: Record<string, () => Promise<[DecoderSource, number[][]]>> = {
  'gpt-nano-sort': async () => {
    return [await loadCheckpoint(resolve(sharedData, 'gpt-nano-sort')), json('gpt-nano-sort/tokens.json')];
  },
  stories260K: async () => {
    const model = await loadCheckpoint(resolve(sharedData, 'stories260K-hf'));
    return [model, [model.tokenizer?.encode(json('stories260K/golden.json').sentence) as number[]]];
  },
};

const cases = Object.keys(models).flatMap((name) => ['fp32', 'fp16', 'bf16'].map((policy) => [name, policy] as const));

describe.skipIf(!hasSharedData)(needsSharedData('tiers of trained models'), () => {
  it.each(cases)('%s in %s', async (name, policy) => {
    const [model, tokens] = await models[name]();
    const { tiers } = await analyze(model, tokens, { policy, tiers: true });
    const { points, unavailable } = tiers as DepthTiers;
    expect(points.length).toBe(2 * model.config.layers + 2);
    expect(unavailable).toEqual([]);
    const u = { fp32: 2 ** -24, fp16: 2 ** -11, bf16: 2 ** -8 }[policy] as number;
    for (const point of points) {
      const { tap, observed, rest, rootSumSquare, triangle, worstCase } = point;
      // The weights of stories260K are float32 numbers: its embedding is exact in fp32.
      if (tap === 'embed' && observed === 0) continue;
      expect((rootSumSquare as number) / observed, tap).toBeGreaterThan(0.5);
      expect((rootSumSquare as number) / observed, tap).toBeLessThan(2);
      // Rounding of this very evaluation: a few hundred operations in float64 on what is transported.
      const slack = 1e-12 * observed;
      expect(observed, tap).toBeLessThanOrEqual((triangle as number) + (rest as number) + slack);
      expect(observed, tap).toBeLessThanOrEqual((triangle as number) * (1 + 1e-12));
      expect(triangle as number, tap).toBeLessThan(10 * observed);
      // Of second order: what is left out is the error times some tens of u, and a tenth of it at most.
      expect(rest as number, tap).toBeLessThan(32 * u * observed + slack);
      expect(worstCase as number, tap).toBeGreaterThanOrEqual(observed);
      expect((point.relativeProduct as number) + (rest as number), tap).toBeGreaterThanOrEqual(observed - slack);
      expect(point.certified as number, tap).toBeGreaterThanOrEqual(observed - slack);
      expect(point.localBound as number, tap).toBeGreaterThanOrEqual((point.local as number) - slack);
      expect((point.boundTriangle as number) + (rest as number), tap).toBeGreaterThanOrEqual(observed - slack);
      expect(point.boundRootSumSquare as number, tap).toBeLessThanOrEqual(
        (point.boundTriangle as number) * (1 + 1e-12),
      );
    }
    // The worst case is of no use after a few half blocks.
    const last = points[points.length - 1];
    expect((last.worstCaseLog10 as number) - Math.log10(last.observed)).toBeGreaterThan(20);
  });
});
