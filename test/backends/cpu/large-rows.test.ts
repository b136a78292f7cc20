/**
 * Rows, elements and composites cut into pieces and tasks, on several threads, with tables: the bits of the scalar
 * interpreter, or of one number after the other.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { SoftfloatArithmetic } from '../../../src/arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../../src/backends/cpu/cpu-arithmetic.ts';
import { unaryFunction } from '../../../src/backends/cpu/unary-tables.ts';
import { KernelMemory } from '../../../src/backends/cpu/wasm.ts';
import { type BinaryFormat, formats } from '../../../src/formats/index.ts';
import { nodeWorkers } from '../../../src/platform/node-workers.ts';
import { rotaryReals } from '../../../src/softfloat/real.ts';
import { scalarsOf } from '../../../src/softfloat/scalar.ts';
import { causalMask, type Numbers, parseSpec, type Tensor } from '../../../src/tensor/index.ts';
import { expectSame, type Kind, numbers, rounded } from './numbers.ts';

const memories: KernelMemory[] = [];
afterAll(() => {
  for (const memory of memories) memory.pool()?.stop();
});

/** Tasks as small as they come. */
function memoryWith(threads: number): KernelMemory {
  const memory = new KernelMemory({ workers: () => ({ ...nodeWorkers, threads }), taskSize: 1 });
  memories.push(memory);
  return memory;
}
const threadCounts = [1, 2, 3].map(memoryWith);

type Run = (a: SoftfloatArithmetic) => unknown;

describe('many tasks', () => {
  const policies = [
    ...['bf16', 'fp16', 'e4m3', 'fp32', 'fp64', 'bf16; accumulate=fp32', 'bf16; mode=up', 'fp16; overflow=saturate'],
    ...['bf16; order=pairwise', 'fp64; order=lanes(8)', 'tf32; order=kahan', 'fp32; subnormals=flush'],
  ];
  it.each(policies)('%s: any number of threads', (text) => {
    const spec = parseSpec(text);
    const slow = new SoftfloatArithmetic(text, () => spec);
    const kinds: Kind[] = ['ordinary', 'raw', 'tiny'];
    for (const [i, width] of [1, 2, 3, 5, 8, 15, 16, 17, 31, 33, 40].entries()) {
      const kind = kinds[i % kinds.length];
      const tokens = 21;
      const value = (shape: number[], seed: number): Tensor => {
        const size = shape.reduce((a, b) => a * b, 1);
        const data = numbers(kind, 100 * i + seed, size, spec.out);
        return seed % 2 === 0 || spec.out === formats.fp64 ? { shape, data } : rounded(data, shape, spec.out);
      };
      const [x, y] = [value([2, 3, tokens, width], 1), value([2, 3, tokens, width], 3)];
      const outside = value([2, 3, tokens, width], 2);
      const column = value([2, 3, tokens, 1], 5);
      const scores = value([2, 3, tokens, tokens], 7);
      const norm = { gamma: value([width], 4), beta: value([width], 6) };
      const spans = [
        { start: 0, end: tokens - 2 },
        { start: 3, end: tokens },
      ];
      const mask = causalMask(spans, tokens);
      const runs: Record<string, Run> = {
        add: (a) => a.add('s', x, y),
        outside: (a) => a.multiply('s', x, outside),
        columns: (a) => a.divide('s', x, column),
        softmax: (a) => a.softmax('s', x),
        masked: (a) => a.softmax('s', scores, mask),
        layerNorm: (a) => a.layerNorm('s', x, norm, 1e-5),
        rmsNorm: (a) => a.rmsNorm('s', outside, { gamma: norm.gamma }, 1e-6),
        geluTanh: (a) => a.gelu('s', x, 'tanh'),
        geluErf: (a) => a.gelu('s', outside, 'erf'),
        silu: (a) => a.silu('s', x),
        ...(width % 2 === 0 ? { rotate: (a: SoftfloatArithmetic) => a.rotate('s', x, rotary(tokens, width / 2)) } : {}),
      };
      for (const [name, run] of Object.entries(runs)) {
        const expected = run(slow);
        threadCounts.forEach((memory, threads) => {
          const fast = new CpuArithmetic(text, () => spec, memory);
          expectSame(`${text}, ${kind}, width ${width}, ${threads + 1} threads: ${name}`, run(fast), expected);
        });
      }
    }
  });
});

