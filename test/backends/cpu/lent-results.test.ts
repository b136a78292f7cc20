/** Results that are only lent lie in the kernels' memory and are read and written there: with the bits of those that are kept. */
import { afterAll, describe, expect, it } from 'vitest';
import { CpuArithmetic } from '../../../src/backends/cpu/cpu-arithmetic.ts';
import { planSum } from '../../../src/backends/cpu/plan.ts';
import { products } from '../../../src/backends/cpu/sums.ts';
import { KernelMemory } from '../../../src/backends/cpu/wasm.ts';
import { formats } from '../../../src/formats/index.ts';
import { nodeWorkers } from '../../../src/platform/node-workers.ts';
import { sqrtOfRatio } from '../../../src/softfloat/real.ts';
import { causalMask, type Numbers, parseSpec, type Tensor, uniformSpec } from '../../../src/tensor/index.ts';
import { expectSame, kinds, numbers } from './numbers.ts';

const memory = new KernelMemory({ workers: () => ({ ...nodeWorkers, threads: 3 }), taskSize: 1 << 12 });
afterAll(() => memory.pool()?.stop());

const zero: Tensor = { shape: [1], data: Float32Array.of(0) };

/** Large enough to be lent: without padding, and with. */
const sizes = [
  [128, 144, 160],
  [130, 150, 170],
] as const;

function chain(cpu: CpuArithmetic, [m, n, k]: (typeof sizes)[number], kind: (typeof kinds)[number]): Tensor[] {
  const rounded = (shape: number[], seed: number): Tensor => {
    const size = shape.reduce((p, q) => p * q, 1);
    return cpu.add('m', { shape, data: numbers(kind, seed, size, formats.fp32) }, zero) as Tensor;
  };
  const [a, b, c] = [rounded([m, k], 1), rounded([k, n], 2), rounded([n, k], 3)];
  const heads = rounded([2, 3, m, m], 4);
  const values = rounded([2, 1, m, k], 5);
  const bias = { shape: [n], data: numbers(kind, 6, n, formats.fp32) };
  const x = cpu.matmul('m', a, b) as Tensor;
  return [
    x,
    cpu.matmul('m', a, c, { transposed: true }) as Tensor,
    cpu.matmul('m', x, x, { transposed: true }) as Tensor,
    cpu.linear('m', a, { weight: c, layout: 'out-in', bias }) as Tensor,
    cpu.scores(
      'm',
      values,
      values,
      { shape: [], reals: [sqrtOfRatio(1n, 7n)] },
      causalMask([{ start: 1, end: m }], m),
    ) as Tensor,
    cpu.matmul('m', heads, values, { mask: causalMask([{ start: 0, end: m }], m) }) as Tensor,
    a,
    values,
  ];
}

describe('results that are lent', () => {
  it.each([
    'fp32',
    'bf16',
    'bf16; product=exact, accumulate=fp32',
    'fp16; product=exact, accumulate=fp32, bias=fused',
    'e4m3; mode=up, accumulate=fp16',
    'fp64',
    'fp32; order=pairwise',
  ])('%s: lie in the kernels’ memory, with the bits of others', (policy) => {
    const spec = parseSpec(policy);
    const lending = new CpuArithmetic('lent', () => spec, memory);
    const keeping = new CpuArithmetic('kept', () => spec, new KernelMemory());
    for (const [i, size] of sizes.entries()) {
      const kind = kinds[(i + policy.length) % kinds.length];
      const lent = lending.lend(() => chain(lending, size, kind));
      const kept = chain(keeping, size, kind);
      for (const [j, value] of lent.entries()) {
        expect(memory.results.addressOf(value.data as Numbers), `result ${j}`).toBeGreaterThan(0);
        expectSame(`${policy}, ${kind}, result ${j}`, value, kept[j]);
      }
      lending.release(lent, lending.add('m', zero, zero));
    }
  });

  it('are ordinary arrays again outside', () => {
    const cpu = new CpuArithmetic('m', () => parseSpec('fp32'), memory);
    const lent = cpu.lend(() => chain(cpu, sizes[0], 'ordinary'));
    cpu.release(lent, cpu.add('m', zero, zero));
    for (const { data } of chain(cpu, sizes[0], 'ordinary')) expect(data.buffer).toBeInstanceOf(ArrayBuffer);
  });

  it('are operands in pieces too', () => {
    const spec = { ...uniformSpec(formats.fp32), a: formats.fp32, b: formats.fp32 };
    const [m, n, k] = [128, 144, 160];
    const place = (data: Float32Array): Numbers => {
      const lent = memory.results.lend(() => memory.results.take(data.length, 4));
      lent.set(data);
      expect(memory.results.addressOf(lent)).toBeGreaterThan(0);
      return lent;
    };
    const data = [numbers('ordinary', 3, 2 * m * k, formats.fp32), numbers('ordinary', 4, n * k, formats.fp32)];
    const shape = { m, n, k, batches: 2, batchOfB: () => 0 };
    for (const transposed of [false, true]) {
      const what = { plan: planSum(spec, k)!, spec, shape, transposed, mask: undefined, finish: undefined };
      const product = ([a, b]: Numbers[], bytes?: number): Numbers =>
        products(memory, { data: a, rounding: undefined }, { data: b, rounding: undefined }, what, bytes);
      const expected = product(data);
      expect(product(data.map(place))).toEqual(expected);
      for (const bytes of [1 << 10, 1 << 14, 1 << 16]) expect(product(data.map(place), bytes)).toEqual(expected);
    }
  });

  it('are copied out where a lost worker may still write to them', () => {
    // Takes a task and never does it: words of assembly/layout.ts.
    const thief = `const words = new Int32Array(setup.memory.buffer, 0, 128);
      for (let taken = false; !taken; ) {
        const task = Atomics.load(words, 16);
        taken = Atomics.load(words, 17) - task > 0 && Atomics.compareExchange(words, 16, task, task + 1) === task;
      }`;
    const workers = { ...nodeWorkers, threads: 2, start: (_: string, setup: never) => nodeWorkers.start(thief, setup) };
    const losing = new KernelMemory({ workers: () => workers, taskSize: 1, patience: 2 });
    const [cpu, keeping] = [losing, new KernelMemory()].map((m) => new CpuArithmetic('m', () => parseSpec('fp32'), m));
    const shape = [128, 128];
    const a = { shape, data: numbers('ordinary', 1, 128 * 128, formats.fp32) };
    const expected = keeping.matmul('m', a, a);
    const end = Date.now() + 30_000;
    while (!losing.hasLostWorkers && Date.now() < end) {
      const product = cpu.lend(() => cpu.matmul('m', a, a)) as Tensor;
      expectSame('a product', product, expected);
      expect(losing.results.addressOf(product.data as Numbers) !== undefined).toBe(!losing.hasLostWorkers);
    }
    expect(losing.hasLostWorkers).toBe(true);
  });
});
