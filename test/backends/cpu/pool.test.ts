/** Large products on several threads: the bits of the scalar interpreter, whatever becomes of the workers. */
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { SoftfloatArithmetic } from '../../../src/arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../../src/backends/cpu/cpu-arithmetic.ts';
import { Pool, type WorkerSource } from '../../../src/backends/cpu/pool.ts';
import { KernelMemory } from '../../../src/backends/cpu/wasm.ts';
import { formats } from '../../../src/formats/index.ts';
import { nodeWorkers, threadsOf } from '../../../src/platform/node-workers.ts';
import { causalMask, type KeyMask, parseSpec, type Tensor } from '../../../src/tensor/index.ts';
import { expectSame, kinds, numbers, words } from './numbers.ts';

const memories: KernelMemory[] = [];
afterEach(() => {
  for (const memory of memories.splice(0)) memory.pool()?.stop();
});

/** Tasks as small as they come, so that small products have many. */
function memoryWith(threads: number, source: Partial<WorkerSource> = {}, patience?: number): KernelMemory {
  const workers = { ...nodeWorkers, threads, ...source };
  const memory = new KernelMemory({
    workers: () => workers,
    taskSize: 1,
    ...(patience === undefined ? {} : { patience }),
  });
  memories.push(memory);
  return memory;
}

/** The calling thread leaves all tasks to the workers. */
function memoryOfWorkers(workers: number): KernelMemory {
  const memory = memoryWith(1);
  const source = { ...nodeWorkers, threads: workers + 1 };
  const setup = { module: memory.module, memory: memory.kernels.memory };
  const pool = new Pool(source, setup, () => {}, 600);
  memory.pool = () => pool;
  return memory;
}

const formatNames = ['fp32', 'tf32', 'fp16', 'bf16', 'e5m2', 'e4m3', 'e2m1', 'e8m3', 'fp64'];
const orders = ['sequential', 'reversed', 'pairwise', 'blocked(4)', 'lanes(3)', 'splitk(3)', 'kahan'];
const modes = ['nearest-even', 'nearest-even', 'down', 'odd', 'stochastic'];

function checkCase(memory: KernelMemory, seed: number): void {
  const next = words(seed);
  for (let i = 0; i < 5; i++) next();
  const pick = <T>(xs: readonly T[]): T => xs[next() % xs.length];
  const format = pick(formatNames);
  const [order, mode] = [pick(orders), format === 'fp64' ? 'nearest-even' : pick(modes)];
  const accumulate =
    format !== 'fp64' && next() % 3 === 0 ? `, product=exact, accumulate=${pick(['fp32', format])}` : '';
  const text = `${format}; order=${order}, mode=${mode}${accumulate}`;
  const spec = parseSpec(text);
  const [fast, slow] = [new CpuArithmetic(text, () => spec, memory), new SoftfloatArithmetic(text, () => spec)];
  const kind = pick(kinds);
  const tensor = (shape: number[], extra: number): Tensor => {
    const size = shape.reduce((p, q) => p * q, 1);
    return { shape, data: numbers(kind, seed + extra, size, spec.accumulate) };
  };
  const [m, n, k] = [1 + (next() % 13), 1 + (next() % 70), 1 + (next() % 40)];
  const label = `${text}, seed ${seed}, ${kind}, [${m}, ${k}] × [${k}, ${n}]`;
  const same = (a: Tensor, b: Tensor, options: { mask?: KeyMask; transposed?: boolean }): void => {
    expectSame(label, fast.matmul('m', a, b, options), slow.matmul('m', a, b, options));
  };
  same(tensor([m, k], 1), tensor([k, n], 2), {});
  same(tensor([m, k], 3), tensor([n, k], 4), { transposed: true });
  const mask = causalMask([{ start: next() % 2, end: m }], m);
  same(tensor([1, 2, m, m], 5), tensor([1, 1, m, n], 6), { mask });
  const layer = { weight: tensor([n, k], 7), layout: 'out-in', bias: tensor([n], 8) } as const;
  const x = tensor([m, k], 9);
  expectSame(`${label}: linear`, fast.linear('m', x, layer), slow.linear('m', x, layer));
  expectSame(`${label}: rowSum`, fast.rowSum('m', x), slow.rowSum('m', x));
}

describe('products on several threads', () => {
  it.each([2, 3, 4])('%i threads have the bits of the scalar interpreter', (threads) => {
    const memory = memoryWith(threads);
    expect(memory.pool()?.threads).toBe(threads);
    for (let i = 0; i < 60; i++) checkCase(memory, threads * 1000 + i);
  });

  it.each([1, 2, 3])('%i workers alone have them', (workers) => {
    const memory = memoryOfWorkers(workers);
    for (let i = 0; i < 60; i++) checkCase(memory, 10_000 * workers + i);
  });

  it('the memory grows while workers are there', () => {
    const memory = memoryOfWorkers(1);
    const spec = parseSpec('bf16; mode=up');
    const before = memory.kernels.memory.buffer.byteLength;
    for (const n of [16, 100, 1000, 40_000]) {
      const a = { shape: [3, 40], data: numbers('ordinary', n, 120, formats.fp32) };
      const b = { shape: [40, n], data: numbers('ordinary', n + 1, 40 * n, formats.fp32) };
      const [many, one] = [memory, memoryWith(1)].map((m) => new CpuArithmetic('up', () => spec, m).matmul('m', a, b));
      expectSame(`${n} columns`, many, one);
    }
    expect(memory.kernels.memory.buffer.byteLength).toBeGreaterThan(before);
  });
});

