/** Oracle: what the scalar interpreter computes, under any spec, from numbers anywhere in the balls. */
import { describe, expect, it } from 'vitest';
import type { Arithmetic } from '../../../src/arithmetic/arithmetic.ts';
import { type Enclosure, EnclosureArithmetic, noFreedom } from '../../../src/arithmetic/enclosure/index.ts';
import { float64Specs, SoftfloatArithmetic } from '../../../src/arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../../src/backends/cpu/cpu-arithmetic.ts';
import { type BinaryFormat, InputError, parseFormat, round } from '../../../src/formats/index.ts';
import { parseSpec, type Tensor, tensor } from '../../../src/tensor/index.ts';
import { Random } from '../../../src/testing/random.ts';
import { caseFormats, type OperationCase, operationCases, randomSpec, randomTensor } from '../errors/cases.ts';

type Value = Tensor<{ readonly length: number; [index: number]: number }>;
const reference = new CpuArithmetic('float64', float64Specs);
const CASES = 60;

interface Outcome {
  readonly wrong: string[];
  entries: number;
  finite: number;
  /** The largest distance in units of its radius. */
  closest: number;
}

function check(operation: OperationCase, format: BinaryFormat, index: number, outcome: Outcome): void {
  const random = new Random(6, `${operation.name} ${format.name}`, index);
  const spec = randomSpec(random, format);
  const specOf = () => spec;
  const computed = new SoftfloatArithmetic('computed', specOf);
  const A = new EnclosureArithmetic({ reference, rounded: computed, specOf, freedom: noFreedom });
  const relative = random.pick([0, 0, 2 ** -20, 2 ** -6]);
  const tensors = operation.shapes.map((shape) => {
    const t = randomTensor(random, shape, format, operation.moderate === true);
    return tensor(
      shape,
      t.data.map((x) => {
        const rounded = round(x, spec.out);
        return Number.isFinite(rounded) && !(spec.subnormals === 'flush' && Math.abs(rounded) < spec.out.smallestNormal)
          ? rounded
          : 1;
      }),
    );
  });
  const parameters = (operation.parameters ?? []).map((shape) => randomTensor(random, shape, format, true));
  const stored = { format: spec.out, flushed: false };
  const balls = tensors.map((t) => {
    const centre = t.data.map((x) => x * (1 + relative * (2 * random.uniform() - 1)));
    const radius = Float64Array.from(centre, (c, i) => Math.abs(c - t.data[i]));
    return A.around(tensor(t.shape, Float64Array.from(centre)), tensor(t.shape, radius), stored);
  });
  const ours = operation.run(A as Arithmetic<Enclosure>, balls, parameters);
  const theirs = operation.run(
    computed as Arithmetic<Value>,
    tensors.map((t) => ({ ...computed.lift(t), format: spec.out })),
    parameters,
  );
  ours.numbers.forEach((y: number, i: number) => {
    outcome.entries++;
    const radius = ours.radius[i];
    if (radius === Number.POSITIVE_INFINITY) return;
    outcome.finite++;
    // Masked scores are −∞ in both.
    if (Object.is(theirs.data[i], y)) return;
    const distance = Math.abs(theirs.data[i] - y);
    if (distance > 0) outcome.closest = Math.max(outcome.closest, distance / radius);
    if (distance <= radius * (1 + 2 ** -30)) return;
    outcome.wrong.push(`case ${index}, entry ${i}: ${theirs.data[i]} is ${distance} from ${y}, radius ${radius}`);
  });
}

describe.each([...caseFormats, 'fp64'])('enclosures of one operation in %s', (name) => {
  const format = parseFormat(name) as BinaryFormat;
  it.each(operationCases)('$name', (operation) => {
    const outcome: Outcome = { wrong: [], entries: 0, finite: 0, closest: 0 };
    for (let i = 0; i < CASES; i++) check(operation, format, i, outcome);
    expect(outcome.wrong).toEqual([]);
    // Overflows, and divisors whose balls reach zero, have none; with 4 bits or fewer norms have next to none.
    expect(outcome.finite).toBeGreaterThan(format.precision < 8 ? 0 : outcome.entries / 8);
    // Not so far above that anything would pass.
    if (!/relu|rowMax|select|moved/.test(operation.name)) expect(outcome.closest).toBeGreaterThan(0.05);
  });
});

describe('enclosures', () => {
  const spec = parseSpec('bf16');
  const A = new EnclosureArithmetic({
    ...{ reference, specOf: () => spec, freedom: noFreedom },
    rounded: new SoftfloatArithmetic('rounded', () => spec),
  });
  const numbers = (...data: number[]): Tensor => tensor([data.length], Float32Array.from(data));

  it('a sum of two known numbers is known to the bit: rounded, with radius 0', () => {
    const sum = A.add('x', A.parameter('x', numbers(1, 3)), A.lift(numbers(2 ** -8, 2 ** -6)));
    // 1 + 2^−8 is half way between numbers of bf16; 3 + 2^−6 is one.
    expect([...sum.numbers]).toEqual([1, 3.015625]);
    expect([...sum.radius]).toEqual([0, 0]);
    // Not so a product of sums, or a sum of what is not known.
    expect(A.add('x', A.tanh('x', sum), sum).radius.every((r) => r > 0)).toBe(true);
  });
  it('where a partial sum may overflow, nothing is known', () => {
    const big = tensor([1, 2], Float32Array.of(3e38, -3e38));
    expect([...A.rowSum('x', A.lift(big)).radius]).toEqual([Number.POSITIVE_INFINITY]);
  });
  it('a negative allowance is refused', () => {
    const make = () =>
      new EnclosureArithmetic({
        ...{ reference, rounded: reference, specOf: () => spec, freedom: { ulps: { exp: -1 } } },
      });
    expect(make).toThrow(InputError);
  });
});
