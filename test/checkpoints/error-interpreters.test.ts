/** Trained models: what is seen lies within certified radii and first-order bounds. Oracle: double-double. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Run } from '../../src/analysis/run.ts';
import { steps } from '../../src/analysis/steps.ts';
import { CertifiedArithmetic } from '../../src/arithmetic/certified/index.ts';
import { DoubleDoubleArithmetic } from '../../src/arithmetic/double-double.ts';
import { FirstOrderArithmetic } from '../../src/arithmetic/first-order/index.ts';
import { float64Specs } from '../../src/arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../src/backends/cpu/cpu-arithmetic.ts';
import { doubleDoubleKernels } from '../../src/backends/cpu/double-double-products.ts';
import { batchOf } from '../../src/model/program/batch.ts';
import { DecoderProgram } from '../../src/model/program/decoder.ts';
import { siteNames } from '../../src/model/program/taps.ts';
import { loadCheckpoint } from '../../src/platform/node-checkpoint.ts';
import { parsePolicy, type Tensor } from '../../src/tensor/index.ts';
import { distances } from '../support/distance.ts';
import { hasSharedData, needsSharedData, sharedData } from '../support/shared-data.ts';

describe.skipIf(!hasSharedData)(needsSharedData('interpreters over balls on trained models'), () => {
  const models = {
    'gpt-nano-sort': () => JSON.parse(readFileSync(resolve(sharedData, 'gpt-nano-sort/tokens.json'), 'utf8')),
    'stories260K-hf': () => [
      [1, 403, 407, 261, 378, 31, 298, 315, 408, 286, 267, 300],
      [1, 385, 328, 432],
    ],
  };
  const cases = Object.keys(models).flatMap((name) =>
    ['bf16', 'fp16; order=pairwise', 'fp32', 'autocast(bf16)'].map((policy) => [name, policy] as const),
  );
  it.each(cases)('%s in %s', async (name, policy) => {
    const model = await loadCheckpoint(resolve(sharedData, name));
    const { specFor } = parsePolicy(policy, siteNames(model.config));
    const program = new DecoderProgram(model.config, batchOf(models[name as keyof typeof models](), { token: 0 }));
    const float64 = new CpuArithmetic('float64', float64Specs);
    const computed = new CpuArithmetic('computed', specFor);
    const certified = new CertifiedArithmetic({ computed, specOf: specFor, float64 });
    const firstOrder = new FirstOrderArithmetic({ reference: float64, specOf: specFor, order: 'declared' });
    const exact = new DoubleDoubleArithmetic(doubleDoubleKernels());
    const runs = [new Run(program, certified), new Run(program, firstOrder)] as const;
    const reference = new Run(program, exact);
    const beyond: string[] = [];
    for await (const step of steps(model)) {
      const [balls, bounds] = [runs[0].step(step), runs[1].step(step)];
      for (const [t, { tap, value }] of reference.step(step).entries()) {
        const far = await distances(certified.lower(balls[t].value) as Tensor, value, exact);
        const { data: radius } = certified.radiusOf(balls[t].value);
        const { data: bound } = firstOrder.boundOf(bounds[t].value);
        far.forEach((distance, i) => {
          // Double-double is off by some 2^−100 of numbers up to 2^10.
          if (!(distance <= radius[i] * (1 + 2 ** -50) + 2 ** -80))
            beyond.push(`${tap}[${i}]: ${distance} > ${radius[i]}`);
          // The caps of norms and probabilities hold the radii however deep the model is.
          if (!(radius[i] < Number.POSITIVE_INFINITY)) beyond.push(`${tap}[${i}]: ${radius[i]}`);
          if (!(distance <= bound[i] + 2 ** -44)) beyond.push(`${tap}[${i}]: ${distance} > ${bound[i]} to first order`);
        });
      }
    }
    expect(beyond).toEqual([]);
  });
});
