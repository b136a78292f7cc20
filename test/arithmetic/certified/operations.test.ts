/** Oracle: decimal arithmetic on exact numbers anywhere in the balls. */
import { describe, expect, it } from 'vitest';
import type { Arithmetic } from '../../../src/arithmetic/arithmetic.ts';
import { CertifiedArithmetic } from '../../../src/arithmetic/certified/index.ts';
import { DecimalArithmetic } from '../../../src/arithmetic/decimal.ts';
import { float64Specs, SoftfloatArithmetic } from '../../../src/arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../../src/backends/cpu/cpu-arithmetic.ts';
import { type BinaryFormat, type Format, parseFormat, round } from '../../../src/formats/index.ts';
import type { OperationSpec, Tensor } from '../../../src/tensor/index.ts';
import { Random } from '../../../src/testing/random.ts';
import { distances } from '../../support/distance.ts';
import { caseFormats, type OperationCase, operationCases, randomSpec, randomTensor } from '../errors/cases.ts';

const CASES = 40;
/** Sums of raw bits of float32 have up to 170 digits, and what is lost of them must be small beside a radius. */
const many = new DecimalArithmetic(120);
const few = new DecimalArithmetic(50);
const float64 = new CpuArithmetic('float64', float64Specs);

interface Inputs {
  readonly decimal: DecimalArithmetic;
  readonly certified: unknown[];
  readonly exact: unknown[];
}

const inRange = (x: number, { largest }: Format): number =>
  Number.isNaN(x) ? largest : Math.min(largest, Math.max(-largest, x));

/** A parameter, rounded on load; or a number of the format with a radius, the exact one anywhere within it. */
function input(random: Random, A: CertifiedArithmetic<unknown>, t: Tensor, spec: OperationSpec, to: Inputs): void {
  const { decimal } = to;
  if (random.integer(0, 1) === 1) {
    to.certified.push(A.parameter('matmul', t));
    to.exact.push(decimal.lift(t));
    return;
  }
  const numbers = { shape: t.shape, data: t.data.map((x) => inRange(round(x, spec.out), spec.out)) };
  const relative = random.pick([0, 2 ** -30, 2 ** -8, 1, 4]);
  const radius = { shape: t.shape, data: numbers.data.map((x) => Math.abs(x) * relative) };
  const where = { shape: t.shape, data: radius.data.map(() => random.pick([-1, 1, random.uniform()])) };
  to.certified.push(A.around(numbers, radius));
  const moved = decimal.multiply('', decimal.lift(radius), decimal.lift(where));
  to.exact.push(decimal.add('', decimal.lift(numbers), moved));
}

interface Outcome {
  /** Distances beyond their radius. */
  readonly wrong: string[];
  entries: number;
  finite: number;
}

async function check(operation: OperationCase, format: BinaryFormat, index: number, outcome: Outcome): Promise<void> {
  const random = new Random(5, `${operation.name} ${format.name}`, index);
  const spec = randomSpec(random, format);
  const specOf = () => spec;
  const computed: Arithmetic<unknown> =
    random.integer(0, 1) === 1 ? new SoftfloatArithmetic('scalar', specOf) : new CpuArithmetic('kernels', specOf);
  const A = new CertifiedArithmetic<unknown>({ computed, specOf, float64 });
  const decimal = operation.moderate === true ? few : many;
  const inputs: Inputs = { decimal, certified: [], exact: [] };
  const tensors = operation.shapes.map((shape) => randomTensor(random, shape, format, operation.moderate === true));
  for (const t of tensors) input(random, A, t, spec, inputs);
  const parameters = (operation.parameters ?? []).map((shape) => randomTensor(random, shape, format, false));
  const result = operation.run(A as Arithmetic<unknown>, inputs.certified, parameters) as never;
  const exact = operation.run(decimal as Arithmetic<unknown>, inputs.exact, parameters) as never;
  const far = await distances((await A.lower(result)) as Tensor, exact, decimal);
  const { data: radius } = A.radiusOf(result);
  far.forEach((distance, i) => {
    outcome.entries++;
    if (Number.isFinite(radius[i])) outcome.finite++;
    // The oracle's distance is rounded to float64.
    if (distance <= radius[i] * (1 + 2 ** -52)) return;
    outcome.wrong.push(`case ${index}, entry ${i}: ${distance} > ${radius[i]}`);
  });
}

describe.each([...caseFormats, 'fp64'])('certified radii of one operation in %s', (name) => {
  const format = parseFormat(name) as BinaryFormat;
  it.each(operationCases)('$name', async (operation) => {
    const outcome: Outcome = { wrong: [], entries: 0, finite: 0 };
    for (let i = 0; i < CASES; i++) await check(operation, format, i, outcome);
    expect(outcome.wrong).toEqual([]);
    // Overflows and divisors whose balls reach zero have none.
    expect(outcome.finite).toBeGreaterThan(outcome.entries / 4);
  });
});
