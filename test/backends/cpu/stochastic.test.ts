/** Stochastic rounding on the kernels has the bits of the scalar interpreter. */
import { describe, expect, it } from 'vitest';
import type { Norm } from '../../../src/arithmetic/arithmetic.ts';
import { SoftfloatArithmetic } from '../../../src/arithmetic/softfloat.ts';
import type { Addresses } from '../../../src/arithmetic/stochastic.ts';
import { CpuArithmetic } from '../../../src/backends/cpu/cpu-arithmetic.ts';
import {
  ENTRIES_JOB,
  type EntryOperation,
  entriesJob,
  roundedEntries,
} from '../../../src/backends/cpu/stochastic-entries.ts';
import { type StochasticSums, stepsOf, stochasticSums } from '../../../src/backends/cpu/stochastic-sums.ts';
import { kernelMemory } from '../../../src/backends/cpu/wasm.ts';
import { formats, parseFormat, round } from '../../../src/formats/index.ts';
import { rotaryReals } from '../../../src/softfloat/real.ts';
import type { Scalars } from '../../../src/softfloat/scalars.ts';
import { stochasticScalars } from '../../../src/softfloat/stochastic.ts';
import { causalMask, type KeyMask, type OperationSpec, parseSpec, type Tensor } from '../../../src/tensor/index.ts';
import { expectSame, type Kind, kinds, numbers, rounded, words } from './numbers.ts';

const named = ['fp64', 'fp32', 'tf32', 'fp16', 'bf16', 'e5m2', 'e4m3', 'e2m3', 'e2m1', 'e8m22', 'e8m20', 'e6m21'];
const orders = ['sequential', 'reversed', 'pairwise', 'blocked(4)', 'lanes(3)', 'lanes(64)', 'splitk(3)', 'kahan'];

let seed = 1;

/** Both interpreters, which count on from operation to operation. */
function pair(text: string): { spec: OperationSpec; fast: CpuArithmetic; slow: SoftfloatArithmetic; label: string } {
  seed++;
  const label = `${text}${text.includes(';') ? ',' : ';'} mode=stochastic, seed=${seed * 0x100000001}`;
  const spec = parseSpec(label);
  return { spec, label, fast: new CpuArithmetic('', () => spec), slow: new SoftfloatArithmetic('', () => spec) };
}

function operand(kind: Kind, seed: number, shape: readonly number[], spec: OperationSpec): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return { shape, data: numbers(kind, seed, size, spec.accumulate) };
}

function checkMatmul(text: string, a: readonly number[], b: readonly number[], transposed: boolean, mask?: KeyMask) {
  const { spec, fast, slow, label } = pair(text);
  for (const kind of kinds) {
    seed++;
    const [x, y] = [operand(kind, seed, a, spec), operand(kind, seed + 7919, b, spec)];
    const options = { transposed, ...(mask ? { mask } : {}) };
    const what = `${label}, ${kind}, seed ${seed}, [${a}] × [${b}]${transposed ? 'ᵀ' : ''}`;
    expectSame(what, fast.matmul('m', x, y, options), slow.matmul('m', x, y, options));
  }
}

