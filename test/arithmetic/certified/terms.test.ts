/** What a radius is made of: inputs for which a radius without one of its terms would be too small. */
import { describe, expect, it } from 'vitest';
import type { Arithmetic } from '../../../src/arithmetic/arithmetic.ts';
import { type Certified, CertifiedArithmetic } from '../../../src/arithmetic/certified/index.ts';
import { ComposedArithmetic } from '../../../src/arithmetic/composites.ts';
import { DecimalArithmetic } from '../../../src/arithmetic/decimal.ts';
import { normSensitivity } from '../../../src/arithmetic/errors/norm-sensitivity.ts';
import { activations } from '../../../src/arithmetic/errors/slopes.ts';
import { float64Specs } from '../../../src/arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../../src/backends/cpu/cpu-arithmetic.ts';
import { type BinaryFormat, parseFormat } from '../../../src/formats/index.ts';
import { rotaryReals, rotaryRealsFloat32 } from '../../../src/softfloat/real.ts';
import { parseSpec, type Tensor, tensor } from '../../../src/tensor/index.ts';
import { Random } from '../../../src/testing/random.ts';
import { distances } from '../../support/distance.ts';
import { caseFormats, operationCases, randomSpec, randomTensor } from '../errors/cases.ts';

type Value = Tensor<{ readonly length: number; [index: number]: number }>;
const float64 = new CpuArithmetic('float64', float64Specs);
const decimal = new DecimalArithmetic(60);
const certifiedIn = (policy: string): CertifiedArithmetic<Value> => {
  const spec = parseSpec(policy);
  return new CertifiedArithmetic<Value>({
    computed: new CpuArithmetic(policy, () => spec),
    specOf: () => spec,
    float64,
  });
};
const vector = (...numbers: number[]): Tensor => tensor([numbers.length], Float64Array.from(numbers));
const site = 'x';
const radius = (A: CertifiedArithmetic<Value>, v: Certified<Value>): number[] => [...A.radiusOf(v).data];

