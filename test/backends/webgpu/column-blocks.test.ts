/** Weights and results larger than the device's buffers: the limit is lowered, and the bits stay those of the whole product. */
import { afterAll, describe, expect, it } from 'vitest';
import { analyze } from '../../../src/analysis/analyze.ts';
import type { AnalyzeOptions } from '../../../src/analysis/options.ts';
import type { Linear } from '../../../src/arithmetic/arithmetic.ts';
import { type RoundedTensor, SoftfloatArithmetic, type SpecOf } from '../../../src/arithmetic/softfloat.ts';
import { columnBlocks } from '../../../src/backends/webgpu/column-blocks.ts';
import { GpuDevice } from '../../../src/backends/webgpu/device.ts';
import { GpuArithmetic } from '../../../src/backends/webgpu/gpu-arithmetic.ts';
import { GpuReference } from '../../../src/backends/webgpu/gpu-reference.ts';
import { randomDecoder } from '../../../src/model/random/random-decoder.ts';
import { nodeGpu } from '../../../src/platform/node-gpu.ts';
import { parseSpec } from '../../../src/tensor/index.ts';
import { gpu, needsGpu } from '../../support/gpu.ts';
import { expectSame, TRUSTED, value } from './values.ts';

const LIMIT = 4096;
const [TERMS, COLUMNS] = [24, 101];

function layerOf(layout: 'in-out' | 'out-in', bias: boolean): Linear {
  const shape = layout === 'in-out' ? [TERMS, COLUMNS] : [COLUMNS, TERMS];
  const weight = value('ordinary', 1, shape, undefined);
  return { weight, layout, ...(bias && { bias: value('ordinary', 2, [COLUMNS], undefined) }) };
}

describe('blocks of columns', () => {
  it.each(['in-out', 'out-in'] as const)('%s: every weight once, in its place, none too large', (layout) => {
    const layer = layerOf(layout, true);
    const blocks = columnBlocks(layer, LIMIT / 4);
    expect(blocks.map(({ columns }) => columns)).toEqual([33, 34, 34]);
    const at = ({ weight }: Linear, t: number, c: number): number =>
      weight.data[layout === 'in-out' ? t * weight.shape[1] + c : c * TERMS + t];
    for (const { from, columns, layer: block } of blocks) {
      expect(block.weight.data.length).toBe(TERMS * columns);
      for (let c = 0; c < columns; c++) {
        expect(block.bias?.data[c]).toBe(layer.bias?.data[from + c]);
        for (let t = 0; t < TERMS; t++) expect(at(block, t, c)).toBe(at(layer, t, from + c));
      }
    }
    expect(columnBlocks(layer, LIMIT / 4)).toBe(blocks);
    expect(columnBlocks(layer, TERMS * COLUMNS)).toEqual([{ from: 0, columns: COLUMNS, layer }]);
  });
  it('a column that is too large is refused', () => {
    expect(() => columnBlocks(layerOf('in-out', false), TERMS - 1)).toThrow(
      /^webgpu: expected columns of at most 23 weights, .* got 24; use --backend cpu$/,
    );
  });
});

const device = gpu === undefined ? undefined : await GpuDevice.open(await nodeGpu(), { bufferLimit: LIMIT });
afterAll(() => device?.close());