describe('matmul', () => {
  it.each(named)('%s: orders and sizes', (format) => {
    for (const order of orders) {
      for (const [m, n, k] of [
        [1, 1, 1],
        [2, 3, 5],
        [3, 17, 7],
        [2, 9, 33],
      ]) {
        checkMatmul(`${format}; order=${order}`, [m, k], [k, n], false);
        checkMatmul(`${format}; order=${order}`, [m, k], [n, k], true);
      }
    }
  });
  it.each(named)('%s: options', (format) => {
    for (const options of ['', ', overflow=saturate', ', subnormals=flush']) {
      checkMatmul(`${format}; fma=on${options}`, [3, 9], [9, 5], false);
      checkMatmul(`${format}; product=exact${options}`, [3, 9], [9, 5], false);
      checkMatmul(`${format}; order=kahan${options}`, [3, 9], [9, 5], false);
      checkMatmul(`${format}; order=lanes(3), fma=on${options}`, [3, 9], [9, 5], false);
    }
  });
  it.each([
    ...['bf16; accumulate=fp32', 'autocast(bf16)', 'fp16; product=exact, accumulate=fp32', 'fp16; accumulate=bf16'],
    ...['fp32; product=bf16', 'bf16; product=fp32', 'bf16; input=fp32', 'e4m3; accumulate=fp16', 'fp16; input=e4m3'],
    ...['fp32; accumulate=fp64', 'fp64; input=fp32', 'fp64; accumulate=fp32', 'e2m1; accumulate=fp16', 'decimal:4'],
    ...['bf16; accumulate=decimal:8', 'e11m20', 'e5m15', 'fp16; accumulate=e2m1', 'e4m3; accumulate=e2m3'],
  ])('%s', (text) => {
    for (const order of ['sequential', 'pairwise', 'kahan']) {
      checkMatmul(`${text}${text.includes(';') ? ', ' : '; '}order=${order}`, [3, 10], [10, 18], false);
    }
  });
  it.each(['fp32', 'bf16', 'e4m3', 'bf16; product=exact, accumulate=fp32'])(
    '%s: heads in groups, and masks',
    (text) => {
      const spans = [
        { start: 0, end: 5 },
        { start: 2, end: 7 },
      ];
      const mask = causalMask(spans, 7);
      for (const order of orders) {
        const spec = `${text}${text.includes(';') ? ', ' : '; '}order=${order}`;
        checkMatmul(spec, [2, 4, 7, 7], [2, 2, 7, 5], false, mask);
        checkMatmul(spec, [2, 4, 7, 3], [2, 2, 7, 3], true);
      }
    },
  );
});

describe('linear', () => {
  it.each([...named, 'autocast(bf16)', 'e4m3; accumulate=fp16', 'bf16; out=fp32', 'fp16; subnormals=flush'])(
    '%s',
    (text) => {
      for (const bias of ['fused', 'separate']) {
        const { spec, fast, slow, label } = pair(`${text}${text.includes(';') ? ', ' : '; '}bias=${bias}`);
        for (const kind of kinds) {
          for (const layout of ['in-out', 'out-in'] as const) {
            seed++;
            const x = operand(kind, seed, [2, 3, 9], spec);
            const weight = operand(kind, seed + 31, layout === 'in-out' ? [9, 19] : [19, 9], spec);
            const layer = { weight, layout, bias: operand(kind, seed + 57, [19], spec) };
            const what = `${label}, bias=${bias}, ${kind}, ${layout}, seed ${seed}`;
            expectSame(what, fast.linear('m', x, layer), slow.linear('m', x, layer));
            const { bias: _, ...without } = layer;
            expectSame(what, fast.linear('m', x, without), slow.linear('m', x, without));
          }
        }
      }
    },
  );
});

describe('entry by entry', () => {
  it.each(named)('%s', (format) => {
    for (const options of ['', '; overflow=saturate', '; subnormals=flush']) {
      const { spec, fast, slow, label } = pair(format + options);
      for (const kind of kinds) {
        seed++;
        const [x, y] = [operand(kind, seed, [3, 67], spec), operand(kind, seed + 7, [3, 67], spec)];
        const row = operand(kind, seed + 11, [67], spec);
        for (const name of ['add', 'subtract', 'multiply', 'divide'] as const) {
          const what = `${label}, ${kind}, ${name}`;
          expectSame(what, fast[name]('m', x, y), slow[name]('m', x, y));
          expectSame(what, fast[name]('m', x, row), slow[name]('m', x, row));
        }
        for (const name of ['sqrt', 'exp', 'tanh', 'erf'] as const) {
          expectSame(`${label}, ${kind}, ${name}`, fast[name]('m', row), slow[name]('m', row));
        }
      }
    }
  });
});

