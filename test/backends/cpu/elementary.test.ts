/** The elementary functions of arrays: the bits of the scalar functions, and the bound that the evaluations state. */
import { afterEach, describe, expect, it } from 'vitest';
import {
  elementaryFloat32,
  evaluateCodes,
  evaluateParts,
  mapFloat64,
} from '../../../src/backends/cpu/elementary-arrays.ts';
import { type BinaryContext, wideConstants } from '../../../src/backends/cpu/rounding-constants.ts';
import { KernelMemory } from '../../../src/backends/cpu/wasm.ts';
import { decode, formats, nextDown, nextUp, parseFormat, roundingModes } from '../../../src/formats/index.ts';
import { nodeWorkers } from '../../../src/platform/node-workers.ts';
import { evaluateFixed, fixedOf } from '../../../src/softfloat/elementary/fixed-point.ts';
import { integerSqrt } from '../../../src/softfloat/exact-arithmetic.ts';
import { float64Functions } from '../../../src/softfloat/float64.ts';
import { type RoundingContext, scalarsOf } from '../../../src/softfloat/scalar.ts';
import { type ElementaryName, elementaryNames, type UnaryName, unaryNames } from '../../../src/softfloat/scalars.ts';
import { context, contexts, generator, operand, title } from '../../softfloat/random.ts';
import { firstDifference } from '../../support/bits.ts';

const SEED = Number(process.env.ULPWISE_SEED ?? Date.now() % 2 ** 32);

const memory = new KernelMemory();

/** Raw bits and special values, and every second one of a magnitude from 2^−20 to 2^9 (positive for log and 1/√x). */
function operands(name: UnaryName, seed: number, count: number, width: 'fp32' | 'fp64'): number[] {
  const next = generator(seed);
  const positive = name === 'log' || name === 'rsqrt';
  return Array.from({ length: count }, (_, i) => {
    if (i % 2 === 0) return operand(next, formats[width]);
    const size = (1 + next() / 2 ** 32 + next() / 2 ** 60) * 2 ** ((next() % 30) - 20);
    const x = width === 'fp32' ? Math.fround(size) : size;
    return positive || next() % 2 === 0 ? x : -x;
  });
}

function expectSame(label: string, x: ArrayLike<number>, y: ArrayLike<number>, scalar: (x: number) => number): void {
  for (let i = 0; i < x.length; i++) {
    const expected = scalar(x[i]);
    if (!Object.is(y[i], expected)) expect.fail(`${label}(${x[i]}), at ${i}: ${y[i]}, not ${expected}`);
  }
}

function mapFloat32(where: KernelMemory, name: UnaryName, c: RoundingContext, x: Float32Array): Float32Array {
  return where.scope(() => {
    const at = where.copyIn(x, 4);
    elementaryFloat32(where, name, c, at, x.length);
    return where.float32(at, x.length).slice();
  });
}

const SLOW: readonly string[] = ['log', 'sin', 'cos'];

describe(`float64 arrays have the bits of float64Functions, ULPWISE_SEED=${SEED}`, () => {
  it.each(elementaryNames.map((name, i) => [name, i] as const))('%s', (name, i) => {
    const x = Float64Array.from(operands(name, SEED + i, SLOW.includes(name) ? 12_000 : 40_000, 'fp64'));
    const y = mapFloat64(memory, name, x);
    expectSame(name, x, y, float64Functions[name]);
    const bits = new BigUint64Array(y.buffer);
    expect(y.every((v, k) => !Number.isNaN(v) || bits[k] === 0x7ff8000000000000n)).toBe(true);
  });

  it('beside the numbers that every function treats apart', () => {
    const known = [0, 2 ** -1074, 2 ** -1022, 2 ** -200, 2 ** -60, 2 ** -55, 2 ** -28, 1 / 128, 0.70703125, 0.75, 1, 5];
    const large = [6, 20, 600, 709.782712893384, 710, 745.2, 746, 760, 1e22, 2 ** 1023, Number.MAX_VALUE, 1 / 0, 0 / 0];
    const quarters = Array.from({ length: 40 }, (_, k) => ((k + 1) * Math.PI) / 4);
    const near = [...known, ...large, ...quarters].flatMap((x) =>
      Number.isFinite(x) && x < Number.MAX_VALUE ? [nextDown(x, formats.fp64), x, nextUp(x, formats.fp64)] : [x],
    );
    const x = Float64Array.from([...near, ...near.map((v) => -v)]);
    for (const name of elementaryNames) expectSame(name, x, mapFloat64(memory, name, x), float64Functions[name]);
  });
});

describe('float32 arrays have the bits of the scalar functions', () => {
  const names = ['fp32', 'tf32', 'bf16', 'fp16', 'e4m3', 'e5m2', 'e2m1', 'e8m3', 'e6m9'].map(parseFormat);
  it.each(unaryNames)('%s: every format, mode and option', (name) => {
    for (const format of names) {
      for (const [i, c] of contexts(format).entries()) {
        // Odd lengths have a last number alone.
        const x = Float32Array.from(operands(name, SEED + i, SLOW.includes(name) ? 25 : 99, 'fp32'));
        const scalar = scalarsOf(c)[name];
        expectSame(`${name} ${title(c)}`, x, mapFloat32(memory, name, c, x), scalar);
      }
    }
  });
  it('NaN is the canonical one', () => {
    const x = new Float32Array(Uint32Array.of(0x7fc00000, 0xffc00001, 0xff800000, 0xffffffff).buffer);
    for (const name of ['log', 'sin', 'rsqrt'] as const) {
      const y = mapFloat32(memory, name, context(formats.bf16), x);
      expect([...new Uint32Array(y.buffer)], name).toEqual([0x7fc00000, 0x7fc00000, 0x7fc00000, 0x7fc00000]);
    }
  });
});

