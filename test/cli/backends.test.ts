/** `--backend auto`, and which experiments take a backend. The devices here are stand-ins; test/backends/webgpu has real ones. */
import { describe, expect, it } from 'vitest';
import type { GpuBackend } from '../../src/backends/webgpu/backend.ts';
import { GpuError } from '../../src/backends/webgpu/device.ts';
import { chooseBackend, gpuRefusal } from '../../src/cli/backends.ts';
import { InputError } from '../../src/formats/index.ts';
import { siteNames } from '../../src/model/program/taps.ts';
import { randomDecoder } from '../../src/model/random/random-decoder.ts';
import { parsePolicy } from '../../src/tensor/index.ts';
import { run } from '../support/run-cli.ts';

function standIn(software: boolean): { gpu: GpuBackend; closed: () => boolean } {
  let closed = false;
  const close = (): void => {
    closed = true;
  };
  const device = { info: { software }, description: 'acme one (driver 2)' };
  return { gpu: { device, close } as unknown as GpuBackend, closed: () => closed };
}

async function auto(open: () => Promise<GpuBackend>, refusal?: string) {
  let said = '';
  const say = (line: string): void => {
    said += line;
  };
  return { chosen: await chooseBackend('auto', refusal, say, open), said };
}

describe('--backend auto', () => {
  it('is webgpu on a GPU in hardware, and says which', async () => {
    const { gpu, closed } = standIn(false);
    expect(await auto(async () => gpu)).toEqual({
      chosen: { name: 'webgpu', gpu },
      said: 'ulpwise: --backend auto: webgpu (acme one (driver 2))\n',
    });
    expect(closed()).toBe(false);
  });
  it('is cpu where the GPU is software, which is closed', async () => {
    const { gpu, closed } = standIn(true);
    const { chosen, said } = await auto(async () => gpu);
    expect(chosen).toEqual({ name: 'cpu' });
    expect(said).toBe('ulpwise: --backend auto: cpu (acme one (driver 2) computes on the CPU too, and slower)\n');
    expect(closed()).toBe(true);
  });
  it.each([
    ['there is no adapter', new InputError('webgpu: expected a GPU, found none')],
    ['the probe refuses the device', new GpuError('webgpu: the integer arithmetic of acme one is wrong')],
  ])('is cpu where %s', async (_, error) => {
    const { chosen, said } = await auto(async () => Promise.reject(error));
    expect(chosen).toEqual({ name: 'cpu' });
    expect(said).toBe(`ulpwise: --backend auto: cpu (${error.message})\n`);
  });
  it('is cpu, without looking for a GPU, where none can compute what is asked for', async () => {
    const never = (): Promise<GpuBackend> => Promise.reject(new Error('opened'));
    const { chosen, said } = await auto(never, 'logits is in fp64');
    expect({ chosen, said }).toEqual({
      chosen: { name: 'cpu' },
      said: 'ulpwise: --backend auto: cpu (logits is in fp64)\n',
    });
    await expect(auto(never)).rejects.toThrow('opened');
  });
  it.each([
    ['bf16', undefined],
    ['bf16; logits: fp64', 'logits is in fp64, which is not inside float32'],
    ['bf16; layers.0.query: accumulate=decimal:9', 'layers.0.query is in decimal:9, which is not inside float32'],
    ['fp16; *.query: linear=int8', 'layers.0.query has linear=int8, which the CPU alone computes'],
    ['bf16; product=exact', undefined],
  ])('a GPU computes under %s: %s', (text, refusal) => {
    const sites = siteNames(randomDecoder({ layers: 1 }).config);
    expect(gpuRefusal(parsePolicy(text, sites), sites)).toBe(refusal);
  });
  it('is an option of analyze, which then prints what it prints on the CPU', async () => {
    const words = ['analyze', '--layers', '1', '--width', '8', '--heads', '2', '--length', '3', '--vocabulary', '16'];
    const policy = ['--policy', 'bf16; logits: fp64'];
    const { code, out, err } = await run([...words, ...policy, '--backend', 'auto']);
    expect({ code, err }).toEqual({
      code: 0,
      err: 'ulpwise: --backend auto: cpu (logits is in fp64, which is not inside float32)\n',
    });
    expect(out).toBe((await run([...words, ...policy])).out);
  });
});

describe('run --backend', () => {
  const small = ['samples=1', 'layers=1', 'width=8', 'heads=2', 'tokens=3', 'gains=1', 'formats=bf16'];
  const words = ['run', 'attention-precision', ...small.flatMap((text) => ['--set', text])];
  it('scalar gives the rows of the CPU', async () => {
    const scalar = await run([...words, '--backend', 'scalar']);
    expect(scalar).toEqual(await run(words));
    expect(scalar.code).toBe(0);
  });
  it('auto says that fp64 is not for a GPU', async () => {
    const { code, err } = await run([...words, '--set', 'higher=fp64', '--backend', 'auto']);
    expect({ code, err }).toEqual({
      code: 0,
      err: 'ulpwise: --backend auto: cpu (layers.0.scores is in fp64, which is not inside float32)\n',
    });
  });
  it('refuses what an experiment has no use for, and a policy that is none', async () => {
    const { code, err } = await run(['run', 'softmax', '--backend', 'webgpu']);
    expect({ code, err }).toEqual({
      code: 2,
      err: "ulpwise: --backend: expected cpu or auto for softmax, which computes on the CPU alone, got 'webgpu'\n",
    });
    const wrong = await run(['run', 'residual-scale', '--set', 'policy=bf17', '--threads', '2']);
    expect({ code: wrong.code, out: wrong.out }).toEqual({ code: 2, out: '' });
    expect(wrong.err).toMatch(/^ulpwise: policy: expected a format[^\n]*\n$/);
  });
});
