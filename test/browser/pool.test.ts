/** The kernels and their pool in a browser: the bits of the scalar interpreter, by any number of workers. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { SoftfloatArithmetic } from '../../src/arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../src/backends/cpu/cpu-arithmetic.ts';
import { Pool } from '../../src/backends/cpu/pool.ts';
import { KernelMemory } from '../../src/backends/cpu/wasm.ts';
import { browserWorkers } from '../../src/platform/browser-workers.ts';
import { parseSpec } from '../../src/tensor/index.ts';
import { expectSame, numbers } from '../backends/cpu/numbers.ts';

const pools: Pool[] = [];
afterEach(() => {
  for (const pool of pools.splice(0)) pool.stop();
});

function product(policy: string, memory: KernelMemory): void {
  const spec = parseSpec(policy);
  const [fast, slow] = [new CpuArithmetic(policy, () => spec, memory), new SoftfloatArithmetic(policy, () => spec)];
  const a = { shape: [13, 24], data: numbers('raw', 1, 13 * 24, spec.accumulate) };
  const b = { shape: [24, 70], data: numbers('ordinary', 2, 24 * 70, spec.accumulate) };
  expectSame(policy, fast.matmul('m', a, b), slow.matmul('m', a, b));
}

describe('in a page', () => {
  it('may share memory', () => {
    expect(crossOriginIsolated).toBe(true);
    expect(browserWorkers().threads).toBe(navigator.hardwareConcurrency);
  });

  it.each(['fp16', 'bf16', 'fp32; order=lanes(3)', 'e4m3; mode=up', 'fp64'])('%s by two threads', (policy) => {
    const memory = new KernelMemory({ workers: () => browserWorkers(2), taskSize: 1 });
    product(policy, memory);
    const pool = memory.pool();
    expect(pool?.threads).toBe(2);
    if (pool !== undefined) pools.push(pool);
  });

  it('by workers alone', async () => {
    const memory = new KernelMemory({ taskSize: 1 });
    const setup = { module: memory.module, memory: memory.kernels.memory };
    const pool = new Pool(browserWorkers(3), setup, () => {}, 10);
    pools.push(pool);
    memory.pool = () => pool;
    // A page's workers start while the page is idle. The tasks of a job of no kind do nothing.
    await vi.waitFor(() => expect(pool.run(-1, 0, 0, 2)).toBe(true), { timeout: 60_000, interval: 500 });
    product('fp16', memory);
  });
});