describe('consecutive float32 codes', () => {
  it.each(unaryNames)('%s: one evaluation rounds right in every mode', (name) => {
    const count = 60;
    const [out, narrow] = [memory.allocate(count * 8), memory.allocate(count * 4)];
    // About ±0, 2^−28, 1, 20, the largest, ∞, and what the first seed gives.
    for (const first of [0, 0x31800000, 0x3f800000, 0x41a00000, 0x7f800000, 0xbf800000, 0xffffffff, SEED % 2 ** 32]) {
      const start = Math.max(0, first - 30);
      const undecided = new Set<number>();
      evaluateCodes(memory, name, start, count, out, (index) => undecided.add(index));
      expect(undecided.size).toBeLessThan(6);
      for (const mode of roundingModes) {
        for (const format of [formats.fp32, formats.fp16]) {
          memory.scope(() => {
            memory.kernels.narrow(wideConstants(memory, context(format, mode) as BinaryContext), count, narrow, out);
          });
          const y = memory.float32(narrow, count);
          for (let i = 0; i < count; i++) {
            const x = decode(BigInt((start + i) % 2 ** 32), formats.fp32);
            if (undecided.has(i)) continue;
            const expected = scalarsOf(context(format, mode))[name](x);
            if (!Object.is(y[i], expected)) expect.fail(`${name}(${x}) ${mode}: ${y[i]}, not ${expected}`);
          }
        }
      }
    }
  });
});

describe('evaluations keep their bounds', () => {
  const BITS = 420;
  const exact = (name: ElementaryName | 'rsqrt', x: number): bigint => {
    if (name !== 'rsqrt') return evaluateFixed(name, x, BITS);
    const [n, one] = [fixedOf(x, BITS), 1n << BigInt(BITS)];
    return integerSqrt((one * one * one) / n);
  };
  /** Where errors are largest: ends of the tables' intervals, zeros of the functions; and anywhere. */
  const places = (name: UnaryName, next: () => number): number => {
    const u = next() / 2 ** 32;
    const step = 1 + (next() % 300);
    switch (next() % 4) {
      case 0:
        return (step + (next() % 2) + (u - 0.5) * 2 ** -(next() % 40)) / 128;
      case 1:
        return name === 'log'
          ? 1 + (u - 0.5) * 2 ** -(next() % 40)
          : (step * Math.PI) / 2 + (u - 0.5) * 2 ** -(next() % 30);
      case 2:
        return (1 + u) * 2 ** ((next() % 60) - 30);
      default:
        return (1 + u) * 2 ** -(next() % 10);
    }
  };
  it.each([...elementaryNames, 'rsqrt'] as const)('%s', (name) => {
    const next = generator(SEED);
    const bound = ['exp', 'log', 'rsqrt'].includes(name) ? 2 ** -68 : 2 ** -62;
    let found = 0;
    for (let i = 0; i < 4000; i++) {
      const size = places(name, next);
      const x = name === 'rsqrt' ? Math.fround(size) : name === 'log' || next() % 2 === 0 ? size : -size;
      if ((name === 'erf' && size > 6) || (name === 'exp' && size > 200)) continue;
      const { hi, lo } = evaluateParts(memory, name, x);
      if (hi === 0) continue;
      found++;
      const error = fixedOf(hi, BITS) + fixedOf(lo, BITS) - exact(name, x);
      const relative = Math.abs(Number(error)) / 2 ** BITS / Math.abs(hi);
      if (!(relative <= bound)) expect.fail(`${name}(${x}): relative error 2^${Math.log2(relative)}`);
    }
    expect(found).toBeGreaterThan(1000);
  });
});

describe('on several threads', () => {
  const memories: KernelMemory[] = [];
  afterEach(() => {
    for (const one of memories.splice(0)) one.pool()?.stop();
  });
  it.each([2, 3])('%i threads give the same bits', (threads) => {
    const pooled = new KernelMemory({ workers: () => ({ ...nodeWorkers, threads }) });
    memories.push(pooled);
    expect(pooled.pool()?.threads).toBe(threads);
    // More than a piece.
    const length = 2 ** 17 + 4097;
    for (const name of ['exp', 'tanh', 'sin'] as const) {
      const x = Float64Array.from({ length }, (_, i) => (i - length / 2) * 2 ** -12 + i * 2 ** -40);
      expect(firstDifference(mapFloat64(pooled, name, x), mapFloat64(memory, name, x)), name).toBe(-1);
      const x32 = Float32Array.from(x);
      const c = context(formats.fp32, 'down');
      expect(firstDifference(mapFloat32(pooled, name, c, x32), mapFloat32(memory, name, c, x32)), name).toBe(-1);
    }
  });
});
