/**
 * exp, tanh and erf. Oracle: the scalar functions, correctly rounded, and Ziv's loop in fixed point. ULPWISE_FULL=1 takes every
 * number of the 16-bit formats and 10^6 of fp32 in every mode; otherwise a part of them.
 */
import { describe, expect, it } from 'vitest';
import { GpuArithmetic } from '../../../src/backends/webgpu/gpu-arithmetic.ts';
import { decode, formats, nextDown, nextUp, type RoundingMode, roundingModes } from '../../../src/formats/index.ts';
import { scalarsOf } from '../../../src/softfloat/scalar.ts';
import { parseSpec } from '../../../src/tensor/index.ts';
import { gpu, needsGpu } from '../../support/gpu.ts';
import { HARDEST } from '../../support/hard-fp32.ts';
import { words } from '../cpu/numbers.ts';
import { expectSame } from './values.ts';

const FULL = process.env.ULPWISE_FULL === '1';
const names = ['exp', 'tanh', 'erf'] as const;
type Name = (typeof names)[number];

async function checkAll(
  label: string,
  text: string,
  name: Name,
  x: Float32Array<ArrayBuffer>,
  short: boolean,
): Promise<void> {
  const spec = parseSpec(text);
  const device = new GpuArithmetic(text, () => spec, gpu!);
  const shape = [x.length];
  const operand = { ...device.lift({ shape, data: x }), format: short ? spec.out : undefined };
  const context = {
    format: spec.out,
    mode: spec.mode as RoundingMode,
    overflow: spec.overflow,
    subnormals: spec.subnormals,
  };
  const expected = Float32Array.from(x, scalarsOf(context)[name]);
  expectSame(label, await device.lower(device[name]('s', operand)), { shape, data: expected });
}

/** Few exponents below 2^-40 and above 2^8, where results are known, and mostly those between. */
function float32Numbers(seed: number, count: number): Float32Array<ArrayBuffer> {
  const next = words(seed);
  const bits = Uint32Array.from({ length: count }, () => {
    const word = next();
    return word % 8 === 0 ? word : (word & 0x807fffff) | ((87 + (next() % 50)) << 23);
  });
  return new Float32Array(bits.buffer);
}

/** Ends of ranges and changes of branches. */
const HARD = Float32Array.of(
  ...[
    0,
    -0,
    Infinity,
    -Infinity,
    NaN,
    2 ** -149,
    -(2 ** -149),
    2 ** -126,
    2 ** -64,
    -(2 ** -64),
    2 ** -65,
    -(2 ** -65),
    -(2 ** -63),
    2 ** -33,
    2 ** -32,
    2 ** -31,
  ],
  ...[
    2 ** -8,
    2 ** -7,
    0.0078125 * (1 - 2 ** -24),
    1,
    -1,
    0.5,
    88.72283935546875,
    88.7228393,
    89,
    -87.33654,
    -103.97208,
    -103.98,
  ],
  ...[
    -104, 127.99999, 128, -150, 6.75, 6.7499995, 23, 22.999998, -23, 31.999998, 32, 3.402823466e38, 9.010913, -17.32868,
  ],
  ...[0x32d5ae8a, 0xc2b17218, 0x3e84b68a, 0x33000000, 0xb3000000].map((bits) => decode(BigInt(bits), formats.fp32)),
);

/** The operands whose results are nearest to a boundary, their neighbours, and all of these negated. */
function hardestOf(name: Name): number[] {
  const near = HARDEST[name].flatMap((x) => [nextDown(x, formats.fp32), x, nextUp(x, formats.fp32)]);
  return near.flatMap((x) => [x, -x]);
}

describe.skipIf(gpu === undefined)(needsGpu('exp, tanh and erf'), () => {
  it.each(names)('%s of fp32, in every mode, by fixed point', async (name) => {
    for (const mode of roundingModes) {
      const hard = Float32Array.from([...HARD, ...hardestOf(name)]);
      await checkAll(`${name}, ${mode}`, `fp32; mode=${mode}`, name, hard, false);
      const count = FULL ? 10 ** 6 : mode === 'nearest-even' ? 30_000 : 5000;
      await checkAll(`${name}, ${mode}, seed 7`, `fp32; mode=${mode}`, name, float32Numbers(7, count), false);
    }
  });
  // By fixed point, since an operand of an unknown format has no table.
  it.each(names)('%s of all bf16 and fp16 numbers, by fixed point', async (name) => {
    const step = FULL ? 1 : 7;
    for (const format of [formats.bf16, formats.fp16]) {
      const x = Float32Array.from({ length: Math.ceil(2 ** 16 / step) }, (_, i) => decode(BigInt(i * step), format));
      await checkAll(`${name} of ${format.name}`, `${format.name}; subnormals=flush`, name, normal(x, format), false);
    }
  });
  it.each(names)('%s of all numbers of short formats, by tables', async (name) => {
    for (const format of [formats.bf16, formats.fp16, formats.e5m2, formats.e4m3]) {
      const x = Float32Array.from({ length: 2 ** format.width }, (_, i) => decode(BigInt(i), format));
      await checkAll(`${name} of ${format.name}`, format.name, name, x, true);
      await checkAll(`${name} of ${format.name}, up`, `${format.name}; mode=up, overflow=saturate`, name, x, true);
    }
  });
  it('none of them was undecided', async () => {
    const device = new GpuArithmetic('fp32', () => parseSpec('fp32'), gpu!);
    const x = device.lift({ shape: [HARD.length], data: HARD });
    await expect(device.lower(device.exp('s', device.tanh('s', device.erf('s', x))))).resolves.toBeDefined();
  });
});

/** Subnormals of the format are flushed by the site before the function is taken. */
function normal(
  x: Float32Array<ArrayBuffer>,
  { smallestNormal }: { smallestNormal: number },
): Float32Array<ArrayBuffer> {
  return x.map((value) => (Math.abs(value) < smallestNormal ? 0 * value : value));
}
