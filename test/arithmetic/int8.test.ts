/** Oracle: the definition of docs/semantics.md in integers, entry by entry; numbers are multiples of 2^−149. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CertifiedArithmetic } from '../../src/arithmetic/certified/index.ts';
import { FirstOrderArithmetic } from '../../src/arithmetic/first-order/index.ts';
import { float64Specs, SoftfloatArithmetic } from '../../src/arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../src/backends/cpu/cpu-arithmetic.ts';
import { roundArray } from '../../src/backends/cpu/round-array.ts';
import { formats, InputError } from '../../src/formats/index.ts';
import { normalNumbers } from '../../src/model/random/normal.ts';
import { parsePolicy, parseSpec, specText, type Tensor } from '../../src/tensor/index.ts';
import { firstDifference } from '../support/bits.ts';

const GRID = 2 ** 149;
const integer = (x: number): bigint => BigInt(x * GRID);
const magnitude = (x: bigint): bigint => (x < 0n ? -x : x);

/** The quotient of two integers to the nearest integer, ties to even. */
function nearest(a: bigint, b: bigint): bigint {
  const [size, sign] = [magnitude(a), a < 0n !== b < 0n ? -1n : 1n];
  const [whole, rest] = [size / magnitude(b), size % magnitude(b)];
  const twice = 2n * rest - magnitude(b);
  return sign * (whole + (twice > 0n || (twice === 0n && whole % 2n === 1n) ? 1n : 0n));
}

/** a/b, an exact number of multiples of 2^−149, to p bits; no smaller than the smallest number 2^least, and finite. */
function rounded(a: bigint, b: bigint, p: number, least: number): number {
  if (a === 0n) return 0;
  let exponent = least + 149;
  while (magnitude(a) >= magnitude(b) << BigInt(exponent + p)) exponent++;
  return Number(nearest(a, b << BigInt(exponent))) * 2 ** (exponent - 149);
}
const to32 = (a: bigint, b = 1n): number => rounded(a, b, 24, -149);
const to16 = (a: bigint): number => rounded(a, 1n, 11, -24);

interface Layer {
  readonly rows: number;
  readonly k: number;
  readonly n: number;
  readonly x: ArrayLike<number>;
  /** [n, k] */
  readonly weight: ArrayLike<number>;
}

function oracle({ rows, k, n, x, weight }: Layer, threshold: number): number[] {
  const columns = Array.from({ length: k }, (_, j) => j);
  const isOutlier = columns.map((j) => Array.from({ length: rows }).some((_, r) => Math.abs(x[r * k + j]) > threshold));
  const kept = columns.filter((j) => !isOutlier[j]);
  const scaleOf = (row: ArrayLike<number>, start: number): number =>
    kept.reduce((most, j) => Math.max(most, Math.abs(row[start + j])), 0);
  const quantised = (entry: number, scale: number): bigint =>
    scale === 0 ? 0n : nearest(127n * integer(entry), integer(scale));
  const unit = to32(BigInt(GRID), 127n * 127n);
  return Array.from({ length: rows * n }, (_, i) => {
    const [atX, atW] = [Math.floor(i / n) * k, (i % n) * k];
    const [scaleX, scaleW] = [scaleOf(x, atX), scaleOf(weight, atW)];
    let sum = 0n;
    for (const j of kept) sum += quantised(x[atX + j], scaleX) * quantised(weight[atW + j], scaleW);
    let main = to32(sum * BigInt(GRID));
    for (const factor of [unit, scaleX, scaleW]) main = to32(integer(main) * integer(factor), BigInt(GRID));
    let others = 0;
    for (const j of columns.filter((column) => isOutlier[column])) {
      const product = (integer(x[atX + j]) * integer(weight[atW + j])) / BigInt(GRID);
      others = to32(integer(others) + product);
    }
    return to16(integer(main) + integer(others));
  });
}

/** Numbers of fp16 whose products are multiples of 2^−149. */
const entries = (length: number) =>
  fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.float({ min: -7, max: 7, noNaN: true }) },
      fc.constantFrom(0, 6, 6.00390625, -6, 0.5, 1, 127, -254, 2 ** -24),
    ),
    { minLength: length, maxLength: length },
  );
const layers = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 4 }))
  .chain(([rows, k, n]) =>
    fc.tuple(entries(rows * k), entries(n * k)).map(([x, w]) => {
      const [a, b] = [x, w].map((data) => roundArray(Float32Array.from(data), formats.fp16) as Float32Array);
      return { rows, k, n, x: a, weight: b };
    }),
  );

const interpreters = [CpuArithmetic, SoftfloatArithmetic];
function computed(
  Interpreter: typeof SoftfloatArithmetic,
  policy: string,
  { rows, k, n, x, weight }: Layer,
  more: { bias?: Tensor; inOut?: boolean } = {},
): Tensor {
  const A = new Interpreter(policy, () => parseSpec(policy));
  const data = Float32Array.from(weight);
  const turned = Float32Array.from(data, (_, i) => data[(i % n) * k + Math.floor(i / n)]);
  const layer = more.inOut
    ? { weight: { shape: [k, n], data: turned }, layout: 'in-out' as const }
    : { weight: { shape: [n, k], data }, layout: 'out-in' as const };
  const lifted = A.lift({ shape: [rows, k], data: Float32Array.from(x) });
  return A.lower(A.linear('linear', lifted, { ...layer, ...(more.bias && { bias: more.bias }) }));
}
const expectBits = (found: ArrayLike<number>, expected: ArrayLike<number>): void => {
  expect(
    firstDifference(
      Float64Array.from(found, (x) => x + 0),
      Float64Array.from(expected, (x) => x + 0),
    ),
  ).toBe(-1);
};

