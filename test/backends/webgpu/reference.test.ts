/** The double-float reference. Oracle: float64, whose own error is far below; bounds in units of u² as the kernels' text states them. */
import { describe, expect, it } from 'vitest';
import { analyze } from '../../../src/analysis/analyze.ts';
import type { Arithmetic } from '../../../src/arithmetic/arithmetic.ts';
import { float64Specs } from '../../../src/arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../../src/backends/cpu/cpu-arithmetic.ts';
import { GpuReference } from '../../../src/backends/webgpu/gpu-reference.ts';
import { randomDecoder } from '../../../src/model/random/random-decoder.ts';
import { causalMask, type Tensor } from '../../../src/tensor/index.ts';
import { gpu, needsGpu } from '../../support/gpu.ts';
import { words } from '../cpu/numbers.ts';
import { NOTHING, TRUSTED } from './values.ts';

const U2 = 2 ** -48;
const cpu = new CpuArithmetic('float64', float64Specs);

/** Of 48 bits, so that both arithmetics begin with the same numbers. */
function numbers(seed: number, shape: readonly number[], [least, most]: readonly [number, number] = [-6, 6]): Tensor {
  const next = words(seed);
  const length = shape.reduce((size, n) => size * n, 1);
  const data = Float64Array.from({ length }, () => {
    const significand = 1 + ((next() & 0xfffffe) * 2 ** 23 + (next() & 0x7fffff)) * 2 ** -47;
    return (next() % 2 === 0 ? 1 : -1) * significand * 2 ** (least + (next() % (most - least + 1)));
  });
  return { shape, data };
}

type Operation = <V>(A: Arithmetic<V>, ...values: V[]) => V;

async function largestError(device: GpuReference, operation: Operation, ...values: Tensor[]): Promise<number> {
  const computed = await device.lower(
    operation<never>(device as never, ...values.map((t) => device.lift(t) as never)) as never,
  );
  const expected = cpu.lower(operation<never>(cpu as never, ...values.map((t) => cpu.lift(t) as never)) as never);
  let largest = 0;
  computed.data.forEach((x, i) => {
    const exact = expected.data[i];
    if (!Object.is(x, exact)) largest = Math.max(largest, Math.abs(x - exact) / Math.abs(exact));
  });
  expect(computed.shape).toEqual(expected.shape);
  return largest;
}

