/** Oracle: what a policy's operation does to numbers next to those that the bound is about. */
import { describe, expect, it } from 'vitest';
import type { Arithmetic } from '../../../src/arithmetic/arithmetic.ts';
import { ComposedArithmetic } from '../../../src/arithmetic/composites.ts';
import { type FirstOrder, FirstOrderArithmetic } from '../../../src/arithmetic/first-order/index.ts';
import { float64Specs, SoftfloatArithmetic } from '../../../src/arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../../src/backends/cpu/cpu-arithmetic.ts';
import { type BinaryFormat, formats, InputError, parseFormat } from '../../../src/formats/index.ts';
import { type OperationSpec, parseSpec, type Tensor, tensor } from '../../../src/tensor/index.ts';
import { Random } from '../../../src/testing/random.ts';
import { operationCases, randomSpec, randomTensor } from '../errors/cases.ts';

type Value = Tensor<{ readonly length: number; [index: number]: number }>;
const reference = new CpuArithmetic('float64', float64Specs);
const site = 'matmul';

/** Formats in which products of the cases' numbers neither overflow nor lose what they are by underflow. */
const caseFormats = ['fp32', 'tf32'] as const;
/** Below it is the factor that theory/interpreters.md, F1, proves for these operations on the cases here, less 1. */
const PROVEN = 2 ** -6;
const isProven = (name: string): boolean => !/exp|tanh|erf|softmax|Norm|gelu|silu/.test(name);
/**
 * What radii of 2^−16 of the numbers, and roundings of 2^−11 and 2^−24, leave out of the others: a function's curvature, and
 * of a norm the share of its spread (at least 1/100 of the numbers here).
 */
const SLACK = 2 ** -5;

describe.each(caseFormats)('first-order bounds of one operation in %s', (name) => {
  const format = parseFormat(name) as BinaryFormat;
  const specOf = (random: Random): OperationSpec => ({
    ...randomSpec(random, format),
    ...{ input: format, product: random.pick([format, 'exact'] as const), overflow: 'inf' },
  });
  it.each(operationCases)('$name', (operation) => {
    const slack = isProven(operation.name) ? PROVEN : SLACK;
    let closest = 0;
    for (let i = 0; i < 60; i++) {
      const random = new Random(8, `${operation.name} ${name}`, i);
      const spec = specOf(random);
      const A = new FirstOrderArithmetic({ reference, specOf: () => spec, order: 'declared' });
      const computed = new SoftfloatArithmetic('computed', () => spec);
      const relative = random.pick([0, 2 ** -16]);
      const tensors = operation.shapes.map((shape) => {
        const { data } = randomTensor(random, shape, format, true);
        return tensor(
          shape,
          data.map((x) => (operation.name.includes('matmul') || Math.abs(x) > 2 ** -4 ? x : 1)),
        );
      });
      const parameters = (operation.parameters ?? []).map((shape) => randomTensor(random, shape, format, true));
      // Room for the move and for what rounding the moved number on load adds.
      const radius = (x: number): number =>
        Math.abs(x) * (relative + format.u * (1 + 2 ** -10)) + format.smallestSubnormal;
      const { stored } = A.parameter(site, tensors[0]);
      const balls = tensors.map((t) => A.around(t, tensor(t.shape, Float64Array.from(t.data, radius)), stored));
      const moved = tensors.map((t) =>
        tensor(
          t.shape,
          t.data.map((x) => x * (1 + relative * random.pick([-1, 0, 1]) * (1 - 2 ** -7))),
        ),
      );
      const ours = operation.run(A as Arithmetic<FirstOrder>, balls, parameters);
      const theirs = operation.run(
        computed as Arithmetic<Value>,
        moved.map((t) => computed.parameter(site, t)),
        parameters,
      );
      const { data: bound } = A.boundOf(ours);
      ours.numbers.forEach((x: number, k: number) => {
        const far = Object.is(x, theirs.data[k]) ? 0 : Math.abs(x - theirs.data[k]);
        if (far > 0 && Number.isFinite(bound[k])) closest = Math.max(closest, far / bound[k]);
        // The reference is off by some roundings of float64, and a moved number by one of float32.
        const most = bound[k] * (1 + slack) + 2 ** -44 * Math.abs(x) + 2 ** -60;
        expect(far, `case ${i}, entry ${k}: ${JSON.stringify(spec)}`).toBeLessThanOrEqual(most);
      });
    }
    // Not so far above that anything would pass.
    expect(closest).toBeGreaterThan(0.1);
  });
});

class Composed extends FirstOrderArithmetic {}
for (const name of ['scores', 'softmax', 'layerNorm', 'rmsNorm', 'gelu', 'silu'] as const) {
  Object.defineProperty(Composed.prototype, name, { value: ComposedArithmetic.prototype[name] });
}

