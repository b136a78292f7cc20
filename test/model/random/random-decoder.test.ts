import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/formats/index.ts';
import type { DecoderSource } from '../../../src/model/decoder-source.ts';
import { type RandomDecoderOptions, randomDecoder } from '../../../src/model/random/random-decoder.ts';
import { sizeOf, type Tensor } from '../../../src/tensor/tensor.ts';

/** Every tensor once; the tied head is left out. */
async function tensorsOf(source: DecoderSource): Promise<Tensor[]> {
  const found: Tensor[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('data' in value) found.push(value as Tensor);
    else Object.values(value).forEach(visit);
  };
  visit(await source.embedding());
  for (let i = 0; i < source.config.layers; i++) visit(await source.layer(i));
  visit((await source.head()).finalNorm);
  return found;
}

const deviation = ({ data }: Tensor) =>
  Math.sqrt((data as Float32Array).reduce((sum, x) => sum + x * x, 0) / data.length);

const small = { layers: 2, width: 64, heads: 4, vocabulary: 50, positions: 20 };

describe('randomDecoder', () => {
  it("without options is a GPT-2 of 6 layers with GPT-2's initialisation", async () => {
    const source = randomDecoder();
    expect(source.config).toEqual({
      family: 'random',
      layers: 6,
      width: 128,
      heads: 4,
      kvHeads: 4,
      headWidth: 32,
      mlpWidth: 512,
      vocabulary: 512,
      positions: 128,
      norm: 'layerNorm',
      normEpsilon: 1e-5,
      normPlacement: 'pre',
      activation: 'gelu-tanh',
      gated: false,
      positionEncoding: 'learned',
      rotaryBase: 10_000,
    });
    expect(source.description).toBe('random(seed 1)');
    expect(await source.fileHashes()).toEqual({});
    expect(source.unusedTensors).toEqual([]);
    const layer = await source.layer(3);
    expect(deviation(layer.query.weight) / 0.02).toBeCloseTo(1, 1);
    expect(deviation(layer.attentionOutput.weight) / (0.02 / Math.sqrt(12))).toBeCloseTo(1, 1);
    expect(deviation(layer.down.weight) / (0.02 / Math.sqrt(12))).toBeCloseTo(1, 1);
    expect(layer.up.weight).toMatchObject({ shape: [512, 128] });
    expect(layer.up.bias).toEqual({ shape: [512], data: new Float32Array(512) });
    expect(layer.inputNorm).toEqual({
      gamma: { shape: [128], data: new Float32Array(128).fill(1) },
      beta: { shape: [128], data: new Float32Array(128) },
    });
    expect((await source.head()).output).toEqual({ weight: (await source.embedding()).token, layout: 'out-in' });
  });

  it.each<RandomDecoderOptions>([
    {},
    small,
    { ...small, norm: 'rmsNorm', gated: true, positionEncoding: 'rotary', kvHeads: 2, biases: 'none', mlpWidth: 172 },
    { ...small, normPlacement: 'post', biases: 'normal', positionEncoding: 'none', activation: 'relu' },
  ])('counts its parameters: %j', async (options) => {
    const source = randomDecoder(options);
    const tensors = await tensorsOf(source);
    for (const { shape, data } of tensors) expect(data).toHaveLength(sizeOf(shape));
    expect(tensors.reduce((sum, { data }) => sum + data.length, 0)).toBe(source.parameters);
  });

  it('is the same at every call, and another with another seed', async () => {
    const first = await tensorsOf(randomDecoder(small));
    expect(await tensorsOf(randomDecoder({ ...small, seed: 1 }))).toEqual(first);
    expect((await randomDecoder({ ...small, seed: 2 }).embedding()).token).not.toEqual(first[0]);
  });

  it('keeps its weights when other options change', async () => {
    const weight = async (options: RandomDecoderOptions) =>
      (await randomDecoder({ ...small, ...options }).layer(1)).value.weight;
    expect(await weight({ norm: 'rmsNorm', gated: true, positionEncoding: 'none', vocabulary: 9 })).toEqual(
      await weight({}),
    );
  });

  it('leaves out the first input norm of a post-norm decoder', async () => {
    const source = randomDecoder({ ...small, normPlacement: 'post' });
    expect((await source.layer(0)).inputNorm).toBeUndefined();
    expect((await source.layer(1)).inputNorm).toBeDefined();
  });

  it('scales queries, keys and embeddings', async () => {
    const plain = randomDecoder({ ...small, initialisation: 'normal' });
    const scaled = randomDecoder({ ...small, initialisation: 'normal', queryKeyGain: 4, embeddingScale: 0.5 });
    const [a, b] = [await plain.layer(0), await scaled.layer(0)];
    // Powers of two: exact.
    expect(b.query.weight.data).toEqual(a.query.weight.data.map((x) => 4 * x));
    expect(b.key.weight.data).toEqual(a.key.weight.data.map((x) => 4 * x));
    expect(b.value).toEqual(a.value);
    expect(deviation(a.down.weight) / 0.125).toBeCloseTo(1, 1);
    expect((await scaled.embedding()).position?.data).toEqual(
      (await plain.embedding()).position?.data.map((x) => x / 2),
    );
  });

  it('has the numbers of an independent implementation (frozen.py), which must never change', async () => {
    const source = randomDecoder({ seed: 7 });
    const digest = ({ data }: Tensor) => createHash('sha256').update(data).digest('hex');
    expect(digest((await source.embedding()).token)).toBe(
      'ed9f5d0476d3e188d4b3125706a18ef3597c10918fa4cbfcedb68ad4f9c71bd4',
    );
    expect(digest((await source.layer(5)).down.weight)).toBe(
      'c535820e536d63fa186a41d89b4bae6f7f153042a7277a76cfd3b1395a3bee42',
    );
  });

  it.each<[object, RegExp]>([
    [{ layer: 3 }, /expected options of .*layers.*, got "layer"/],
    [{ seed: -1 }, /seed: expected an integer from 0 to 9007199254740991, got -1/],
    [{ seed: 0.5 }, /seed/],
    [{ layers: 0 }, /layers: expected an integer from 1 to 1024, got 0/],
    [{ width: '128' }, /width: .* got "128"/],
    [{ heads: 3 }, /heads: expected a divisor of the width 128, got 3/],
    [{ kvHeads: 3 }, /kvHeads: expected a divisor of the 4 heads, got 3/],
    [{ vocabulary: Number.NaN }, /vocabulary/],
    [{ width: 65536, heads: 1, vocabulary: 1_048_576 }, /vocabulary: expected at most 268435456 numbers in a tensor/],
    [{ norm: 'batchNorm' }, /norm: expected one of layerNorm, rmsNorm, got "batchNorm"/],
    [{ activation: 'gelu' }, /activation: expected one of gelu-tanh/],
    [{ gated: true, activation: 'relu' }, /activation: expected 'silu' in a gated MLP, got "relu"/],
    [{ gated: 1 }, /gated: expected one of false, true, got 1/],
    [{ width: 12, heads: 4, positionEncoding: 'rotary' }, /heads of even width/],
    [{ standardDeviation: 0 }, /standardDeviation: expected a number above 0/],
    [{ queryKeyGain: Number.POSITIVE_INFINITY }, /queryKeyGain/],
    [{ embeddingScale: -1 }, /embeddingScale/],
    [{ normEpsilon: {} }, /normEpsilon: .* got an object/],
    [{ initialisation: 'xavier' }, /initialisation/],
  ])('refuses %j', (options, message) => {
    expect(() => randomDecoder(options)).toThrow(InputError);
    expect(() => randomDecoder(options)).toThrow(message);
  });

  it('refuses a layer that it does not have', async () => {
    await expect(randomDecoder(small).layer(2)).rejects.toThrow(/a layer from 0 to 1, got 2/);
  });
});
