/**
 * Tiled products: their plan, and on both tiles the bits of the CPU backend, with operands that a tile must leave to integers.
 * ULPWISE_FULL=1 takes every format with every order, otherwise some of them.
 */
import { describe, expect, it } from 'vitest';
import { CpuArithmetic } from '../../../src/backends/cpu/cpu-arithmetic.ts';
import { GpuArithmetic } from '../../../src/backends/webgpu/gpu-arithmetic.ts';
import { GpuSite } from '../../../src/backends/webgpu/site.ts';
import { tiledPlan } from '../../../src/backends/webgpu/tiled-plan.ts';
import { sumShape } from '../../../src/backends/webgpu/wgsl/sums.ts';
import { roundingModes } from '../../../src/formats/round.ts';
import { causalMask, parseSpec } from '../../../src/tensor/index.ts';
import { coveringArray } from '../../support/covering-array.ts';
import { gpu, needsGpu } from '../../support/gpu.ts';
import { type Kind, kinds } from '../cpu/numbers.ts';
import { expectSame, lifted, NOTHING, TRUSTED, value } from './values.ts';

function planOf(text: string, k: number, trusted = TRUSTED) {
  const spec = parseSpec(text);
  const kind = spec.fma ? 'fma' : spec.product === 'exact' ? 'exact' : 'rounded';
  return tiledPlan(new GpuSite('s', spec, trusted), kind, spec.input, spec.input, k, sumShape(spec.order, k).family);
}

/** Sums in these grow by up to 2u a term, beside the terms themselves. */
const WATCHED = ['bf16; mode=up', 'bf16; mode=down', 'bf16; mode=odd', 'bf16; subnormals=flush', 'bf16; order=kahan'];

describe('the plan of a tiled product', () => {
  it('is made for what float32 operations round rightly', () => {
    for (const text of [
      'bf16',
      'fp16',
      'e4m3',
      'fp32',
      'bf16; accumulate=fp32',
      'fp16; product=exact, accumulate=fp32',
      ...['bf16; mode=up', 'e4m3; mode=down', 'fp16; mode=odd', 'bf16; subnormals=flush', 'fp32; subnormals=flush'],
    ]) {
      expect(planOf(text, 100), text).toBeDefined();
    }
  });
  it.each([
    ['bf16; mode=stochastic'],
    ['fp32; mode=up'],
    ['bf16; mode=up, accumulate=fp32'],
    // Two roundings of a sum of two numbers of 17 bits are not one.
    ['e7m16'],
    ['bf16; accumulate=fp16'],
    ['fp32; product=exact, accumulate=fp32'],
    ['fp16; product=exact, accumulate=fp16'],
  ])('is not made for %s', (text) => {
    expect(planOf(text, 100)).toBeUndefined();
  });
  it('rests on every finding that it needs', () => {
    for (const name of ['add', 'multiply', 'zeros', 'shifts'] as const) {
      expect(planOf('bf16', 100, { ...TRUSTED, [name]: false }), name).toBeUndefined();
    }
    expect(planOf('bf16', 100, NOTHING)).toBeUndefined();
  });
  it('keeps sums that it does not watch inside the format and float32', () => {
    const [mixed, exact] = ['bf16; accumulate=fp32', 'bf16; product=exact, accumulate=fp32'];
    for (const text of ['bf16', 'fp32', exact, mixed, 'bf16; mode=toward-zero', 'bf16; mode=nearest-away']) {
      for (const k of [1, 2, 37, 768, 50_000]) {
        const { rounding, limits } = planOf(text, k)!;
        const { u, largest } = parseSpec(text).accumulate as { u: number; largest: number };
        expect(rounding.peak, text).toBe(false);
        expect(k * (1 + (k - 1) * u) * 2 ** limits.most * 2 ** rounding.scale, `${text}, ${k}`).toBeLessThanOrEqual(
          largest,
        );
      }
    }
    for (const text of [...WATCHED, 'e5m2', 'fp16']) expect(planOf(text, 100)!.rounding.peak, text).toBe(true);
  });
});