describe('linear=int8', () => {
  it.each(interpreters.map((Interpreter) => [Interpreter.name, Interpreter] as const))(
    'is its definition in integers: %s',
    (_, Interpreter) => {
      fc.assert(
        fc.property(layers, fc.constantFrom(6, 0, 2.5, 1000), (layer, threshold) => {
          const { data } = computed(Interpreter, `fp16; linear=int8(${threshold})`, layer);
          expectBits(data, oracle(layer, threshold));
        }),
      );
    },
  );
  it('reads both layouts, and rounds the bias after the rest', () => {
    const layer: Layer = { rows: 2, k: 3, n: 2, x: [1, 2, 7, -3, 0.5, 4], weight: [1, -1, 2, 0.25, 3, 1] };
    const plain = oracle(layer, 6);
    const bias = { shape: [2], data: Float32Array.of(0.125, 100) };
    for (const Interpreter of interpreters) {
      expectBits(computed(Interpreter, 'fp16; linear=int8', layer, { inOut: true }).data, plain);
      const shifted = computed(Interpreter, 'fp16; linear=int8; bias=fused', layer, { bias }).data;
      expectBits(
        shifted,
        plain.map((y, i) => to16(integer(y) + integer(bias.data[i % 2]))),
      );
    }
  });
  it('an outlier anywhere in the batch changes every row', () => {
    const [k, n] = [20, 30];
    const weight = normalNumbers(n * k, 'w', 1, 1);
    const x = [...normalNumbers(k, 'x', 1, 1), ...new Array<number>(k).fill(0)];
    const first = (padding: number): number[] => {
      const entries = x.map((entry, i) => (i === k + 3 ? padding : entry));
      return [
        ...computed(CpuArithmetic, 'fp16; linear=int8', { rows: 2, k, n, x: entries, weight }).data.subarray(0, n),
      ];
    };
    expect(first(5)).toEqual(first(0));
    expect(first(7)).not.toEqual(first(0));
  });
  it('outliers are added in the order of the site, or of their shape', () => {
    const k = 200;
    const numbers = (name: string) => roundArray(normalNumbers(k, name, 1, 1), formats.fp16);
    const layer: Layer = { rows: 1, k, n: 1, x: numbers('x'), weight: numbers('w') };
    // Through fp32 and fp16, few sums tell their order; with bits enough all do.
    const plain = (order: string) =>
      computed(SoftfloatArithmetic, `fp16; product=exact; accumulate=fp32; ${order}`, layer);
    for (const [int8, order] of [
      ['order=pairwise', 'order=pairwise'],
      ['kernels=shaped', 'order=lanes(32)'],
    ]) {
      for (const Interpreter of interpreters) {
        expectBits(computed(Interpreter, `fp16; linear=int8(0); ${int8}`, layer).data, plain(order).data);
      }
    }
  });
  it('NaN and infinities go through fp16', () => {
    const layer: Layer = { rows: 2, k: 2, n: 1, x: [Number.NaN, 1, 2, 1], weight: [1, 1] };
    for (const Interpreter of interpreters) {
      expect([...computed(Interpreter, 'fp16; linear=int8', layer).data]).toEqual([Number.NaN, 3]);
      const infinite = { ...layer, x: [Number.POSITIVE_INFINITY, 1, 2, 1] };
      expect([...computed(Interpreter, 'fp16; linear=int8', infinite).data]).toEqual([Number.POSITIVE_INFINITY, 3]);
    }
  });
  it('certified radii hold, and first order refuses', () => {
    const policy = 'fp16; linear=int8';
    const specOf = () => parseSpec(policy);
    const [x, w] = ['x', 'w'].map((name) => ({ shape: [3, 8], data: normalNumbers(24, name, 4, 2) }));
    const layer = { weight: w, layout: 'out-in' } as const;
    const float64 = new SoftfloatArithmetic('float64', float64Specs);
    const certified = new CertifiedArithmetic({ computed: new CpuArithmetic('int8', specOf), specOf, float64 });
    const y = certified.linear('linear', certified.lift(x), layer);
    const exact = float64.lower(float64.linear('linear', float64.lift(x), layer)).data;
    const found = certified.lower(y) as Tensor;
    const radius = certified.radiusOf(y).data;
    // The float64 sums of 8 products are off by less than 8·2^−53 of their magnitudes, below 2^−40 here.
    found.data.forEach((entry, i) => {
      expect(Math.abs(entry - exact[i])).toBeLessThanOrEqual(radius[i] + 2 ** -40);
      expect(radius[i]).toBeLessThan(1);
    });
    const first = new FirstOrderArithmetic({ reference: float64, specOf, order: 'declared' });
    expect(() => first.linear('linear', first.lift(x), layer)).toThrow(InputError);
  });
  it('its text is read back; other formats and modes are refused', () => {
    for (const text of ['fp16; linear=int8', 'fp16; linear=int8(2.5)']) {
      const spec = parseSpec(text);
      expect(parseSpec(specText(spec))).toEqual(spec);
    }
    const sites = ['layers.0.query', 'layers.0.probs'];
    expect(() => parsePolicy('fp32; linear=int8', sites)).toThrow(/layers.0.query: linear=int8 expects input=fp16/);
    expect(() => parsePolicy('fp16; linear=int8; mode=up', sites)).toThrow(/got .*mode=up/);
    expect(() => parsePolicy('fp32; *.query: fp16, linear=int8', sites)).not.toThrow();
    expect(() => parsePolicy('fp16; linear=int4', sites)).toThrow(
      /expected plain, int8 or int8\(threshold\), got 'int4'/,
    );
  });
});
