/** A decoder's taps on the scalar oracle, on the CPU's kernels and on a GPU: the same bits. */
import { expect } from 'vitest';
import { SoftfloatArithmetic } from '../../src/arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../src/backends/cpu/cpu-arithmetic.ts';
import type { GpuDevice } from '../../src/backends/webgpu/device.ts';
import { GpuArithmetic } from '../../src/backends/webgpu/gpu-arithmetic.ts';
import type { TrustedOperations } from '../../src/backends/webgpu/wgsl/quick.ts';
import { firstDifference } from './bits.ts';
import type { DecoderCase } from './decoder-cases.ts';
import { allTaps } from './run-program.ts';

/** @returns how many numbers were compared on the GPU */
export async function expectSameTaps(
  { title, model, policy, tokens, padding }: DecoderCase,
  gpu: GpuDevice,
  trusted: TrustedOperations,
): Promise<number> {
  const { specFor } = policy;
  const expected = await allTaps(model, tokens, new SoftfloatArithmetic('scalar', specFor), padding);
  let compared = 0;
  for (const arithmetic of [new CpuArithmetic('cpu', specFor), new GpuArithmetic('webgpu', specFor, gpu, trusted)]) {
    const computed = await allTaps(model, tokens, arithmetic, padding);
    expect([...computed.keys()]).toEqual([...expected.keys()]);
    for (const [tap, { shape, data }] of computed) {
      const right = expected.get(tap)!;
      expect(shape, `${title}: ${tap}`).toEqual(right.shape);
      const at = firstDifference(data, right.data);
      if (at >= 0) {
        const label = `${title}: ${arithmetic.name}: ${tap} at ${at} of ${data.length}`;
        expect.fail(`${label}: expected ${shown(right.data[at])}, got ${shown(data[at])}`);
      }
      compared += data.length;
    }
  }
  return compared / 2;
}

const shown = (x: number): string => (Object.is(x, -0) ? '-0' : String(x));
