/** What runs are off by, beside what they are expected to be off by. */
import { describe, expect, it } from 'vitest';
import { withRoundedWeights } from '../../../src/analysis/rounded-weights.ts';
import { Run } from '../../../src/analysis/run.ts';
import { steps } from '../../../src/analysis/steps.ts';
import { ExpectedArithmetic } from '../../../src/arithmetic/expected/expected.ts';
import { float64Specs } from '../../../src/arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../../src/backends/cpu/cpu-arithmetic.ts';
import { batchOf } from '../../../src/model/program/batch.ts';
import { DecoderProgram } from '../../../src/model/program/decoder.ts';
import { siteNames } from '../../../src/model/program/taps.ts';
import { randomDecoder } from '../../../src/model/random/random-decoder.ts';
import { randomTokens } from '../../../src/model/random/random-tokens.ts';
import { parsePolicy, type Tensor } from '../../../src/tensor/index.ts';

const policies = [
  'fp32',
  'fp32; order=pairwise',
  'bf16; product=exact, accumulate=fp32, bias=fused',
  'fp16; order=lanes(8)',
];

describe('expected sizes', () => {
  const model = randomDecoder({
    layers: 1,
    width: 64,
    heads: 4,
    vocabulary: 40,
    initialisation: 'fan-in',
    biases: 'normal',
  });
  const tokens = randomTokens(3, 1, 24, model.config.vocabulary);
  it.each(policies)(
    '%s: every tap is off by 1/3 to 3 times of it, from numbers that the run had before',
    async (policy) => {
      const { specFor } = parsePolicy(policy, siteNames(model.config));
      const program = new DecoderProgram(model.config, batchOf(tokens, { token: 0 }));
      const reference = new CpuArithmetic('float64', float64Specs);
      const A = new ExpectedArithmetic(reference, specFor);
      // Parameters are those that the run loads: what rounding them does is not random.
      const loaded = withRoundedWeights(model, specFor);
      const computed = new Run(program, new CpuArithmetic('computed', specFor));
      let stream = A.lift({ shape: [0], data: new Float64Array(0) });
      for await (const step of steps(loaded)) {
        const own = new Map(
          computed.step(step).map(({ tap, value }) => [tap, computed.arithmetic.lower(value) as Tensor]),
        );
        stream = step.compute(program, A, { stream }, (tap, { numbers, radius }) => {
          const recorded = own.get(tap) as Tensor;
          let [squares, expected] = [0, 0];
          numbers.forEach((y: number, i: number) => {
            if (!Number.isFinite(y)) return;
            squares += (recorded.data[i] - y) ** 2;
            expected += radius[i] ** 2;
          });
          const ratio = Math.sqrt(squares / expected);
          expect(ratio, tap).toBeGreaterThan(1 / 3);
          expect(ratio, tap).toBeLessThan(3);
          const stored = { format: specFor(tap).out, flushed: false };
          return A.around(recorded, { shape: recorded.shape, data: new Float64Array(recorded.data.length) }, stored);
        });
      }
    },
  );
});