describe('terms of certified radii', () => {
  it('products of radii', () => {
    const A = certifiedIn('bf16');
    const [x, y] = [A.around(vector(0), vector(1)), A.around(vector(0), vector(1))];
    expect(radius(A, A.multiply(site, x, y))[0]).toBeGreaterThanOrEqual(1);
    const [a, b] = [A.reshape(x, [1, 1]), A.reshape(y, [1, 1])];
    expect(radius(A, A.matmul(site, a, b))[0]).toBeGreaterThanOrEqual(1);
    // 1/(2 − 1) − 1/2, where the linear part is 1/4.
    expect(radius(A, A.divide(site, A.lift(vector(1)), A.around(vector(2), vector(1))))[0]).toBeGreaterThanOrEqual(0.5);
    expect(radius(A, A.exp(site, A.around(vector(0), vector(2))))[0]).toBeGreaterThanOrEqual(Math.E ** 2 - 1);
  });
  it('underflow, gradual and flushed', () => {
    const least = 2 ** -14;
    for (const policy of ['fp16', 'fp16; subnormals=flush', 'fp16; mode=up']) {
      const A = certifiedIn(policy);
      const product = A.multiply(site, A.lift(vector(least)), A.lift(vector(2 ** -12)));
      const far = Math.abs(product.numbers[0] - 2 ** -26);
      expect(far).toBeGreaterThan(2 ** -10 * Math.abs(product.numbers[0]));
      expect(radius(A, product)[0]).toBeGreaterThanOrEqual(far);
    }
    // Radii underflow themselves: 2^−1080 is no float64.
    const A = certifiedIn('bf16');
    const tiny = A.around(vector(0), vector(2 ** -540));
    expect(radius(A, A.multiply(site, tiny, tiny))[0]).toBeGreaterThan(0);
  });
  it('overflow: Infinity where it gives one, the distance where it saturates', () => {
    const overflow = (policy: string): number => {
      const A = certifiedIn(policy);
      return radius(A, A.multiply(site, A.lift(vector(400)), A.lift(vector(400))))[0];
    };
    expect(overflow('e4m3')).toBe(Number.POSITIVE_INFINITY);
    expect(overflow('e5m2')).toBe(Number.POSITIVE_INFINITY);
    expect(overflow('e4m3; overflow=saturate')).toBeGreaterThanOrEqual(400 * 400 - 448);
    expect(overflow('e5m2; mode=toward-zero')).toBeGreaterThanOrEqual(400 * 400 - 57344);
    const A = certifiedIn('e5m2');
    const infinite = A.exp(site, A.lift(vector(1000)));
    expect(radius(A, A.divide(site, A.lift(vector(1)), infinite))).toEqual([Number.POSITIVE_INFINITY]);
    expect(radius(A, A.matmul(site, A.reshape(A.lift(vector(0)), [1, 1]), A.reshape(infinite, [1, 1])))).toEqual([
      Number.POSITIVE_INFINITY,
    ]);
  });
  it('nothing is known of what an overflow became', () => {
    const A = certifiedIn('e5m2');
    const overflowed = A.negate(A.exp(site, A.lift(vector(1000, 0))));
    expect(overflowed.numbers[0]).toBe(Number.NEGATIVE_INFINITY);
    expect(radius(A, A.relu(overflowed))).toEqual([Number.POSITIVE_INFINITY, 0]);
    expect(radius(A, A.rowMax(overflowed))).toEqual([Number.POSITIVE_INFINITY]);
    // The mean square overflows in float64, too.
    const wide = certifiedIn('fp64');
    const norm = { gamma: vector(1, 1) };
    const [r] = radius(wide, wide.rmsNorm(site, wide.lift(vector(1e200, 1e200)), norm, 1e-5));
    expect(r).toBeGreaterThanOrEqual(1);
  });
  it('an infinite ball of logits or of a row leaves what every softmax and every norm keeps', () => {
    const A = certifiedIn('fp32');
    const unknown = A.around(vector(1, 2, 3, 4), vector(0, 0, 0, Number.POSITIVE_INFINITY));
    for (const r of radius(A, A.softmax(site, unknown))) expect(r).toBeLessThanOrEqual(1 + 2 ** -50);
    const normed = A.layerNorm(site, unknown, { gamma: vector(1, 1, 1, 2), beta: vector(0, 0, 0, 0) }, 0);
    for (const r of radius(A, normed)) expect(r).toBeLessThan(2 * (Math.sqrt(3) + 2));
  });
  it('parameters, constants and tables as they are rounded on load', () => {
    const A = certifiedIn('fp16');
    expect(radius(A, A.parameter(site, vector(0.1, 0.5, 1e-9)))).toEqual([
      expect.closeTo(Math.abs(Number(A.parameter(site, vector(0.1)).numbers[0]) - 0.1), 12),
      0,
      expect.closeTo(1e-9, 12),
    ]);
    // ε = 1e-8 is 0 in fp16.
    const x = vector(2 ** -12, -(2 ** -12));
    const normed = A.rmsNorm(site, A.lift(x), { gamma: vector(1, 1) }, 1e-8);
    const exact = 2 ** -12 / Math.sqrt(2 ** -24 + 1e-8);
    expect(Math.abs(normed.numbers[0] - exact)).toBeGreaterThan(0.05);
    expect(radius(A, normed)[0]).toBeGreaterThanOrEqual(Math.abs(normed.numbers[0] - exact));
  });
  it('angles formed in float32 are an error', () => {
    const table = (reals: typeof rotaryReals) => {
      const { cos, sin } = reals(4001, 10000, 1, 6);
      return { cos: { shape: [1, 1, 1, 1], reals: [cos] }, sin: { shape: [1, 1, 1, 1], reals: [sin] } };
    };
    const tables = { exact: table(rotaryReals), float32Angles: () => table(rotaryRealsFloat32) };
    const turned = (policy: string): number => {
      const A = certifiedIn(policy);
      return radius(A, A.rotate(site, A.reshape(A.lift(vector(1, 1)), [1, 1, 1, 2]), tables))[0];
    };
    expect(turned('fp32; rotary=float32-angles')).toBeGreaterThan(10 * turned('fp32'));
  });
  it('the roundings of the radii', async () => {
    const A = certifiedIn('fp64');
    const sum = A.add(site, A.around(vector(0), vector(0.1)), A.around(vector(0), vector(0.2 + 2 ** -53)));
    const exact = decimal.add('', decimal.lift(vector(0.1)), decimal.lift(vector(0.2 + 2 ** -53)));
    const [far] = await distances(vector(0), exact, decimal);
    expect(radius(A, sum)[0]).toBeGreaterThanOrEqual(far);
  });
});

