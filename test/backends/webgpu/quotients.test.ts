/**
 * Division and square root. Oracle: the CPU backend. ULPWISE_FULL=1 takes roots of all numbers of the 16-bit formats, their
 * quotients of all numerators and a covering set of denominators, and 10^6 of fp32; otherwise a part of them.
 */
import { describe, expect, it } from 'vitest';
import { CpuArithmetic } from '../../../src/backends/cpu/cpu-arithmetic.ts';
import { GpuArithmetic } from '../../../src/backends/webgpu/gpu-arithmetic.ts';
import { type BinaryFormat, decode, formats, nextDown, nextUp, roundingModes } from '../../../src/formats/index.ts';
import { parseSpec } from '../../../src/tensor/index.ts';
import { gpu, needsGpu } from '../../support/gpu.ts';
import { hardQuotients, hardSquares } from '../../support/hard-fp32.ts';
import { words } from '../cpu/numbers.ts';
import { expectSame, lifted, TRUSTED } from './values.ts';

const FULL = process.env.ULPWISE_FULL === '1';
const HARD_DENOMINATORS = FULL ? 20_000 : 1000;
const RANDOM = FULL ? 10 ** 6 : 20_000;
/** Denominators that are divided by at once. */
const COLUMNS = 32;

/** Every `step`-th number of a 16-bit format, NaN once for all its encodings. */
function numbersOf(format: BinaryFormat, step: number): Float32Array<ArrayBuffer> {
  const all = Array.from({ length: Math.ceil(2 ** 16 / step) }, (_, i) => decode(BigInt(i * step), format));
  const finite = all.filter((x) => !Number.isNaN(x));
  return Float32Array.from([...finite, Number.NaN]);
}

/**
 * Every significand in [1, 2), since a quotient's rounding depends on nothing else where it is normal; every power of two
 * with the significands 1, 1 + 2u and 2 − 2u, for quotients beyond the ends of the range; all of one and two bits below the normal
 * numbers, their largest, ±0, ±∞ and NaN; each with both signs.
 */
function coveringDenominators(format: BinaryFormat): Float32Array<ArrayBuffer> {
  const { u, emin, emax, smallestSubnormal, smallestNormal } = format;
  const positive = [0, Infinity, smallestNormal - smallestSubnormal];
  for (let x = 1; x < 2; x += 2 * u) positive.push(x);
  for (let e = emin; e <= emax; e++) for (const s of [1, 1 + 2 * u, 2 - 2 * u]) positive.push(s * 2 ** e);
  for (let x = smallestSubnormal; x < smallestNormal; x *= 2)
    positive.push(x, ...(3 * x < smallestNormal ? [3 * x] : []));
  return Float32Array.from([...new Set(positive)].flatMap((x) => [x, -x]).concat(Number.NaN));
}

interface Operand {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** How many quotients were compared. */
async function expectQuotients(text: string, x: Operand, y: Operand): Promise<number> {
  const spec = parseSpec(text);
  const device = new GpuArithmetic(text, () => spec, gpu!, TRUSTED);
  const cpu = new CpuArithmetic(text, () => spec);
  const [a, b] = [x, y].map((t) => ({ ...t, format: spec.out }));
  const computed = await device.lower(device.divide('s', lifted(device, a), lifted(device, b)));
  expectSame(`${text}, ${y.data[0]}, …`, computed, cpu.lower(cpu.divide('s', a, b)));
  return computed.data.length;
}

/** Each of x by each of y. */
async function expectTable(text: string, x: Float32Array, y: Float32Array): Promise<number> {
  let compared = 0;
  for (let from = 0; from < y.length; from += COLUMNS) {
    const data = y.subarray(from, from + COLUMNS);
    compared += await expectQuotients(text, { shape: [x.length, 1], data: x }, { shape: [data.length], data });
  }
  return compared;
}

async function expectRoots(text: string, x: Float32Array): Promise<void> {
  const spec = parseSpec(text);
  const device = new GpuArithmetic(text, () => spec, gpu!, TRUSTED);
  const cpu = new CpuArithmetic(text, () => spec);
  const t = { shape: [x.length], data: x, format: spec.out };
  expectSame(text, await device.lower(device.sqrt('s', lifted(device, t))), cpu.lower(cpu.sqrt('s', t)));
}

function rawNumbers(seed: number, count: number): Float32Array<ArrayBuffer> {
  const next = words(seed);
  return new Float32Array(Uint32Array.from({ length: count }, next).buffer);
}

const shorts = [formats.bf16, formats.fp16];

describe.skipIf(gpu === undefined)(needsGpu('division and square root'), () => {
  it.each(shorts)('$name: all numerators, a covering set of denominators', async (format) => {
    const all = coveringDenominators(format);
    const x = numbersOf(format, FULL ? 1 : 331);
    const compared = await expectTable(format.name, x, FULL ? all : all.filter((_, i) => i % 3 === 0));
    expect(compared).toBeGreaterThan(50_000);
  });
  it.each(shorts)('$name: in every mode, a part of the denominators', async (format) => {
    const y = coveringDenominators(format).filter((_, i) => i % (FULL ? 17 : 97) === 0);
    const x = numbersOf(format, FULL ? 1 : 331);
    for (const mode of roundingModes) await expectTable(`${format.name}; mode=${mode}`, x, y);
    await expectTable(`${format.name}; subnormals=flush, overflow=saturate`, x, y);
  });
  it('fp32: quotients next to midpoints, and of raw bits, in every mode', async () => {
    const hard = hardQuotients(HARD_DENOMINATORS);
    const [x, y] = [0, 1].map((k) => Float32Array.from(hard, (pair) => pair[k as 0 | 1]));
    // Quotients far below the normal numbers are cut shorter, and have midpoints of their own.
    const scaled = (data: Float32Array, by: number) => data.map((value) => value * by);
    for (const mode of roundingModes) {
      const operands = [
        ...[[x, y] as const, [scaled(x, -1), y] as const, [scaled(x, 2 ** -80), scaled(y, 2 ** 60)] as const],
        [rawNumbers(5, RANDOM), rawNumbers(6, RANDOM)] as const,
      ];
      for (const pair of operands) {
        const [a, b] = pair.map((data) => ({ shape: [data.length], data }));
        await expectQuotients(`fp32; mode=${mode}`, a, b);
      }
    }
  });
  it.each(shorts)('$name: roots of all numbers in every mode', async (format) => {
    const x = numbersOf(format, FULL ? 1 : 7);
    for (const mode of roundingModes) await expectRoots(`${format.name}; mode=${mode}`, x);
    await expectRoots(`${format.name}; subnormals=flush`, x);
  });
  it('fp32: roots next to midpoints and their neighbours, and of raw bits, in every mode', async () => {
    const squares = hardSquares().flatMap((x) => [nextDown(x, formats.fp32), x, nextUp(x, formats.fp32)]);
    const hard = squares.flatMap((x) => [x, x * 2 ** 100, x * 2 ** -160]);
    const x = Float32Array.from([...hard, ...rawNumbers(8, RANDOM).map((value) => Math.abs(value)), -1, -0, 0]);
    for (const mode of roundingModes) await expectRoots(`fp32; mode=${mode}`, x);
  });
});
