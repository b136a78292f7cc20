/** The same numbers on the device and in the scalar interpreter, and the comparison of results bit by bit. */
import { expect } from 'vitest';
import type { Arithmetic } from '../../../src/arithmetic/arithmetic.ts';
import { type RoundedTensor, SoftfloatArithmetic } from '../../../src/arithmetic/softfloat.ts';
import { GpuArithmetic } from '../../../src/backends/webgpu/gpu-arithmetic.ts';
import type { Composites } from '../../../src/backends/webgpu/gpu-fused.ts';
import type { GpuTensor } from '../../../src/backends/webgpu/gpu-tensor.ts';
import type { TrustedOperations } from '../../../src/backends/webgpu/wgsl/quick.ts';
import type { Format } from '../../../src/formats/index.ts';
import { type OperationSpec, parseSpec, type Tensor } from '../../../src/tensor/index.ts';
import { gpu } from '../../support/gpu.ts';
import { type Kind, numbers, rounded } from '../cpu/numbers.ts';

/** What SwiftShader's probe shows; the probe's own test measures it. */
export const TRUSTED: TrustedOperations = { add: true, multiply: true, zeros: true, shifts: true };
export const NOTHING: TrustedOperations = { add: false, multiply: false, zeros: false, shifts: false };

export interface Pair {
  readonly spec: OperationSpec;
  readonly device: GpuArithmetic;
  readonly scalar: SoftfloatArithmetic;
}

export function pair(text: string, trusted: TrustedOperations = TRUSTED, composites: Composites = 'chosen'): Pair {
  const spec = parseSpec(text);
  const specOf = () => spec;
  return {
    spec,
    device: new GpuArithmetic(text, specOf, gpu!, trusted, composites),
    scalar: new SoftfloatArithmetic(text, specOf),
  };
}

/** Numbers of a format, or any float32. */
export function value(kind: Kind, seed: number, shape: readonly number[], format: Format | undefined): RoundedTensor {
  const length = shape.reduce((size, n) => size * n, 1);
  const scale = format ?? parseSpec('fp32').out;
  const data = numbers(kind, seed, length, scale);
  return format === undefined ? { shape, data } : rounded(data, shape, format);
}

/** On the device, of the same format. */
export function lifted(device: GpuArithmetic, t: RoundedTensor): GpuTensor {
  return { ...device.lift(t), format: t.format };
}

type Operation = <V>(A: Arithmetic<V>, ...values: V[]) => V;

/** Carries an operation out in both, on the same numbers. */
export async function check(
  label: string,
  { device, scalar }: Pair,
  operation: Operation,
  values: RoundedTensor[],
): Promise<void> {
  const computed = operation<GpuTensor>(device, ...values.map((t) => lifted(device, t)));
  const expected = operation(scalar, ...values) as RoundedTensor;
  expectSame(label, await device.lower(computed), expected);
  expect(computed.format?.name, label).toBe(expected.format?.name);
}

export function expectSame(label: string, computed: Tensor, expected: Tensor): void {
  expect(computed.shape, label).toEqual(expected.shape);
  const at = computed.data.findIndex((x, i) => !Object.is(x, expected.data[i]));
  if (at >= 0)
    expect.fail(
      `${label}: at ${at} of ${expected.data.length}: expected ${expected.data[at]}, got ${computed.data[at]}`,
    );
}