describe.skipIf(device === undefined)(needsGpu('products in blocks have the bits of whole ones'), () => {
  it.each([
    ['bf16', 'in-out', true],
    ['fp32; input=bf16, order=pairwise', 'out-in', false],
    ['fp16; input=e4m3, bias=fused, mode=stochastic, seed=5, order=lanes(3)', 'out-in', true],
    ['bf16; input=fp16, mode=stochastic, seed=6, overflow=saturate', 'in-out', true],
  ] as const)('%s, %s', async (text, layout, bias) => {
    const specOf = () => parseSpec(text);
    const layer = layerOf(layout, bias);
    const [blocked, scalar] = [new GpuArithmetic('s', specOf, device!, TRUSTED), new SoftfloatArithmetic('s', specOf)];
    // Results of one buffer, and of three; stochastic steps go on where the first operation ended.
    for (const tokens of [4, 12]) {
      const x = value('ordinary', 3, [2, tokens, TERMS], specOf().out);
      const y = blocked.linear('s', { ...blocked.lift(x), format: x.format }, layer);
      expect(y.parts?.tensors.length).toBe(tokens === 4 ? undefined : 3);
      expectSame(`${text}, ${tokens}`, await blocked.lower(y), scalar.linear('s', x, layer) as RoundedTensor);
    }
  });
  it('a result in parts is read and reshaped; what else takes it refuses it, and the device can still be used', async () => {
    const specOf = () => parseSpec('bf16');
    const A = new GpuArithmetic('s', specOf, device!, TRUSTED);
    const t = value('ordinary', 3, [40, TERMS], specOf().out);
    const x = A.lift(t);
    const y = A.linear('logits', x, layerOf('in-out', false));
    const { data } = new SoftfloatArithmetic('logits', specOf).linear(
      'logits',
      t,
      layerOf('in-out', false),
    ) as RoundedTensor;
    const reshaped = A.reshape(y, [2, 20, COLUMNS]);
    expectSame('reshaped', await A.lower(reshaped), { shape: [2, 20, COLUMNS], data });
    const refusal =
      /^webgpu: (logits|next): expected a tensor of at most 4096 bytes, the device's limit, got 16160; take shorter or fewer sequences, or --backend cpu$/;
    for (const operation of [
      () => A.negate(reshaped),
      () => A.rowMax(y),
      () => A.rowSum('next', y),
      () => A.add('next', y, y),
      () => A.matmul('next', y, A.lift(value('ordinary', 3, [COLUMNS, 1], undefined))),
      () => A.linear('next', y, { ...layerOf('in-out', false), layout: 'out-in' }),
    ]) {
      expect(operation).toThrow(refusal);
    }
    expect((await A.lower(A.negate(x))).data[0]).toBe(-t.data[0]);
  });
  it('other results that are too large are refused with their names, their bytes and the limit', () => {
    const A = new GpuArithmetic('s', () => parseSpec('bf16'), device!, TRUSTED);
    const [x, row] = [
      A.lift(value('ordinary', 3, [40, TERMS], undefined)),
      A.lift(value('ordinary', 3, [40, 1, 1], undefined)),
    ];
    const refused = (bytes: number): RegExp =>
      new RegExp(
        `^webgpu: l.scores: expected a tensor of at most 4096 bytes, the device's limit, got ${bytes}; take shorter or`,
      );
    expect(() => A.matmul('l.scores', x, x, { transposed: true })).toThrow(refused(6400));
    expect(() => A.multiply('l.scores', x, row)).toThrow(refused(4 * 40 * 40 * TERMS));
    const wide: Linear = { weight: value('ordinary', 1, [1, 1200], undefined), layout: 'in-out' };
    expect(() => A.linear('l.scores', A.lift(value('ordinary', 3, [2, 1], undefined)), wide)).toThrow(refused(9600));
  });
  it('8-bit layers are refused', () => {
    const A = new GpuArithmetic('s', () => parseSpec('fp16; linear=int8'), device!, TRUSTED);
    const x = A.lift(value('ordinary', 3, [2, TERMS], undefined));
    expect(() => A.linear('s', x, layerOf('in-out', false))).toThrow(
      /^webgpu: s: expected linear=plain, got int8; use --backend cpu$/,
    );
  });
});