describe.skipIf(gpu === undefined)(needsGpu('the double-float reference'), () => {
  const open = (): GpuReference => new GpuReference(gpu!, TRUSTED);

  it.each([
    ['add', 3.01, (A, x, y) => A.add('s', x, y)],
    ['subtract', 3.01, (A, x, y) => A.subtract('s', x, y)],
    ['multiply', 5, (A, x, y) => A.multiply('s', x, y)],
    ['divide', 16, (A, x, y) => A.divide('s', x, y)],
    ['sqrt', 16, (A, x) => A.sqrt('s', A.multiply('s', x, x))],
    // Results above 2^−80, below which they have fewer bits.
    ['exp', 16, (A, x) => A.exp('s', x), [-6, 4]],
    ['tanh', 16, (A, x) => A.tanh('s', x)],
    ['erf', 16, (A, x) => A.erf('s', x)],
  ] as [string, number, Operation, [number, number]?][])(
    '%s is within %d u²',
    async (_, bound, operation, exponents) => {
      const values = [numbers(1, [4000], exponents), numbers(2, [4000])];
      // What float64 makes of the same numbers is off by less than another u²/16.
      expect(await largestError(open(), operation, ...values)).toBeLessThanOrEqual((bound + 0.0625) * U2);
    },
  );

  it('sums and products of rows are within n times that of the sum of magnitudes', async () => {
    const device = open();
    const [a, b] = [numbers(3, [2, 1, 7, 33]), numbers(4, [2, 1, 33, 9])];
    const magnitudes = (t: Tensor): Tensor => ({ ...t, data: Float64Array.from(t.data, Math.abs) });
    const bound = cpu.lower(cpu.matmul('s', cpu.lift(magnitudes(a)), cpu.lift(magnitudes(b)))).data;
    const computed = await device.lower(device.matmul('s', device.lift(a), device.lift(b)));
    const exact = cpu.lower(cpu.matmul('s', cpu.lift(a), cpu.lift(b))).data;
    for (const [i, x] of computed.data.entries()) {
      expect(Math.abs(x - exact[i])).toBeLessThanOrEqual(33 * 8.1 * U2 * bound[i]);
    }
    expect(await largestError(device, (A, x) => A.rowSum('s', x), magnitudes(a))).toBeLessThanOrEqual(33 * 3.1 * U2);
  });

  it('moves, hides and compares numbers as they are', async () => {
    const device = open();
    const mask = causalMask(
      [
        { start: 0, end: 5 },
        { start: 2, end: 5 },
      ],
      5,
    );
    const x = numbers(5, [2, 3, 5, 5]);
    const operations: Operation[] = [
      (A, v) => A.permute(v, [0, 2, 1, 3]),
      (A, v) => A.slice(v, 1, 4),
      (A, v) => A.concat(v, A.negate(v)),
      (A, v) => A.relu(v),
      (A, v) => A.rowMax(v, mask),
      (A, v) => A.select(v, mask, Number.NEGATIVE_INFINITY),
    ];
    for (const operation of operations) expect(await largestError(device, operation, x)).toBe(0);
  });

  it('has the infinities and NaN of the operations, and 0 where float32 has no number', async () => {
    const device = open();
    const value = (...data: number[]) => device.lift({ shape: [data.length], data: Float64Array.from(data) });
    const of = async (v: Parameters<GpuReference['lower']>[0]) => [...(await device.lower(v)).data];
    const [x, y] = [value(Infinity, 1, Infinity, 2 ** 127, NaN), value(1, 0, -Infinity, 2 ** 127, 1)];
    expect(await of(device.add('s', x, y))).toEqual([Infinity, 1, NaN, Infinity, NaN]);
    expect(await of(device.divide('s', x, y))).toEqual([Infinity, Infinity, NaN, 1, NaN]);
    expect(await of(device.exp('s', value(-Infinity, Infinity, 0, -200, 100)))).toEqual([0, Infinity, 1, 0, Infinity]);
    expect(await of(device.sqrt('s', value(0, -1, Infinity)))).toEqual([0, NaN, Infinity]);
  });

  it('is refused where float32 operations are not as it needs them', () => {
    expect(() => new GpuReference(gpu!, NOTHING)).toThrow(/reference: expected float32 .* to round to nearest even/);
  });

  it.each([
    ['gpt2', {}],
    ['llama', { norm: 'rmsNorm', gated: true, positionEncoding: 'rotary', kvHeads: 1, biases: 'none' }],
  ] as const)('%s: the metrics are those of float64 within the stated uncertainty', async (_, options) => {
    const model = randomDecoder({ seed: 3, layers: 1, width: 16, heads: 2, vocabulary: 19, positions: 8, ...options });
    const tokens = [
      [1, 5, 9, 16, 3],
      [2, 7, 0],
    ];
    const backend = { arithmetic: (name: string, specOf: never) => new CpuArithmetic(name, specOf), reference: open };
    const exact = await analyze(model, tokens, { policy: 'bf16' });
    const measured = await analyze(model, tokens, { policy: 'bf16', reference: 'double-float', backend });
    const { uncertainty, against, arithmetic } = measured.reference;
    expect([arithmetic, against]).toEqual(['double-float', 'float64']);
    expect(uncertainty).toBeGreaterThan(0);
    expect(uncertainty).toBeLessThan(2 ** -36);
    measured.taps.forEach((tap, i) => {
      // ‖x̂ − x‖ moves by ‖x‖ times the reference's error at most; the samples are some of the rows.
      expect(Math.abs(tap.relFrobenius - exact.taps[i].relFrobenius), tap.tap).toBeLessThanOrEqual(16 * uncertainty);
    });
  });
});
