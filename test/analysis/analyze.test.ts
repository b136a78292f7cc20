import { describe, expect, it } from 'vitest';
import { analyze } from '../../src/analysis/analyze.ts';
import type { AnalyzeOptions } from '../../src/analysis/options.ts';
import type { TapResult } from '../../src/analysis/result.ts';
import { InputError } from '../../src/formats/index.ts';
import { tapShapes } from '../../src/model/program/taps.ts';
import { randomDecoder } from '../../src/model/random/random-decoder.ts';
import type { Tensor } from '../../src/tensor/index.ts';

const small = { layers: 2, width: 16, heads: 2, vocabulary: 23, positions: 12, seed: 5 };
const tokens = [
  [1, 5, 9, 2, 22, 0, 3],
  [4, 4, 8],
];

function results(taps: readonly TapResult[]): Map<string, TapResult> {
  return new Map(taps.map((result) => [result.tap, result]));
}

describe('analyze', () => {
  it('reports every tap in program order, with its shape', async () => {
    const model = randomDecoder(small);
    const { taps, model: summary, output, firstNonFinite } = await analyze(model, tokens);
    expect(taps.map(({ tap, shape }) => ({ tap, shape }))).toEqual(tapShapes(model.config, 2, 7));
    expect(summary).toMatchObject({ family: 'random', layers: 2, width: 16, heads: 2, parameters: model.parameters });
    expect(firstNonFinite).toBeNull();
    expect(output.klMean).toBeGreaterThan(0);
    for (const { relFrobenius, relLinf } of taps) {
      expect(relFrobenius).toBeLessThan(0.1);
      expect(relLinf.q01).toBeLessThanOrEqual(relLinf.max);
    }
  });
  it('splits the error of each half block into added and inherited', async () => {
    const { taps } = await analyze(randomDecoder(small), tokens);
    const halves = taps.filter(({ added }) => added !== null);
    expect(halves.map(({ tap }) => tap)).toEqual(
      [0, 1].flatMap((i) => [`layers.${i}.attn_residual`, `layers.${i}.mlp_residual`]),
    );
    for (const { added, inherited, relFrobenius } of halves as Required<TapResult>[]) {
      // The two differences add up to the error exactly, so their norms obey the triangle inequality both ways.
      const rounding = 1e-12;
      expect(relFrobenius).toBeLessThanOrEqual((added as number) + (inherited as number) + rounding);
      expect(relFrobenius).toBeGreaterThanOrEqual(Math.abs((added as number) - (inherited as number)) - rounding);
    }
    // Nothing but rounding the embedding comes before the first half block.
    expect(results(taps).get('layers.0.attn_residual')?.inherited).toBeGreaterThan(0);
  });
  it('is exact where nothing is rounded otherwise than in the reference', async () => {
    const { taps, output } = await analyze(randomDecoder(small), tokens, { policy: 'fp64' });
    for (const { relFrobenius, flagged } of taps)
      expect({ relFrobenius, flagged }).toEqual({ relFrobenius: 0, flagged: true });
    expect(output).toMatchObject({ klMean: 0, argmaxFlips: 0 });
    expect(output.lossComputed).toBe(output.lossReference);
  });
  it('sees the rounding of float64 against a stronger reference', async () => {
    const model = randomDecoder({ ...small, layers: 1 });
    const options = { policy: 'fp64', reference: 'double-double' } as const;
    const { taps, reference } = await analyze(model, [[1, 2, 3]], options);
    const { relFrobenius } = taps[taps.length - 1];
    expect(relFrobenius).toBeGreaterThan(1e-18);
    expect(relFrobenius).toBeLessThan(1e-13);
    expect(reference).toMatchObject({ arithmetic: 'double-double', against: 'decimal:50', sampledTokens: 3 });
    expect(reference.uncertainty).toBeLessThan(1e-28);
    const fewer = await analyze(model, [[1, 2, 3]], { ...options, uncertaintyTokens: 2 });
    expect(fewer).toMatchObject({ taps, reference: { sampledTokens: 2, sampledOf: 3 } });
  });
  it.each<[string, AnalyzeOptions]>([
    ['bf16', { policy: 'bf16' }],
    ['fp16, left padding', { policy: 'fp16', pad: 'left', padToken: 7 }],
    ['autocast, rounded weights', { policy: 'autocast(bf16)', weights: 'rounded' }],
    ['e4m3 with a mixture', { policy: 'e4m3; accumulate=fp16; *_norm: fp32; mode=toward-zero' }],
  ])('%s: the kernels and the scalar oracle give the same analysis', async (_, options) => {
    const model = randomDecoder(small);
    const fast = await analyze(model, tokens, options);
    expect(await analyze(model, tokens, { ...options, backend: 'scalar' })).toEqual(fast);
    expect(await analyze(model, tokens, options)).toEqual(fast);
  });
  it('a padded sequence computes what it computes alone', async () => {
    const model = randomDecoder({
      ...small,
      norm: 'rmsNorm',
      activation: 'silu',
      gated: true,
      positionEncoding: 'rotary',
    });
    const collect = async (batch: number[][], options: AnalyzeOptions): Promise<Map<string, Tensor>> => {
      const taps = new Map<string, Tensor>();
      await analyze(model, batch, { ...options, onTap: ({ tap, computed }) => void taps.set(tap, computed) });
      return taps;
    };
    const alone = (await collect([tokens[1]], {})).get('logits') as Tensor;
    for (const pad of ['left', 'right'] as const) {
      const padded = (await collect(tokens, { pad, padToken: 11 })).get('logits') as Tensor;
      const start = (7 + (pad === 'left' ? 4 : 0)) * 23;
      expect(padded.data.slice(start, start + 3 * 23)).toEqual(alone.data);
    }
  });
  it('weights rounded beforehand leave the error of the arithmetic alone', async () => {
    const model = randomDecoder({ ...small, positionEncoding: 'rotary' });
    const original = results((await analyze(model, tokens, { policy: 'bf16' })).taps);
    const rounded = results((await analyze(model, tokens, { policy: 'bf16', weights: 'rounded' })).taps);
    // Without learned positions the embedding only loads its table.
    expect(original.get('embed')?.relFrobenius).toBeGreaterThan(2 ** -11);
    expect(rounded.get('embed')?.relFrobenius).toBe(0);
  });
  it('says where an overflow first happened', async () => {
    const model = randomDecoder({ ...small, embeddingScale: 1e6 });
    const { firstNonFinite, taps } = await analyze(model, [[3, 1, 2]], { policy: 'fp16' });
    expect(firstNonFinite).toMatchObject({ tap: expect.stringMatching(/^(embed|layers\.0\.)/), sequence: 0 });
    const first = taps.find(({ nonFinite }) => nonFinite > 0);
    expect(first?.tap).toBe(firstNonFinite?.tap);
    expect(firstNonFinite?.index.length).toBe(first?.shape.length);
  });
  it('selects taps by pattern', async () => {
    const { taps } = await analyze(randomDecoder(small), tokens, { taps: ['*.probs', 'logits'] });
    expect(taps.map(({ tap }) => tap)).toEqual(['layers.0.probs', 'layers.1.probs', 'logits']);
  });
  it('reports progress that ends where it said', async () => {
    const seen: number[] = [];
    let total = 0;
    await analyze(randomDecoder(small), tokens, {
      onProgress: (p) => {
        seen.push(p.done);
        total = p.total;
      },
    });
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(total);
  });
  it.each<[string, number[][], AnalyzeOptions, RegExp]>([
    [
      'a token outside the vocabulary',
      [[1, 23]],
      {},
      /token: expected an integer from 0 to 22, got 23 \(sequence 0, place 1\)/,
    ],
    ['a fraction', [[1.5]], {}, /got 1\.5/],
    ['no token', [[]], {}, /at least one token/],
    ['no sequence', [], {}, /at least one sequence/],
    ['too long a sequence', [new Array(13).fill(1)], {}, /at most 12, the model's positions, got 13/],
    ['a policy', tokens, { policy: 'bf17' }, /policy: expected a format/],
    ['a reference', tokens, { reference: 'float32' as 'float64' }, /reference: expected float64/],
    ['a tap', tokens, { taps: ['nothing'] }, /matches a tap, got 'nothing'/],
    ['a padding token', tokens, { padToken: 23 }, /padding token/],
    [
      'a misspelt option',
      tokens,
      { polcy: 'fp16' } as AnalyzeOptions,
      /analyze: expected options of policy.*got 'polcy'/,
    ],
    [
      'a misspelt value',
      tokens,
      { weights: 'rond' } as unknown as AnalyzeOptions,
      /weights: expected 'original' or 'rounded', got 'rond'/,
    ],
    ['a text for taps', tokens, { taps: 'logits' } as unknown as AnalyzeOptions, /taps: expected an array/],
    ['a flat list of tokens', [1, 2] as unknown as number[][], {}, /tokens: expected an array of sequences/],
  ])('refuses %s', async (_, batch, options, message) => {
    const run = analyze(randomDecoder(small), batch, options);
    await expect(run).rejects.toThrow(InputError);
    await expect(run).rejects.toThrow(message);
  });
});