describe.skipIf(device === undefined)(needsGpu('the reference in blocks has the numbers of the whole one'), () => {
  const both = () => [new GpuReference(gpu!, TRUSTED), new GpuReference(device!, TRUSTED)] as const;
  it.each([
    ['in-out', true],
    ['out-in', false],
  ] as const)('%s', async (layout, bias) => {
    const layer = layerOf(layout, bias);
    for (const [tokens, parts] of [
      [2, undefined],
      [6, 3],
    ]) {
      const x = value('ordinary', 3, [2, tokens as number, TERMS], undefined);
      const [whole, blocked] = await Promise.all(
        both().map(async (R, i) => {
          const y = R.linear('s', R.lift(x), layer);
          expect(y.parts?.tensors.length).toBe(i === 0 ? undefined : parts);
          return R.lower(y);
        }),
      );
      expectSame(`${tokens}`, blocked, whole);
    }
  });
  it('differences of results in parts and of computed ones, and the refusal of what else takes them', async () => {
    const [t, layer] = [value('ordinary', 3, [12, TERMS], undefined), layerOf('in-out', true)];
    const computed = value('ordinary', 4, [12, COLUMNS], undefined);
    const [whole, blocked] = await Promise.all(
      both().map(async (R) => R.lower(R.subtract('s', R.lift(computed), R.linear('s', R.lift(t), layer)))),
    );
    expectSame('differences', blocked, whole);
    const [, R] = both();
    const y = R.linear('logits', R.lift(t), layer);
    const refusal = /^webgpu: logits: expected a tensor of at most 4096 bytes, the device's limit, got 9696; take/;
    for (const operation of [
      () => R.negate(y),
      () => R.relu(y),
      () => R.add('s', y, R.lift(value('ordinary', 3, [COLUMNS], undefined))),
      () => R.subtract('s', y, R.reshape(R.lift(value('ordinary', 3, [COLUMNS, 12], undefined)), [12, COLUMNS])),
      () => R.rowSum('s', y),
    ]) {
      expect(operation).toThrow(refusal);
    }
  });
});

const wide = gpu === undefined ? undefined : await GpuDevice.open(await nodeGpu(), { bufferLimit: 65536 });
afterAll(() => wide?.close());

describe.skipIf(wide === undefined)(needsGpu('kernels by shape'), () => {
  it('are those of the whole product, not of its blocks', async () => {
    // 55 tiles of 128 columns are enough; the two of a block of 256 would be split.
    const [terms, columns] = [64, 7000];
    const specOf = () => parseSpec('bf16; kernels=shaped');
    const layer: Linear = { weight: value('ordinary', 1, [columns, terms], undefined), layout: 'out-in' };
    const x = value('ordinary', 3, [2, terms], specOf().out);
    const A = new GpuArithmetic('s', specOf, wide!, TRUSTED);
    const computed = await A.lower(A.linear('s', { ...A.lift(x), format: x.format }, layer));
    expectSame('shaped', computed, new SoftfloatArithmetic('s', specOf).linear('s', x, layer) as RoundedTensor);
  });
});

describe.skipIf(wide === undefined)(needsGpu('an analysis'), () => {
  const config = { seed: 3, layers: 1, width: 8, heads: 2, vocabulary: 2100, activation: 'relu' } as const;
  const optionsOn = (on: GpuDevice): AnalyzeOptions => ({
    ...{ policy: 'bf16', reference: 'double-float' },
    backend: {
      arithmetic: (name: string, specOf: SpecOf) => new GpuArithmetic(name, specOf, on, TRUSTED),
      reference: () => new GpuReference(on, TRUSTED),
    },
  });

  it('whose logits are larger than a buffer is that of a device without the limit', async () => {
    const model = randomDecoder({ ...config, positions: 8 });
    const tokens = [
      [1, 5, 9, 16, 3],
      [2, 7, 2099],
    ];
    expect(await analyze(model, tokens, optionsOn(wide!))).toEqual(await analyze(model, tokens, optionsOn(gpu!)));
  });
  it('whose scores are is refused with the name of their tap', async () => {
    const model = randomDecoder({ ...config, positions: 100 });
    const tokens = [Array.from({ length: 100 }, (_, i) => i)];
    await expect(analyze(model, tokens, optionsOn(wide!))).rejects.toThrow(
      /^webgpu: layers.0.scores: expected a tensor of at most 65536 bytes, the device's limit, got 160000; take shorter or/,
    );
  });
});
