/**
 * Values of exp, tanh and erf that the device does not decide: forced by a device that takes every argument whose bits a number
 * divides for undecided, and then has a wrong value for it. Oracle: the scalar interpreter and the CPU backend.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { analyze } from '../../../src/analysis/analyze.ts';
import { SoftfloatArithmetic } from '../../../src/arithmetic/softfloat.ts';
import { GpuBackend } from '../../../src/backends/webgpu/backend.ts';
import { UndecidedError, undecidedWords } from '../../../src/backends/webgpu/undecided.ts';
import { randomDecoder } from '../../../src/model/random/random-decoder.ts';
import { nodeGpu } from '../../../src/platform/node-gpu.ts';
import { parseSpec } from '../../../src/tensor/index.ts';
import { gpu, needsGpu } from '../../support/gpu.ts';
import { expectSame } from './values.ts';

const X = { shape: [97], data: Float32Array.from({ length: 97 }, (_, i) => (i - 48) / 13) };

describe.skipIf(gpu === undefined)(needsGpu('what fixed point does not decide'), () => {
  let backend: GpuBackend;
  beforeAll(async () => {
    backend = await GpuBackend.open(await nodeGpu(), { doubted: 3 });
  });
  afterAll(() => backend.close());

  it.each(['fp32', 'fp32; mode=down', 'fp16; mode=stochastic, seed=4'])(
    'the CPU evaluates, and the next arithmetic has its bits: %s',
    async (text) => {
      const spec = parseSpec(text);
      for (const f of ['exp', 'tanh', 'erf'] as const) {
        const scalar = new SoftfloatArithmetic(text, () => spec);
        const expected = scalar.lower(scalar[f]('s', scalar.lift(X)));
        const attempt = async () => {
          const A = backend.arithmetic(text, () => spec);
          return A.lower(A[f]('s', A.lift(X)));
        };
        let undecided = 0;
        for (;;) {
          try {
            expectSame(`${text}: ${f}`, await attempt(), expected);
            break;
          } catch (error) {
            if (!(error instanceof UndecidedError)) throw error;
            undecided++;
          }
        }
        // Later specs find what the first one had settled.
        expect(undecided).toBe(text === 'fp32' ? 1 : 0);
      }
    },
  );

  it('an arithmetic that has met one stays refused', async () => {
    const other = await GpuBackend.open(await nodeGpu(), { doubted: 3 });
    const A = other.arithmetic('fp32', () => parseSpec('fp32'));
    const y = A.exp('s', A.lift(X));
    await expect(A.lower(y)).rejects.toThrow(UndecidedError);
    await expect(A.lower(y)).rejects.toThrow('results of exp, tanh or erf lay too near');
    other.close();
  });

  it("an analysis begins anew, with the CPU's numbers, and tells each tap once", async () => {
    const model = randomDecoder({ layers: 1, width: 8, heads: 2, vocabulary: 16 });
    const told: string[] = [];
    const options = { policy: 'fp32', onTap: ({ tap }: { tap: string }) => void told.push(tap) };
    const expected = await analyze(model, [[1, 5, 9]], options);
    const once = told.splice(0);
    const other = await GpuBackend.open(await nodeGpu(), { doubted: 29 });
    try {
      expect(await analyze(model, [[1, 5, 9]], { ...options, backend: other as never })).toEqual(expected);
      expect(told).toEqual(once);
      expect(undecidedWords(other.device)[1]).toBeGreaterThan(0);
    } finally {
      other.close();
    }
  });
});