describe('rows', () => {
  const mask = causalMask([{ start: 1, end: 9 }], 9);
  it.each([...named, 'bf16; accumulate=fp32', 'fp16; softmax=unshifted'])('%s', (text) => {
    for (const order of ['sequential', 'pairwise', 'kahan']) {
      const { spec, fast, slow, label } = pair(`${text}${text.includes(';') ? ', ' : '; '}order=${order}`);
      for (const kind of ['ordinary', 'raw', 'tiny'] as const) {
        seed++;
        const what = `${label}, ${kind}, seed ${seed}`;
        const x = { ...operand(kind, seed, [1, 2, 9, 9], spec) };
        const y = rounded(numbers(kind, seed, 6 * 8, spec.out), [1, 2, 3, 8], spec.out);
        expectSame(`${what}, rowSum`, fast.rowSum('m', x), slow.rowSum('m', x));
        expectSame(`${what}, softmax`, fast.softmax('m', x, mask), slow.softmax('m', x, mask));
        expectSame(`${what}, softmax`, fast.softmax('m', x), slow.softmax('m', x));
        const norm: Norm = { gamma: operand(kind, seed + 1, [9], spec), beta: operand(kind, seed + 2, [9], spec) };
        expectSame(`${what}, layerNorm`, fast.layerNorm('m', x, norm, 1e-5), slow.layerNorm('m', x, norm, 1e-5));
        expectSame(`${what}, rmsNorm`, fast.rmsNorm('m', x, norm, 1e-5), slow.rmsNorm('m', x, norm, 1e-5));
        expectSame(`${what}, gelu`, fast.gelu('m', y, 'tanh'), slow.gelu('m', y, 'tanh'));
        expectSame(`${what}, gelu`, fast.gelu('m', y, 'erf'), slow.gelu('m', y, 'erf'));
        expectSame(`${what}, silu`, fast.silu('m', y), slow.silu('m', y));
        const table = (which: 'cos' | 'sin') => ({
          shape: [1, 1, 3, 4],
          reals: Array.from({ length: 12 }, (_, i) => rotaryReals(Math.floor(i / 4), 10000, i % 4, 8)[which]),
        });
        const exact = { cos: table('cos'), sin: table('sin') };
        const tables = { exact, float32Angles: () => exact };
        expectSame(`${what}, rotate`, fast.rotate('m', y, tables), slow.rotate('m', y, tables));
        expectSame(`${what}, after all`, fast.add('m', y, y), slow.add('m', y, y));
      }
    }
  });
});

const addresses = (step: number, start = 0): Addresses => ({
  ...{ key: [5, 7], hash: 0x9e3779b9, step, part: { start, width: 1, stride: 1 } },
});

describe('more than one piece, task and address', () => {
  const context = { format: formats.bf16, overflow: 'inf', subnormals: 'keep' } as const;

  it('entries are the same wherever they are cut', () => {
    const size = 70_000;
    const [a, b] = [numbers('ordinary', 1, size, formats.fp32), numbers('ordinary', 2, size, formats.fp32)];
    for (const operation of ['add', 'divide', 'round'] as const satisfies EntryOperation[]) {
      const of = (from: number, to: number): Float32Array =>
        roundedEntries(
          kernelMemory(),
          operation,
          context,
          a.slice(from, to),
          b.slice(from, to),
          addresses(3, 0xfffff000 + from),
        );
      const whole = of(0, size);
      expect([...of(0, 1001), ...of(1001, 40_000), ...of(40_000, size)]).toEqual([...whole]);
    }
  });
  it('sums are the same wherever they are cut', () => {
    const [batches, m, n, k] = [2, 5, 37, 9];
    const spec = parseSpec('bf16; mode=stochastic, order=lanes(2)');
    const a = numbers('ordinary', 3, batches * m * k, formats.fp32);
    const b = numbers('ordinary', 4, n * k, formats.fp32);
    const shape = { m, n, k, batches, batchOfB: () => 0 };
    const what: StochasticSums = {
      ...{ spec, shape, transposed: false, mask: (row: number) => [0, 1 + row] as const, finishes: true },
      ...{ bias: numbers('ordinary', 5, n, formats.fp32), addresses: addresses(0xffffff00) },
    };
    expect(stepsOf(what)).toBe(9 + 10 + 1 + 1);
    expect(stochasticSums(kernelMemory(), a, b, what, 1024)).toEqual(stochasticSums(kernelMemory(), a, b, what));
  });
});