function rotary(tokens: number, pairs: number) {
  const reals = Array.from({ length: tokens * pairs }, (_, i) =>
    rotaryReals(Math.floor(i / pairs), 10000, i % pairs, 2 * pairs),
  );
  const shape = [1, 1, tokens, pairs];
  const exact = { cos: { shape, reals: reals.map((p) => p.cos) }, sin: { shape, reals: reals.map((p) => p.sin) } };
  return { exact, float32Angles: () => exact };
}

describe('pieces', () => {
  /** More numbers than are in memory at once. */
  const rows = 300;
  const width = 1023;

  it.each(['bf16', 'fp32', 'fp64'])('%s: rows by themselves are rows among others', (text) => {
    const spec = parseSpec(text);
    const cpu = new CpuArithmetic(text, () => spec);
    const x = cpu.parameter('s', { shape: [rows, width], data: numbers('ordinary', 9, rows * width, formats.fp32) });
    const y = cpu.parameter('s', { shape: [rows, width], data: numbers('raw', 8, rows * width, formats.fp32) });
    const gamma = { shape: [width], data: numbers('ordinary', 7, width, formats.fp32) };
    const row = (t: typeof x, r: number) => ({
      ...t,
      shape: [1, width],
      data: (t.data as Numbers).slice(r * width, (r + 1) * width),
    });
    const runs: ((a: typeof x, b: typeof x) => unknown)[] = [
      (a, b) => cpu.add('s', a, b),
      (a, b) => cpu.divide('s', a, cpu.slice(b, 0, 1)),
      (a) => cpu.softmax('s', a),
      (a) => cpu.layerNorm('s', a, { gamma }, 1e-5),
      (a) => cpu.gelu('s', a, 'tanh'),
      (a) => cpu.silu('s', a),
      (a) => cpu.exp('s', a),
    ];
    for (const [i, run] of runs.entries()) {
      const whole = run(x, y) as typeof x;
      for (const r of [0, 1, 255, 256, 257, rows - 1]) {
        expectSame(`${text}, operation ${i}, row ${r}`, run(row(x, r), row(y, r)), row(whole, r));
      }
    }
  });
});

describe('tables', () => {
  const small: BinaryFormat[] = [formats.bf16, formats.fp16, formats.tf32, formats.e5m2, formats.e4m3, formats.e2m1];
  const memory = new KernelMemory();

  it.each(small)('$name: every number', (format) => {
    for (const [name, mode] of [
      ['exp', 'nearest-even'],
      ['tanh', 'up'],
      ['erf', 'nearest-even'],
    ] as const) {
      const context = { format: formats.bf16, mode, overflow: 'inf', subnormals: 'keep' } as const;
      const f = unaryFunction(name, context, format);
      const table = f.table(memory, 2 ** 19);
      if (table === undefined) return expect.unreachable('so many numbers have a table');
      const evaluate = scalarsOf(context)[name];
      const bits = Uint32Array.from({ length: 2 ** (8 + format.precision) }, (_, i) => i << table.shift);
      const results = memory.float32(table.at, bits.length);
      let checked = 0;
      new Float32Array(bits.buffer).forEach((x, i) => {
        const stands = !Number.isFinite(x) || (Math.abs(x) <= format.largest && x % format.smallestSubnormal === 0);
        // Of tf32 every seventh.
        if (!stands || (format === formats.tf32 && i % 7 !== 0)) return;
        checked++;
        const expected = evaluate(x);
        if (!Object.is(results[i], expected)) expect.fail(`${name}(${x}): expected ${expected}, got ${results[i]}`);
      });
      expect(checked).toBeGreaterThan(2 ** (format.width - 1) / 7);
    }
  });

  it('few numbers do not pay for one', () => {
    const context = { format: formats.fp16, mode: 'odd', overflow: 'inf', subnormals: 'keep' } as const;
    expect(unaryFunction('exp', context, formats.fp16).table(memory, 100)).toBeUndefined();
    expect(unaryFunction('exp', context, undefined).table(memory, 2 ** 20)).toBeUndefined();
  });
});
