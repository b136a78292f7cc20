/** roundArray against the scalar definition, on raw bits and around everything where a rounding changes its mind. */
import { afterAll, describe, expect, it } from 'vitest';
import { roundArray, roundArrayIn } from '../../../src/backends/cpu/round-array.ts';
import { KernelMemory } from '../../../src/backends/cpu/wasm.ts';
import { binaryFormat } from '../../../src/formats/format.ts';
import {
  type Format,
  fitsFloat32,
  formats,
  parseFormat,
  type RoundingMode,
  round,
  roundingModes,
} from '../../../src/formats/index.ts';
import { nodeWorkers } from '../../../src/platform/node-workers.ts';
import type { RoundingContext } from '../../../src/softfloat/context.ts';
import { roundNumber } from '../../../src/softfloat/dyadic.ts';
import { canonicalBytes, firstDifference } from '../../support/bits.ts';
import { words } from './numbers.ts';

/** A new one every run; what a failure prints names the number, and the seed repeats the run. */
const SEED = Number(process.env.ULPWISE_SEED ?? Date.now() % 2 ** 32);

const finite = { subnormals: true, infinities: false, nan: false, signedZero: true };
const odd = [
  binaryFormat({ ...finite, name: 'no subnormals', precision: 5, emin: -9, emax: 6, subnormals: false, nan: true }),
  binaryFormat({ ...finite, name: 'no subnormals, wide', precision: 30, emin: -200, emax: 200, subnormals: false }),
  binaryFormat({ ...finite, name: 'no NaN', precision: 12, emin: -100, emax: 127 }),
  binaryFormat({ ...finite, name: 'no −0', precision: 6, emin: -20, emax: 20, signedZero: false }),
];
const everyFormat: readonly Format[] = [
  ...Object.values(formats),
  // As precise as float32 and nearly so, in its exponents and in fewer; wider than float32; nearly float64; decimal.
  ...['e8m1', 'e8m21', 'e8m22', 'e7m21', 'e7m22', 'e7m23', 'e2m23', 'e2m22', 'e2m1', 'e5m1', 'e6m9'].map(parseFormat),
  ...['e9m10', 'e11m1', 'e11m20', 'e11m50', 'e11m51', 'e10m50', 'e10m51', 'e10m52', 'e2m50', 'e4m40'].map(parseFormat),
  ...['decimal:3'].map(parseFormat),
  ...odd,
];
const everyContext = everyFormat.flatMap((format) =>
  roundingModes.flatMap((mode) =>
    (['inf', 'saturate'] as const).flatMap((overflow) =>
      (['keep', 'flush'] as const).map((subnormals): RoundingContext => ({ format, mode, overflow, subnormals })),
    ),
  ),
);

const buffer = new DataView(new ArrayBuffer(8));

/** Raw bits, then the neighbourhoods of powers of two, of ties, of the largest and the smallest numbers. */
function numbersFor(format: Format, next: () => number, count: number, double: boolean): Float64Array {
  const step = (x: number): number => {
    buffer.setFloat64(0, x);
    buffer.setBigInt64(0, buffer.getBigInt64(0) + BigInt((next() % 3) - 1));
    return buffer.getFloat64(0);
  };
  const step32 = (x: number): number => {
    buffer.setFloat32(0, x);
    buffer.setInt32(0, buffer.getInt32(0) + (next() % 3) - 1);
    return buffer.getFloat32(0);
  };
  const raw = (): number => {
    buffer.setUint32(0, next());
    buffer.setUint32(4, next());
    return double ? buffer.getFloat64(0) : buffer.getFloat32(0);
  };
  const specials = [0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2 ** -149, 2 ** -1074];
  const ends = [format.largest, format.smallestNormal, format.smallestSubnormal, format.smallestSubnormal / 2];
  const one = (): number => {
    const kind = next() % 8;
    const sign = next() % 2 === 0 ? 1 : -1;
    if (kind === 0) return specials[next() % specials.length];
    if (kind === 1) return sign * step(ends[next() % ends.length]);
    if (kind === 2) return sign * step32(ends[next() % ends.length]);
    if (kind === 3) return sign * step32(ends[next() % ends.length] * (1 + next() / 2 ** 32));
    if (kind === 4) return sign * step((next() % 4096) * 2 ** ((next() % 40) - 20));
    if (kind <= 6) {
      // Midway between two numbers of the format, or just beside.
      const x = Math.abs(round(raw(), format, 'toward-zero'));
      const low = Number.isFinite(x) ? x : format.largest;
      const high = round(low * (1 + 2 ** -52), format, 'up');
      const middle = low / 2 + Math.min(high, format.largest * 2) / 2 || format.smallestSubnormal * 1.5;
      return sign * (kind === 5 ? step(middle) : step32(middle));
    }
    return raw();
  };
  return Float64Array.from({ length: count }, one);
}