/** Numbers that a tile leaves to the integer kernel, among ordinary ones: each at a place of its own. */
const DISTURBING = [Infinity, NaN, 2 ** -133, 2 ** 120, 2 ** -120, 60000, -0];

interface Operands {
  readonly kind?: Kind;
  readonly disturbing?: number;
}

const FULL = process.env.ULPWISE_FULL === '1';
const FUSED = 'fp16; product=exact, accumulate=fp32, fma=on';
const POLICIES = [
  ...['bf16', 'fp16', 'fp32', 'e4m3', 'bf16; accumulate=fp32', 'bf16; product=exact, accumulate=fp32', FUSED],
];
const ORDERS = ['sequential', 'reversed', 'pairwise', 'blocked(4)', 'lanes(3)', 'lanes(8)', 'splitk(3)', 'kahan'];

describe.skipIf(gpu === undefined)(needsGpu('tiled products equal the CPU backend'), () => {
  const inOrders = (texts: readonly string[], orders: readonly string[]): string[] =>
    texts.flatMap((text) =>
      orders
        .filter((order) => text !== FUSED || !/pairwise|kahan/.test(order))
        .map((order) => `${text}${text.includes(';') ? ',' : ';'} order=${order}`),
    );
  const small = FULL
    ? inOrders(POLICIES, ORDERS)
    : [
        ...POLICIES,
        ...['bf16; order=reversed', 'fp16; order=blocked(4)', 'bf16; order=lanes(3)', 'fp32; order=kahan'],
        ...['fp16; order=kahan', 'bf16; order=pairwise', 'fp32; order=splitk(3)'],
      ];
  // Sums by lanes take small tiles only.
  const large = FULL
    ? inOrders(
        POLICIES,
        ORDERS.filter((order) => !order.startsWith('lanes')),
      )
    : [
        ...['bf16', 'e4m3', 'bf16; product=exact, accumulate=fp32', 'fp32; order=splitk(3)', 'fp16; order=kahan'],
        ...['bf16; order=pairwise', 'fp16; order=blocked(4)', 'bf16; mode=odd'],
      ];

  async function expectCpuBits(text: string, shape: readonly number[], n: number, numbers: readonly Operands[]) {
    const spec = parseSpec(text);
    const device = new GpuArithmetic(text, () => spec, gpu!, TRUSTED);
    const cpu = new CpuArithmetic(text, () => spec);
    const [batches, heads, , k] = shape;
    for (const [seed, { kind = 'ordinary', disturbing }] of numbers.entries()) {
      const a = value(kind, 2 * seed + 1, [...shape], spec.input);
      const b = value(kind, 2 * seed + 2, [batches, heads, k, n], spec.input);
      if (disturbing !== undefined) {
        const { data } = cpu.parameter('s', { shape: [1], data: Float32Array.of(disturbing) });
        a.data[k + 1] = data[0];
        b.data[b.data.length - 1] = data[0];
      }
      const computed = device.matmul('s', lifted(device, a), lifted(device, b));
      const label = `${text}, ${kind}, ${disturbing}`;
      expectSame(label, await device.lower(computed), cpu.lower(cpu.matmul('s', a, b)));
    }
  }
  it.each(small)('%s, small tiles', async (text) => {
    const disturbed = DISTURBING.map((disturbing) => ({ disturbing }));
    await expectCpuBits(text, [2, 2, 33, 21], 35, [...kinds.map((kind) => ({ kind })), ...disturbed]);
  });
  /** Formats of which every mode rounds products here. */
  const factors = {
    ...{ format: ['bf16', 'fp16', 'e4m3', 'e5m2'], mode: roundingModes, subnormals: ['keep', 'flush'] },
    order: FULL ? ORDERS : ['sequential', 'pairwise', 'blocked(4)', 'lanes(3)', 'kahan'],
  } as const;
  const inModes = FULL
    ? factors.format.flatMap((format) =>
        factors.mode.flatMap((mode) =>
          factors.subnormals.flatMap((subnormals) =>
            factors.order.map((order) => ({ format, mode, subnormals, order })),
          ),
        ),
      )
    : coveringArray(factors, 6);
  it.each(inModes)('$format, $mode, $order, subnormals=$subnormals', async ({ format, mode, subnormals, order }) => {
    const some = [
      ...(FULL ? kinds : (['ordinary', 'spread', 'tiny'] as const)).map((kind) => ({ kind })),
      { disturbing: -0 },
    ];
    await expectCpuBits(`${format}; mode=${mode}, subnormals=${subnormals}, order=${order}`, [2, 1, 17, 21], 19, some);
  });
  // The last bit of the accumulator is that of some products only.
  it.each(['bf16; product=e5m2', 'fp16; product=e4m3, mode=odd', 'bf16; product=e4m3, mode=down, out=e5m2'])(
    '%s',
    async (text) => {
      await expectCpuBits(text, [2, 1, 17, 21], 19, [{}, { kind: 'spread' }, { kind: 'tiny' }]);
    },
  );
  // A large tile has 128 rows and columns, of which an invocation keeps some before and some from the 64th on. Of 130 matrices
  // there are tiles enough for it.
  it.each(large)('%s, large tiles', async (text) => {
    const ordinary = [{}, { kind: 'near' }, { kind: 'spread' }] as const;
    await expectCpuBits(text, [130, 1, 70, 11], 67, FULL ? ordinary : ordinary.slice(0, 2));
  });
  it.each(FULL ? POLICIES : ['bf16'])('%s, large tiles of which some are left', async (text) => {
    const raw = FULL ? [{ kind: 'raw' } as const] : [];
    await expectCpuBits(text, [130, 1, 70, 11], 67, [{ disturbing: Infinity }, ...raw]);
  });
  it('zeros have the signs of the first terms', async () => {
    for (const text of [
      'bf16',
      'fp16',
      'fp32',
      'bf16; order=pairwise',
      'bf16; order=blocked(2)',
      'fp32; order=kahan',
      ...['bf16; mode=down', 'bf16; mode=down, order=kahan', 'bf16; mode=down, order=pairwise', 'fp16; mode=up'],
    ]) {
      const spec = parseSpec(text);
      const device = new GpuArithmetic(text, () => spec, gpu!, TRUSTED);
      const cpu = new CpuArithmetic(text, () => spec);
      const a = {
        shape: [6, 3],
        data: Float32Array.of(-0, -0, -0, 0, -0, -0, -0, -0, 0, 0, 0, 0, -1, 0, -0, 1, -1, -0),
      };
      const b = { shape: [3, 2], data: Float32Array.of(1, -1, 1, -1, 1, -1) };
      const computed = await device.lower(device.matmul('s', device.lift(a), device.lift(b)));
      const [x, y] = [a, b].map((t) => cpu.parameter('s', t));
      expectSame(text, computed, cpu.lower(cpu.matmul('s', x, y)));
    }
  });
  const masked = ['bf16', 'fp16; order=lanes(3)', 'fp32; order=blocked(4)', 'bf16; mode=down', 'bf16; order=pairwise'];
  it.each(masked.flatMap((text) => [[text, 2] as const, [text, 130] as const]))(
    '%s, with a mask, transposed, %i sequences',
    async (text, sequences) => {
      const spec = parseSpec(text);
      const device = new GpuArithmetic(text, () => spec, gpu!, TRUSTED);
      const cpu = new CpuArithmetic(text, () => spec);
      const ranges = Array.from({ length: sequences }, (_, i) => ({ start: (4 * i) % 7, end: 9 }));
      const mask = causalMask(ranges, 9);
      const a = value('ordinary', 3, [sequences, 2, 9, 9], spec.input);
      const b = value('ordinary', 4, [sequences, 1, 5, 9], spec.input);
      const computed = device.matmul('s', lifted(device, a), lifted(device, b), { transposed: true, mask });
      expectSame(text, await device.lower(computed), cpu.lower(cpu.matmul('s', a, b, { transposed: true, mask })));
    },
  );
});
