/** WebGPU through navigator.gpu: the bits of the scalar oracle and of the CPU's kernels, on the cases that Node's tests have. */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { GpuBackend } from '../../src/backends/webgpu/backend.ts';
import { Commands } from '../../src/backends/webgpu/commands.ts';
import { GpuDevice } from '../../src/backends/webgpu/device.ts';
import { GpuArithmetic } from '../../src/backends/webgpu/gpu-arithmetic.ts';
import { loadCheckpoint, openGpu, parsePolicy, siteNames } from '../../src/web.ts';
import { canonicalBytes } from '../support/bits.ts';
import { decoderCase, pairwiseRows, rowTitle } from '../support/decoder-cases.ts';
import { allTaps } from '../support/run-program.ts';
import { expectSameTaps } from '../support/three-backends.ts';

let gpu: GpuBackend;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu.close());

describe('random decoders equal the scalar oracle and the CPU backend, every tap', () => {
  it.each(pairwiseRows.map((row) => [rowTitle(row), row] as const))('%s', async (_, row) => {
    expect(await expectSameTaps(decoderCase(row), gpu.device, gpu.probe.trusted)).toBeGreaterThan(1000);
  });
});

interface Golden {
  models: Record<string, { tokens: number[][]; policies: Record<string, Record<string, string>> }>;
}

const shared = inject('sharedData');
const title = 'digests of every tap of a trained model, from an independent implementation';

describe.skipIf(shared === null)(shared === null ? `${title} (skipped: ../shared/data is absent)` : title, async () => {
  const at = (path: string): string => `/@fs${shared}/${path}`;
  const golden: Golden = shared === null ? { models: {} } : await (await fetch(at('golden/digests.json'))).json();
  const names = inject('full') ? Object.keys(golden.models) : ['gpt-nano-sort'];
  const cases = names.flatMap((name) => {
    const { tokens, policies } = golden.models[name] ?? { tokens: [], policies: {} };
    return Object.entries(policies).map(
      ([text, right]) => [`${name}: ${text}`, { name, text, tokens, right }] as const,
    );
  });
  it.each(cases)('%s', async (_, { name, text, tokens, right }) => {
    const model = await loadCheckpoint(new URL(at(name), location.href));
    const { specFor } = parsePolicy(text, siteNames(model.config));
    const taps = await allTaps(model, tokens, gpu.arithmetic(text, specFor));
    const digests = [...taps].map(async ([tap, { data }]) => {
      const bytes = canonicalBytes(data) as Uint8Array<ArrayBuffer>;
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
      return [tap, Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')];
    });
    expect(Object.fromEntries(await Promise.all(digests))).toEqual(right);
  });
});

describe('a device that fails', () => {
  it('is told where results are read: a shader that does not compile, a device that is lost', async () => {
    const device = await GpuDevice.open(navigator.gpu);
    const commands = new Commands(device);
    const buffer = device.storage(1);
    const kernel = { code: '@compute @workgroup_size(1) fn main() { wrong }', bindings: 'w' };
    commands.dispatch(kernel, [buffer], [1], [1, 1]);
    await expect(commands.read([{ buffer, words: 1 }])).rejects.toThrow(/^webgpu: the GPU refused a command/);
    device.close();

    const lost = await GpuDevice.open(navigator.gpu);
    const A = new GpuArithmetic('bf16', parsePolicy('bf16').specFor, lost);
    const x = A.lift({ shape: [2], data: Float32Array.of(1, 2) });
    (lost as unknown as { device: GPUDevice }).device.destroy();
    await expect(A.lower(A.add('s', x, x))).rejects.toThrow(/^webgpu: the device was lost/);
    lost.close();
  });
});