/** Raw NaN bits survive in the array: payloads and signs of NaN are there too. */
function withRawNaN(values: Float32Array | Float64Array, next: () => number): typeof values {
  const bits = new Uint32Array(values.buffer);
  const wide = values instanceof Float64Array;
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) bits[wide ? 2 * i + 1 : i] = next() | (wide ? 0x7ff00001 : 0x7f800001);
  }
  return values;
}

function rounded(memory: KernelMemory, values: Float32Array | Float64Array, context: RoundingContext) {
  const result = fitsFloat32(context.format) ? new Float32Array(values.length) : new Float64Array(values.length);
  roundArrayIn(memory, values, context, result);
  return result;
}

const nameOf = ({ format, mode, overflow, subnormals }: RoundingContext): string =>
  `${format.name} ${mode} ${overflow} ${subnormals}`;

function expectDefinition(computed: Float32Array | Float64Array, values: ArrayLike<number>, context: RoundingContext) {
  for (let i = 0; i < values.length; i++) {
    const y = roundNumber(values[i], context);
    if (!Object.is(computed[i], y)) {
      expect.fail(`${nameOf(context)}: R(${values[i]}) is ${y}, got ${computed[i]} (seed ${SEED}, number ${i})`);
    }
  }
  const bytes = new Uint8Array(computed.buffer);
  expect(Buffer.compare(bytes, canonicalBytes(computed)), `${nameOf(context)}: NaN is canonical`).toBe(0);
}

describe('roundArray is the definition', () => {
  it.each(everyFormat.map((format) => [format.name, format] as const))('%s in every context', (_, format) => {
    const next = words(SEED);
    const memory = new KernelMemory();
    for (const context of everyContext) {
      if (context.format !== format) continue;
      // A length that is no multiple of a vector.
      const numbers = numbersFor(format, next, 301, next() % 2 === 0);
      const single = withRawNaN(Float32Array.from(numbers), next);
      expectDefinition(rounded(memory, single, context), single, context);
      const double = withRawNaN(numbers, next);
      expectDefinition(rounded(memory, double, context), double, context);
    }
  });

  it('and without options it is `round`', () => {
    const next = words(SEED + 1);
    for (const format of everyFormat) {
      const values = numbersFor(format, next, 100, true);
      expect([...roundArray(values, format)], format.name).toEqual(Array.from(values, (x) => round(x, format)));
    }
  });

  it.each(['fp16', 'bf16', 'e4m3'] as const)('every fp16 and bf16 code to %s, as float32 and as float64', (name) => {
    const codes = new Uint32Array(2 ** 16).map((_, i) => i << 16);
    const brains = new Float32Array(codes.buffer);
    const halves = Float32Array.from({ length: 2 ** 16 }, (_, i) => (i - 2 ** 15) * 2 ** -24);
    for (const values of [brains, halves]) {
      const context = { format: formats[name], mode: 'nearest-even', overflow: 'inf', subnormals: 'keep' } as const;
      expectDefinition(roundArray(values, formats[name]), values, context);
      expectDefinition(roundArray(Float64Array.from(values), formats[name]), values, context);
    }
  });
});

