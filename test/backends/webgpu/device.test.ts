/** Devices that are missing or fail: one clear error each, and a process that ends. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Commands } from '../../../src/backends/webgpu/commands.ts';
import { GpuDevice, GpuError } from '../../../src/backends/webgpu/device.ts';
import { GpuArithmetic } from '../../../src/backends/webgpu/gpu-arithmetic.ts';
import { InputError } from '../../../src/formats/index.ts';
import { nodeGpu } from '../../../src/platform/node-gpu.ts';
import { parseSpec } from '../../../src/tensor/index.ts';
import { gpu, needsGpu } from '../../support/gpu.ts';

async function opened(): Promise<GpuDevice> {
  return GpuDevice.open(await nodeGpu());
}

describe.skipIf(gpu === undefined)(needsGpu('waiting for a device'), () => {
  it('ends when what was asked for is done, also where nothing is read', async () => {
    const commands = new Commands(gpu!);
    // Long enough that it is not done by chance.
    const code = `@group(0) @binding(0) var<storage, read_write> x: array<u32>;
@group(0) @binding(1) var<uniform> p: array<vec4<u32>, 32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  for (var i = 0u; i < p[0][0]; i++) { x[id.x] = x[id.x] * 1664525u + 1013904223u; }
}`;
    commands.dispatch({ code, bindings: 'w' }, [gpu!.storage(64)], [300_000], [1, 1]);
    commands.submit();
    let finished = false;
    gpu!.queue.onSubmittedWorkDone().then(() => {
      finished = true;
    });
    await commands.read([]);
    expect(finished).toBe(true);
  });
});

describe('without an adapter', () => {
  it('says what was expected and what to do', async () => {
    const none = { requestAdapter: async () => null } as unknown as GPU;
    await expect(GpuDevice.open(none)).rejects.toThrow(
      new InputError(
        'webgpu: expected a GPU (a Vulkan, Metal or D3D12 driver), found none; docs/webgpu.md says how to get SwiftShader, which needs none',
      ),
    );
  });
  it('an adapter that gives no device is an error of the GPU', async () => {
    const requestDevice = async (): Promise<never> => {
      throw new Error('busy');
    };
    const adapter = { info: {}, limits: {}, requestDevice };
    const refusing = { requestAdapter: async () => adapter } as unknown as GPU;
    await expect(GpuDevice.open(refusing)).rejects.toThrow(new GpuError('webgpu: the GPU gave no device: busy'));
  });
});

describe.skipIf(gpu === undefined)(needsGpu('a device that fails'), () => {
  it('a shader that does not compile gives the error where results are read, and from then on', async () => {
    const device = await opened();
    const commands = new Commands(device);
    const buffer = device.storage(1);
    const kernel = { code: '@compute @workgroup_size(1) fn main() { wrong }', bindings: 'w' };
    commands.dispatch(kernel, [buffer], [1], [1, 1]);
    const failure = /^webgpu: the GPU refused a command: Error while parsing WGSL/;
    await expect(commands.read([{ buffer, words: 1 }])).rejects.toThrow(failure);
    await expect(commands.read([{ buffer, words: 1 }])).rejects.toThrow(failure);
    expect(() => commands.dispatch(kernel, [buffer], [1], [1, 1])).toThrow(failure);
    device.close();
  });
  it('a tensor that is too large is refused before it is made', async () => {
    const device = await opened();
    expect(() => device.storage(2 ** 40)).toThrow(
      /expected a tensor of at most \d+ bytes, the device's limit, got 4398046511104/,
    );
    device.close();
  });
  it('a device that was closed, and one that was lost, say so', async () => {
    const device = await opened();
    const spec = parseSpec('bf16');
    const A = new GpuArithmetic('bf16', () => spec, device);
    const x = A.lift({ shape: [2], data: Float32Array.of(1, 2) });
    expect((await A.lower(A.add('s', x, x))).data).toEqual(Float32Array.of(2, 4));
    device.close();
    device.close();
    await expect(A.lower(x)).rejects.toThrow('webgpu: the device was closed');
    expect(() => A.add('s', x, x)).toThrow('webgpu: the device was closed');
  });
  const main = resolve(import.meta.dirname, '../../../dist/cli/main.js');
  const decoder = ['--layers', '1', '--width', '8', '--heads', '2', '--length', '3', '--vocabulary', '16'];
  const analyze = (backend: string, env: NodeJS.ProcessEnv = process.env) =>
    spawnSync(process.execPath, [main, 'analyze', ...decoder, '--backend', backend], { encoding: 'utf8', env });
  it('the built command prints what it prints with the CPU, and ends by itself', () => {
    const { status, stdout, stderr } = analyze('webgpu');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toBe(analyze('cpu').stdout);
  });
  it('the built command takes for auto a GPU in hardware, the CPU where it is software, and says which', () => {
    const { status, stdout, stderr } = analyze('auto');
    expect({ status, stdout }).toEqual({ status: 0, stdout: analyze('cpu').stdout });
    const chosen = gpu!.info.software
      ? `cpu (${gpu!.description} computes on the CPU too, and slower)`
      : `webgpu (${gpu!.description})`;
    expect(stderr).toBe(`ulpwise: --backend auto: ${chosen}\n`);
  });
  it('the built command says in one line that there is no GPU, with exit code 2', () => {
    const { status, stdout, stderr } = analyze('webgpu', { PATH: process.env.PATH, VK_DRIVER_FILES: '/nowhere' });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/ulpwise: webgpu: expected a GPU .*, found none; [^\n]*\n$/);
  });
});
