/** What the probe says of a device, and what it would say of others. */
import { describe, expect, it } from 'vitest';
import { GpuBackend } from '../../../src/backends/webgpu/backend.ts';
import { measuredOperations, probeKernel } from '../../../src/backends/webgpu/kernels/probe.ts';
import { probeDevice } from '../../../src/backends/webgpu/probe.ts';
import { probeCases } from '../../../src/backends/webgpu/probe-cases.ts';
import { nodeGpu } from '../../../src/platform/node-gpu.ts';
import { gpu, needsGpu } from '../../support/gpu.ts';
import { TRUSTED } from './values.ts';

describe.skipIf(gpu === undefined)(needsGpu('the probe'), () => {
  it('measures thousands of cases, and trusts what is as it should be', async () => {
    const { findings, trusted } = await probeDevice(gpu!);
    const measured = new Map(findings.map((finding) => [finding.property, finding]));
    for (const name of ['add', 'subtract', 'multiply']) {
      expect(measured.get(`${name}: rounding`)).toMatchObject({ measured: 'to nearest even' });
      expect(measured.get(`${name}: rounding`)?.cases).toBeGreaterThan(5000);
    }
    expect(measured.get('a·b + c')).toMatchObject({ measured: 'not contracted' });
    expect(measured.get('(x + y) − y')).toMatchObject({ measured: 'two roundings' });
    expect(measured.get('signs of zeros')).toMatchObject({ measured: 'as in IEEE 754' });
    expect(trusted).toEqual(TRUSTED);
    expect(findings.filter(({ reliance }) => reliance === 'everything').map(({ measured: m }) => m)).toEqual(
      new Array(7).fill('exact'),
    );
  });

  // Devices that compute otherwise, made from this one by other text in the kernel.
  it.each([
    ['toward zero', { add: 'bitcast<u32>(x + y) & 0xfffffffeu' }, { add: false }],
    ['with inexact products', { multiply: 'bitcast<u32>(x * y) + 1u' }, { multiply: false, zeros: false }],
    ['that reorders sums', { addSubtract: 'a' }, { shifts: false }],
    ['without negative zeros', { multiply: 'select(bitcast<u32>(x * y), 0u, x * y == 0.0)' }, { zeros: false }],
  ])('a device %s is not trusted with that', async (_, changes: Record<string, string>, untrusted) => {
    const original = probeKernel.code;
    const kernel = probeKernel as { code: string };
    try {
      for (const [name, text] of Object.entries(changes)) {
        kernel.code = kernel.code.replace(
          `= ${measuredOperations[name as keyof typeof measuredOperations]};`,
          `= ${text};`,
        );
      }
      expect(kernel.code).not.toBe(original);
      expect((await probeDevice(gpu!)).trusted).toEqual({ ...TRUSTED, ...untrusted });
    } finally {
      kernel.code = original;
    }
  });
  it('a device with wrong integers is refused', async () => {
    const original = probeKernel.code;
    const kernel = probeKernel as { code: string };
    try {
      kernel.code = original.replace('= a * b;', '= a * b + select(0u, 1u, a == b);');
      await expect(probeDevice(gpu!)).rejects.toThrow(/integer arithmetic of .* is wrong: integers: integerMultiply/);
    } finally {
      kernel.code = original;
    }
  });
  it('a backend opens, computes and closes again and again', async () => {
    for (let i = 0; i < 5; i++) {
      const backend = await GpuBackend.open(await nodeGpu());
      expect(backend.probe.trusted.add).toBe(true);
      backend.close();
      expect(() => backend.device.check()).toThrow('webgpu: the device was closed');
    }
  });
});

describe('the cases of the probe', () => {
  it('are the same each time, and hold what is told apart', () => {
    const { x, y, z, count } = probeCases();
    expect(probeCases().x).toEqual(x);
    const some = (holds: (i: number) => boolean): number =>
      Array.from({ length: count }, (_, i) => i).filter(holds).length;
    // Products that are not exact, with a sum that shows a contraction.
    expect(some((i) => z[i] === -Math.fround(x[i] * y[i]) && x[i] * y[i] !== -z[i])).toBeGreaterThan(500);
    // Sums on midpoints of float32.
    const tie = (i: number): boolean => {
      const sum = x[i] + y[i];
      const rounded = Math.fround(sum);
      return sum !== rounded && Math.abs(sum - rounded) * 2 ** 24 === 2 ** Math.floor(Math.log2(Math.abs(sum)));
    };
    expect(some(tie)).toBeGreaterThan(50);
  });
});