describe('many threads', () => {
  const memories = [1, 2, 3].map((threads) => new KernelMemory({ workers: () => ({ ...nodeWorkers, threads }) }));
  afterAll(() => {
    for (const memory of memories) memory.pool()?.stop();
  });

  it.each([
    ...[['fp16', 'nearest-even'] as const, ['bf16', 'nearest-even'] as const, ['e4m3', 'up'] as const],
    ...[['fp32', 'odd'] as const, ['fp64', 'down'] as const, ['e11m20', 'nearest-away'] as const],
  ])('large arrays have the bits of the definition: %s %s', (name, mode) => {
    const next = words(SEED + 2);
    const few = withRawNaN(numbersFor(formats.fp16, next, 2 ** 10 + 7, true), next);
    const context: RoundingContext = { format: parseFormat(name), mode, overflow: 'inf', subnormals: 'keep' };
    const once = few.map((x) => roundNumber(x, context));
    // For bf16 more than are in memory at once.
    const length = name === 'bf16' ? 2 ** 20 + 12345 : 600_001;
    const repeated = (data: ArrayLike<number>) => new Float64Array(length).map((_, i) => data[i % few.length]);
    const [values, expected] = [repeated(few), repeated(once)];
    for (const memory of memories) {
      const computed = rounded(memory, values, context);
      expect(firstDifference(computed, expected), `${memory.pool()?.threads ?? 1} threads`).toBe(-1);
    }
    expect(memories.map((memory) => memory.pool()?.threads)).toEqual([undefined, 2, 3]);
  });
});

describe('what roundArray takes and gives', () => {
  it('the operands stay, the result is float32 where the format fits', () => {
    const values = Float64Array.of(0.1, -70000, -0);
    const result = roundArray(values, formats.fp16);
    expect(result).toEqual(Float32Array.of(0.0999755859375, Number.NEGATIVE_INFINITY, -0));
    expect(values).toEqual(Float64Array.of(0.1, -70000, -0));
    expect(roundArray(values.subarray(1), formats.fp64)).toEqual(Float64Array.of(-70000, -0));
    expect(roundArray(new Float32Array(0), formats.bf16)).toEqual(new Float32Array(0));
  });
  it('options', () => {
    const values = Float32Array.of(1e30, 2 ** -24);
    expect([...roundArray(values, formats.fp16, { overflow: 'saturate', subnormals: 'flush' })]).toEqual([65504, 0]);
    expect([...roundArray(values, formats.fp16, { mode: 'down' })]).toEqual([65504, 2 ** -24]);
  });
  it('an array of one’s own for the results, which may hold the operands', () => {
    const values = Float32Array.of(0.1, 70000, 1);
    const out = new Float32Array(3);
    expect(roundArray(values, formats.bf16, { out })).toBe(out);
    expect(out).toEqual(Float32Array.of(0.10009765625, 70144, 1));
    roundArray(values, formats.fp16, { out: values });
    expect(values).toEqual(Float32Array.of(0.0999755859375, Number.POSITIVE_INFINITY, 1));
    // Overlapping, the results ahead of the operands.
    const long = new Float32Array(100_001).map((_, i) => i / 7);
    const expected = roundArray(long.slice(0, 100_000), formats.e4m3);
    const shifted = roundArray(long.subarray(0, 100_000), formats.e4m3, { out: long.subarray(1) });
    expect(firstDifference(shifted, expected)).toBe(-1);
    const wide = new Float64Array(50_000);
    const operands = new Float32Array(wide.buffer, 0, 50_000).fill(0.1);
    expect(roundArray(operands, formats.fp64, { out: wide }).every((x) => x === Math.fround(0.1))).toBe(true);
  });
  it('wrong ones are refused', () => {
    const values = Float32Array.of(1);
    expect(() => roundArray(values, formats.fp16, { out: new Float64Array(1) })).toThrow(
      'roundArray: expected out to be a Float32Array of 1 numbers, got Float64Array(1)',
    );
    expect(() => roundArray(values, formats.fp64, { out: new Float64Array(2) })).toThrow('got Float64Array(2)');
    expect(() => roundArray([1] as unknown as Float32Array, formats.fp16)).toThrow(
      'roundArray: expected a Float32Array or Float64Array, got object',
    );
    expect(() => roundArray(values, undefined as unknown as Format)).toThrow('expected a format');
    expect(() => roundArray(values, formats.fp16, { mode: 'nearest' as RoundingMode })).toThrow(
      "roundArray: expected mode of nearest-even, nearest-away, toward-zero, down, up, odd, got 'nearest'",
    );
    expect(() => roundArray(values, formats.fp16, { overflow: 'wrap' as 'inf' })).toThrow(
      "roundArray: expected overflow of inf, saturate, got 'wrap'",
    );
    expect(() => roundArray(values, formats.fp16, { subnormals: 'drop' as 'keep' })).toThrow(
      "roundArray: expected subnormals of keep, flush, got 'drop'",
    );
  });
});