describe('the linear part alone would be wrong', () => {
  it('of a norm', () => {
    // Where the large entry gives way, the small one becomes the large one.
    const [x, r, moved] = [vector(0.01, 1), vector(0, 0.999), vector(0.01, 0.001)];
    const norm = { gamma: vector(1, 1) };
    const [here, there] = [x, moved].map((t) => float64.rmsNorm(site, float64.lift(t), norm, 0).data[0]);
    const root = Math.sqrt((0.01 ** 2 + 1) / 2);
    const [linear] = normSensitivity(
      Float64Array.from(x.data, (t) => t / root),
      Float64Array.from(r.data),
      false,
    );
    expect(there - here).toBeGreaterThan(10 * (linear / root));
    const A = certifiedIn('fp32');
    expect(radius(A, A.rmsNorm(site, A.around(x, r), norm, 0))[0]).toBeGreaterThanOrEqual(there - here);
  });
  it('of a softmax', () => {
    const A = certifiedIn('fp32');
    const p = radius(A, A.softmax(site, A.around(vector(-6, 0), vector(6, 6))))[0];
    const [here, there] = [1 / (1 + Math.exp(6)), 1 / (1 + Math.exp(-6))];
    expect(there - here).toBeGreaterThan(3 * 12 * here * (1 - here));
    // The range is reached: 12 apart either way, one of them.
    expect(p).toBeGreaterThanOrEqual(there - here);
    expect(p).toBeLessThan((there - here) * (1 + 2 ** -16));
  });
  it.each(['tanh', 'erf', 'silu'] as const)('of an activation: %s', (name) => {
    const A = certifiedIn('fp32');
    const apply = <V>(on: Arithmetic<V>, v: V): V => (name === 'silu' ? on.silu(site, v) : on.gelu(site, v, name));
    const ball = apply(A as Arithmetic<Certified<Value>>, A.around(vector(-1), vector(2)));
    const there = apply(float64 as Arithmetic<Value>, float64.lift(vector(1))).data[0];
    expect(there - ball.numbers[0]).toBeGreaterThan(2 * Math.abs(activations[name].slope(-1)));
    expect(radius(A, ball)[0]).toBeGreaterThanOrEqual(there - ball.numbers[0]);
  });
});

/** The composites as compositions of this interpreter's own basic operations. */
class Composed extends CertifiedArithmetic<Value> {}
for (const name of ['scores', 'softmax', 'layerNorm', 'rmsNorm', 'gelu', 'silu', 'rotate'] as const) {
  Object.defineProperty(Composed.prototype, name, { value: ComposedArithmetic.prototype[name] });
}

/** The largest finite magnitude. */
function largest(all: readonly Tensor['data'][]): number {
  const sizes = all.flatMap((data) => [...data].map(Math.abs)).filter(Number.isFinite);
  return sizes.reduce((most, size) => Math.max(most, size), 0);
}

describe('a composite’s rule is no worse than the composition of its operations', () => {
  const composites = operationCases.filter(({ name }) => /scores|softmax|Norm|gelu|silu|rotate/.test(name));
  it.each(composites)('$name', (operation) => {
    const worse: string[] = [];
    let sharper = 0;
    for (let i = 0; i < 200; i++) {
      const random = new Random(6, operation.name, i);
      const format = parseFormat(caseFormats[i % 5]) as BinaryFormat;
      const drawn = randomSpec(random, format);
      const spec = { ...drawn, mode: drawn.mode === 'stochastic' ? 'up' : drawn.mode, rotary: 'exact' } as const;
      const options = { computed: new CpuArithmetic('', () => spec), specOf: () => spec, float64 };
      const [own, composed] = [new CertifiedArithmetic<Value>(options), new Composed(options)];
      const tensors = operation.shapes.map((shape) => randomTensor(random, shape, format, operation.moderate === true));
      const parameters = (operation.parameters ?? []).map((shape) => randomTensor(random, shape, format, true));
      const relative = random.pick([0, 2 ** -20, 2 ** -8, 0.5]);
      const wide = tensors.map((t) =>
        tensor(
          t.shape,
          t.data.map((x) => Math.abs(x) * relative),
        ),
      );
      const of = (A: CertifiedArithmetic<Value>): Certified<Value> => {
        const balls = tensors.map((t, k) => A.around(A.parameter(site, t).centre as Tensor, wide[k]));
        return operation.run(A as Arithmetic<Certified<Value>>, balls, parameters);
      };
      const [ours, theirs] = [of(own), of(composed)];
      expect(theirs.numbers).toEqual(ours.numbers);
      // What evaluating the whole composite in float64 may be off by, which stands for measuring each operation in it.
      const floor = 2 ** -46 * largest([...tensors.map(({ data }) => data), ours.numbers]);
      ours.radius.forEach((r, k) => {
        if (r > theirs.radius[k] * (1 + 2 ** -20) + floor) worse.push(`${i}[${k}]: ${r} > ${theirs.radius[k]}`);
        if (r < theirs.radius[k] * 0.99) sharper++;
      });
    }
    expect(worse).toEqual([]);
    expect(sharper).toBeGreaterThan(0);
  });
});