/** Words beside the threshold, which random words would meet once in 2^32. */
describe('beside thresholds', () => {
  const names = ['fp32', 'bf16', 'fp16', 'tf32', 'e8m20', 'e8m21', 'e8m22', 'e5m22', 'e4m3'];
  it.each(names)('%s', (name) => {
    const format = parseFormat(name);
    const context = { format, overflow: 'inf', subnormals: 'keep' } as const;
    const next = words(format.u * 2 ** 40);
    const memory = kernelMemory();
    // Eight entries: one pair of numbers with eight words.
    const entry = (operation: EntryOperation, a: number, b: number, eight: readonly number[]): number[] =>
      memory.scope(() => {
        const [x, y] = [a, b].map((v) => memory.copyIn(new Float32Array(8).fill(v), 4));
        const [random, out] = [memory.allocate(32), memory.allocate(32)];
        memory.int32(random, 8).set(eight);
        const job = memory.allocate(ENTRIES_JOB);
        entriesJob(memory, operation, context, { first: 0, entries: 8, a: x, b: y, out }, addresses(0))(job);
        memory.kernels.roundEntries(job, 0, random);
        return [...memory.float32(out, 8)];
      });
    const of: Record<EntryOperation, (s: Scalars<number>, a: number, b: number) => number> = {
      add: (s, a, b) => s.add(a, b),
      subtract: (s, a, b) => s.sub(a, b),
      multiply: (s, a, b) => s.mul(a, b),
      divide: (s, a, b) => s.div(a, b),
      round: (s, a) => s.fromNumber(a),
    };
    const anyFloat32 = (): number => numbers(next() % 4 === 0 ? 'raw' : 'spread', next(), 1, formats.fp32)[0];
    for (let i = 0; i < 400; i++) {
      // A number of the format and another, or one beside a power of two and a small one, of either sign.
      const scale = 2 ** ((next() % 12) - 6);
      const beside = scale * (1 + ((next() % 5) - 2) * format.epsMach);
      const small = (next() / 2 ** 32 - 0.5) * scale * format.epsMach * 2 ** -(next() % 40);
      const [a, b] = i % 2 === 0 ? [round(anyFloat32(), format), anyFloat32()] : [beside, Math.fround(small)];
      const quotient = Math.fround(1 + (next() % 2 ** 23) * 2 ** -23);
      for (const [operation, x, y] of [
        ['add', a, b],
        ['subtract', a, b],
        ['multiply', a, b],
        ['divide', a, b],
        ['divide', Math.fround(quotient * (1 + (next() % 3) * 2 ** -23)), quotient],
        ['divide', anyFloat32(), quotient],
        ['round', b, 0],
      ] as const) {
        const at = (word: number): number =>
          of[operation](
            stochasticScalars(context, () => word),
            x,
            y,
          );
        // The threshold by bisection.
        const away = at(0);
        let [from, to] = [0, 2 ** 32];
        while (to - from > 1) {
          const middle = Math.floor((from + to) / 2);
          if (Object.is(at(middle), away)) from = middle;
          else to = middle;
        }
        const eight = [0, from - 8, from - 1, from, to, to + 1, to + 8, 2 ** 32 - 1].map((word) =>
          Math.min(Math.max(word, 0), 2 ** 32 - 1),
        );
        const computed = entry(operation, x, y, eight);
        const expected = eight.map(at);
        if (!computed.every((z, j) => Object.is(z, expected[j]))) {
          expect.fail(`${operation}(${x}, ${y}), words ${eight}: expected ${expected}, got ${computed}`);
        }
      }
    }
  });
});
