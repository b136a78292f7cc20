/** Weights larger than the device's buffers: the limit is lowered, and the bits stay those of the whole product. */
import { afterAll, describe, expect, it } from 'vitest';
import type { Linear } from '../../../src/arithmetic/arithmetic.ts';
import { type RoundedTensor, SoftfloatArithmetic } from '../../../src/arithmetic/softfloat.ts';
import { columnBlocks } from '../../../src/backends/webgpu/column-blocks.ts';
import { GpuDevice } from '../../../src/backends/webgpu/device.ts';
import { GpuArithmetic } from '../../../src/backends/webgpu/gpu-arithmetic.ts';
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
    const x = value('ordinary', 3, [2, 4, TERMS], specOf().out);
    // Twice: stochastic steps go on where the first operation ended.
    for (const time of [1, 2]) {
      const computed = await blocked.lower(blocked.linear('s', { ...blocked.lift(x), format: x.format }, layer));
      expectSame(`${text}, ${time}`, computed, scalar.linear('s', x, layer) as RoundedTensor);
    }
  });
  it('a result that is too large is refused, and the device can still be used', async () => {
    const specOf = () => parseSpec('bf16');
    const A = new GpuArithmetic('s', specOf, device!, TRUSTED);
    const x = A.lift(value('ordinary', 3, [40, TERMS], specOf().out));
    expect(() => A.linear('s', x, layerOf('in-out', false))).toThrow(
      /^webgpu: expected tensors of at most 4096 bytes, the device's limit, got 5376; take shorter/,
    );
    expect((await A.lower(A.negate(x))).data[0]).toBe(-value('ordinary', 3, [40, TERMS], specOf().out).data[0]);
  });
  it('8-bit layers are refused', () => {
    const A = new GpuArithmetic('s', () => parseSpec('fp16; linear=int8'), device!, TRUSTED);
    const x = A.lift(value('ordinary', 3, [2, TERMS], undefined));
    expect(() => A.linear('s', x, layerOf('in-out', false))).toThrow(
      /^webgpu: s: expected linear=plain, got int8; use --backend cpu$/,
    );
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