describe('a composite’s bound is no worse than the composition of its operations', () => {
  const composites = operationCases.filter(({ name }) => /scores|softmax|Norm|gelu|silu|rotate/.test(name));
  it.each(composites)('$name', (operation) => {
    let sharper = 0;
    for (let i = 0; i < 200; i++) {
      const random = new Random(9, operation.name, i);
      const format = parseFormat(random.pick(['fp32', 'fp16', 'bf16', 'e4m3'])) as BinaryFormat;
      const spec = { ...randomSpec(random, format), rotary: 'exact' } as const;
      const options = { reference, specOf: () => spec, order: random.pick(['declared', 'any'] as const) };
      const tensors = operation.shapes.map((shape) => randomTensor(random, shape, format, true));
      const parameters = (operation.parameters ?? []).map((shape) => randomTensor(random, shape, format, true));
      const relative = random.pick([0, 2 ** -20, 2 ** -8, 0.5]);
      const of = (A: FirstOrderArithmetic): FirstOrder => {
        const wide = (t: Tensor) =>
          tensor(
            t.shape,
            Float64Array.from(t.data, (x) => Math.abs(x) * relative),
          );
        const balls = tensors.map((t) => A.around(t, wide(t), A.parameter(site, t).stored));
        return operation.run(A as Arithmetic<FirstOrder>, balls, parameters);
      };
      const [ours, theirs] = [of(new FirstOrderArithmetic(options)), of(new Composed(options))];
      ours.radius.forEach((r, k) => {
        expect(r, `case ${i}, entry ${k}: ${JSON.stringify(spec)}`).toBeLessThanOrEqual(
          theirs.radius[k] * (1 + 2 ** -30) + 2 ** -60,
        );
        if (r < theirs.radius[k] * 0.99) sharper++;
      });
    }
    // Scores and rotations are linear in each operand: their composition is sharp already.
    if (!/scores|rotate/.test(operation.name)) expect(sharper).toBeGreaterThan(0);
  });
});

describe('first-order bounds', () => {
  const of = (policy: string, order: 'declared' | 'any' = 'declared', allowance = {}) => {
    const spec = parseSpec(policy);
    return new FirstOrderArithmetic({ reference, specOf: () => spec, order, allowance });
  };
  const vector = (...numbers: number[]): Tensor => tensor([numbers.length], Float32Array.from(numbers));
  const { u } = formats.fp32;

  it('of a product of matrices count n roundings in any order', () => {
    const [a, b] = [tensor([1, 8], new Float32Array(8).fill(1)), tensor([8, 1], new Float32Array(8).fill(1))];
    const bound = (policy: string, order: 'declared' | 'any'): number => {
      const A = of(policy, order);
      return A.boundOf(A.matmul(site, A.lift(a), A.lift(b))).data[0] / u / 8;
    };
    expect(bound('fp32; order=pairwise', 'declared')).toBeCloseTo(4, 12);
    expect(bound('fp32; order=pairwise', 'any')).toBeCloseTo(8, 12);
    expect(bound('fp32; order=sequential', 'declared')).toBeCloseTo(8, 12);
    expect(bound('fp32; order=sequential, fma=on', 'any')).toBeCloseTo(8, 12);
  });
  it('take a function of another program as many ulps worse as they are told', () => {
    const bound = (allowance: object, run: (A: FirstOrderArithmetic) => FirstOrder): number => {
      const A = of('fp32', 'declared', allowance);
      return A.boundOf(run(A)).data[0];
    };
    for (const name of ['exp', 'tanh', 'erf'] as const) {
      const apply = (A: FirstOrderArithmetic) => A[name](site, A.lift(vector(0.5)));
      const value = apply(of('fp32')).numbers[0];
      expect(bound({ [name]: 3 }, apply) - bound({}, apply)).toBeCloseTo(3 * 2 * u * value, 20);
    }
    const norm = (A: FirstOrderArithmetic) => A.rmsNorm(site, A.lift(vector(1, 1)), { gamma: vector(2, 2) }, 0);
    expect(bound({ rsqrt: 1 }, norm) - bound({}, norm)).toBeCloseTo(2 * u * 2, 20);
    expect(() => of('fp32', 'any', { exp: -1 })).toThrow(InputError);
  });
  it('start from bounds that are handed in', () => {
    const A = of('fp32');
    const x = A.around(vector(1, 2), tensor([2], Float64Array.of(0.25, 0)));
    expect(A.boundOf(A.exp(site, x)).data[0]).toBeCloseTo(0.25 * Math.E, 6);
    expect(() => A.around(vector(1), tensor([2], Float64Array.of(0, 0)))).toThrow(InputError);
    expect(() => A.around(vector(1), tensor([1], Float64Array.of(-1)))).toThrow(InputError);
  });
  it('know what is exact', () => {
    const A = of('fp32');
    const [x, half] = [A.lift(vector(1.5, 3)), A.lift(tensor([], Float32Array.of(0.5)))];
    expect(A.boundOf(A.multiply(site, x, half)).data[0]).toBeLessThan(2 ** -140);
    expect([...A.boundOf(A.parameter(site, vector(0.1))).data]).toEqual([0]);
  });
});