const spec = parseSpec('fp16');
const a = { shape: [64, 64], data: numbers('ordinary', 1, 4096, formats.fp16) };
const expected = new SoftfloatArithmetic('m', () => spec).matmul('m', a, a);

describe('workers that fail', () => {
  /** Repeats a product until `enough`, its bits the right ones each time. */
  function repeat(memory: KernelMemory, enough: () => boolean): void {
    const cpu = new CpuArithmetic('m', () => spec, memory);
    const end = Date.now() + 30_000;
    do expectSame('a product', cpu.matmul('m', a, a), expected);
    while (!enough() && Date.now() < end);
    expect(enough()).toBe(true);
  }
  const starting = (body: string): Partial<WorkerSource> => ({ start: (_, setup) => nodeWorkers.start(body, setup) });

  it('cannot be started', () => {
    const refuse = (): never => {
      throw new Error('no workers here');
    };
    const memory = memoryWith(3, { start: refuse });
    repeat(memory, () => true);
    expect(memory.pool()).toBeUndefined();
  });
  it('throw as they start', async () => {
    const memory = memoryWith(3, starting('throw new Error("at once");'));
    repeat(memory, () => true);
    await new Promise((done) => setTimeout(done, 300));
    repeat(memory, () => true);
  });
  it('end in the middle of a task: one thread goes on, and what the lost one may write to is not used again', () => {
    // Takes a task and never does it: indices of assembly/layout.ts.
    const thief = `const words = new Int32Array(setup.memory.buffer, 0, 128);
      for (let taken = false; !taken; ) {
        const task = Atomics.load(words, 16);
        taken = Atomics.load(words, 17) - task > 0 && Atomics.compareExchange(words, 16, task, task + 1) === task;
      }`;
    const memory = memoryWith(2, starting(thief), 2);
    expect(memory.pool()?.threads).toBe(2);
    const before = memory.scope(() => memory.allocate(16));
    repeat(memory, () => memory.pool() === undefined);
    expect(memory.scope(() => memory.allocate(16))).toBeGreaterThan(before + 3 * a.data.byteLength);
    repeat(memory, () => true);
  });
  it('are stopped in the middle of everything', async () => {
    const memory = memoryWith(3, {}, 2);
    repeat(memory, () => true);
    memory.pool()?.stop();
    const end = Date.now() + 500;
    repeat(memory, () => Date.now() > end);
    await new Promise((done) => setTimeout(done, 50));
    repeat(memory, () => true);
  });
  it('a thread that may not sleep waits too', () => {
    const memory = memoryWith(2, { maySleep: false });
    const end = Date.now() + 300;
    repeat(memory, () => Date.now() > end);
  });
});

describe('threads of Node', () => {
  it('ULPWISE_THREADS is a whole number from 1', () => {
    expect(threadsOf('3')).toBe(3);
    expect(threadsOf(undefined)).toBeGreaterThanOrEqual(1);
    expect(threadsOf('')).toBe(threadsOf(undefined));
    for (const wrong of ['0', '-1', 'two', '1.5', '1025']) {
      expect(() => threadsOf(wrong)).toThrow(`ULPWISE_THREADS: expected a whole number from 1 to 1024, got '${wrong}'`);
    }
  });
  it('a process with workers ends by itself, with the same bits for any number of threads', () => {
    const index = resolve(import.meta.dirname, '../../../dist/index.js');
    const code = `const { simulate } = await import(${JSON.stringify(index)});
      const a = { shape: [200, 300], data: Float32Array.from({ length: 60000 }, (_, i) => Math.sin(i)) };
      let product;
      for (let i = 0; i < 20; i++) product = simulate('bf16').matmul(a, a, { transposed: true });
      const hash = await crypto.subtle.digest('SHA-256', product.data);
      console.log(Buffer.from(hash).toString('hex'));`;
    const run = (threads: string): string =>
      execFileSync(process.execPath, ['--input-type=module', '-e', code], {
        env: { ...process.env, ULPWISE_THREADS: threads },
        encoding: 'utf8',
        timeout: 30_000,
      });
    const one = run('1');
    expect(one).toMatch(/^[0-9a-f]{64}\n$/);
    expect(run('2')).toBe(one);
    expect(run('4')).toBe(one);
    expect(run('')).toBe(one);
  });
});
