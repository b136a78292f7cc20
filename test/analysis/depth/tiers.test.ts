import { describe, expect, it } from 'vitest';
import { analyze } from '../../../src/analysis/analyze.ts';
import type { DepthTiers, TierPoint } from '../../../src/analysis/depth/result.ts';
import type { AnalyzeOptions } from '../../../src/analysis/options.ts';
import { type RandomDecoderOptions, randomDecoder } from '../../../src/model/random/random-decoder.ts';

const small = {
  ...{ layers: 2, width: 16, heads: 4, vocabulary: 23, positions: 12, seed: 5 },
  ...({ initialisation: 'normal', biases: 'normal' } as const),
};
const tokens = [
  [1, 5, 9, 2, 22, 0, 3],
  [4, 4, 8],
];
const decoders: Record<string, Partial<RandomDecoderOptions>> = {
  'GPT-2': {},
  LLaMA: {
    ...{ norm: 'rmsNorm', activation: 'silu', gated: true, positionEncoding: 'rotary', kvHeads: 2 },
  } as Partial<RandomDecoderOptions>,
  'post-norm': { normPlacement: 'post' },
};

async function tiersOf(decoder: Partial<RandomDecoderOptions>, options: AnalyzeOptions) {
  const { tiers, taps } = await analyze(randomDecoder({ ...small, ...decoder }), tokens, { ...options, tiers: true });
  return { points: (tiers as DepthTiers).points, unavailable: (tiers as DepthTiers).unavailable, taps };
}
const last = (points: readonly TierPoint[]): TierPoint => points[points.length - 1];

describe.each(Object.entries(decoders))('tiers of a random decoder, %s', (_, decoder) => {
  it('stand at the embedding, after every half block, and at the logits, beside the observed error', async () => {
    const { points, taps } = await tiersOf(decoder, { policy: 'fp16' });
    const ends = taps.filter(({ tap, added }) => added !== null || tap === 'embed' || tap === 'logits');
    expect(points.map(({ tap, layer }) => ({ tap, layer }))).toEqual(ends.map(({ tap, layer }) => ({ tap, layer })));
    points.forEach((point, i) => {
      expect(point.observed).toBe(ends[i].relFrobenius);
      if (ends[i].added !== null) expect(point.local).toBe(ends[i].added);
    });
    expect(points[0]).toMatchObject({ local: points[0].observed, triangle: points[0].observed, rest: 0 });
  });
  it('the transported local errors add up to the error, but for its square', async () => {
    const curvatures: number[] = [];
    for (const policy of ['e8m9', 'e8m13', 'e8m17', 'e8m21']) {
      const { points } = await tiersOf(decoder, { policy });
      for (const { observed, linear, rest, triangle } of points as Required<TierPoint>[]) {
        // Exact but for float64's rounding: x̂ − x = Σ A ξ + rest.
        expect(Math.abs((linear as number) - observed)).toBeLessThanOrEqual((rest as number) + 2 ** -40 * observed);
        expect(observed).toBeLessThanOrEqual((triangle as number) + (rest as number) + 2 ** -40 * observed);
      }
      const { observed, rest } = last(points);
      curvatures.push((rest as number) / observed ** 2);
    }
    // Over 12 binary digits a first-order part that is missed or wrong would multiply this by 2^12. What is of second order
    // does not grow: it differs with the direction of the errors alone.
    expect(Math.max(...curvatures) / Math.min(...curvatures)).toBeLessThan(2 ** 5);
  });
  it('holds for the rounding of float64 itself, against double-double', async () => {
    const { points } = await tiersOf(decoder, { policy: 'fp64', reference: 'double-double' });
    const { observed, rest } = last(points);
    expect(observed).toBeGreaterThan(2 ** -56);
    // Transport in float64 is off by a few hundred roundings of what it transports.
    expect(rest as number).toBeLessThan(2 ** -40 * observed);
  });
  it('with the checkpoint’s rounded weights, and padding on the left', async () => {
    const { points } = await tiersOf(decoder, { policy: 'fp32', weights: 'rounded', pad: 'left' });
    for (const { observed, rest, rootSumSquare, triangle } of points) {
      expect(rest as number).toBeLessThan(1e-3 * observed + 1e-15);
      expect(rootSumSquare as number).toBeLessThanOrEqual((triangle as number) * (1 + 1e-12));
    }
  });
});

describe('the worst case', () => {
  it.each(['GPT-2', 'LLaMA'])('of a random decoder, %s, is above everything measured', async (name) => {
    for (const policy of ['fp32', 'bf16']) {
      const { points } = await tiersOf(decoders[name], { policy });
      for (const { observed, worstCase, worstCaseLog10 } of points) {
        expect(worstCase as number).toBeGreaterThanOrEqual(observed);
        expect(Math.log10(worstCase as number)).toBeCloseTo(worstCaseLog10 as number, 9);
      }
    }
  });
  it('goes on in logarithms above the largest float64', async () => {
    const wild = { layers: 40, queryKeyGain: 1e6, width: 4, heads: 1 };
    const { points } = await tiersOf(wild, { policy: 'bf16' });
    const logs = points.map(({ worstCaseLog10 }) => worstCaseLog10 as number);
    expect(logs.every(Number.isFinite)).toBe(true);
    const halfBlocks = logs.slice(0, -1);
    expect(halfBlocks).toEqual([...halfBlocks].sort((a, b) => a - b));
    expect(last(points)).toMatchObject({ worstCase: Number.POSITIVE_INFINITY });
    // Half blocks of one kind stretch by about the same factor, on either side of where float64 ends.
    const growth = halfBlocks.slice(3).map((log, i) => log - halfBlocks[i + 1]);
    expect(Math.max(...growth) / Math.min(...growth)).toBeLessThan(1.5);
  });
  it('is not there where norms stand behind the residual add', async () => {
    const { points, unavailable } = await tiersOf(decoders['post-norm'], { policy: 'bf16' });
    expect(points.every(({ worstCase, worstCaseLog10 }) => worstCase === null && worstCaseLog10 === null)).toBe(true);
    const because = 'blockInf is about norms before attention and MLP';
    expect(unavailable).toContainEqual({ tier: 'worstCase', from: 'embed', because });
  });
});

describe('tiers', () => {
  it('are there only where asked for', async () => {
    expect(await analyze(randomDecoder(small), tokens)).not.toHaveProperty('tiers');
  });
  it('end where a computed number is not finite', async () => {
    const { points, unavailable } = await tiersOf({ embeddingScale: 1e6 }, { policy: 'fp16' });
    const from = unavailable.find(({ tier }) => tier === 'triangle');
    expect(from?.because).toBe('a computed number is infinite or NaN');
    const at = points.findIndex(({ tap }) => tap === from?.from);
    expect(at).toBeGreaterThanOrEqual(0);
    points.forEach(({ triangle, rootSumSquare }, i) => {
      expect(triangle === null).toBe(i >= at);
      expect(rootSumSquare === null).toBe(i >= at);
    });
  });
  it('are 0 where nothing rounds', async () => {
    const { points } = await tiersOf({}, { policy: 'fp64' });
    for (const point of points) expect(point).toMatchObject({ observed: 0, triangle: 0, rootSumSquare: 0, rest: 0 });
  });
});
