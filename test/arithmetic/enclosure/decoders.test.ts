/** Everything that a policy's run computes lies in the enclosures, over whole decoders and from tap to tap. */
import { describe, expect, it } from 'vitest';
import { Run } from '../../../src/analysis/run.ts';
import { steps } from '../../../src/analysis/steps.ts';
import { EnclosureArithmetic, noFreedom } from '../../../src/arithmetic/enclosure/index.ts';
import { float64Specs } from '../../../src/arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../../src/backends/cpu/cpu-arithmetic.ts';
import { batchOf } from '../../../src/model/program/batch.ts';
import { DecoderProgram } from '../../../src/model/program/decoder.ts';
import { siteNames } from '../../../src/model/program/taps.ts';
import { randomDecoder } from '../../../src/model/random/random-decoder.ts';
import { parsePolicy, type Tensor } from '../../../src/tensor/index.ts';
import { decoders, tokens } from '../errors/decoders.ts';

const policies = [
  ...['fp32', 'fp16', 'bf16', 'decimal:6', 'autocast(bf16)', 'autocast(fp16); order=lanes(4)'],
  ...['bf16; product=exact, accumulate=fp32, bias=fused', 'fp16; order=pairwise', 'bf16; fma=on; order=blocked(4)'],
  ...['fp32; kernels=shaped', 'bf16; kernels=kahan/pairwise/blocked(4)', 'fp16; linear=int8'],
  ...['fp32; order=kahan', 'fp32; order=splitk(3)', 'fp32; mode=up', 'fp32; mode=toward-zero, subnormals=flush'],
  ...['bf16; mode=stochastic, seed=4', 'fp32; softmax=unshifted; rotary=float32-angles; order=reversed'],
  ...['fp32; *norm: fp16; layers.*.probs: fp16; subnormals=flush'],
];

describe.each(Object.entries(decoders))('enclosures of a random decoder: %s', (_, options) => {
  const model = randomDecoder(options);
  it.each(policies)('%s', async (text) => {
    const { specFor } = parsePolicy(text, siteNames(model.config));
    const program = new DecoderProgram(model.config, batchOf(tokens, { token: 0, side: 'left' }));
    const reference = new CpuArithmetic('float64', float64Specs);
    const rounded = new CpuArithmetic('declared', specFor);
    const enclosing = new Run(
      program,
      new EnclosureArithmetic({ reference, rounded, specOf: specFor, freedom: noFreedom }),
    );
    const computed = new Run(program, new CpuArithmetic('computed', specFor));
    const outside: string[] = [];
    for await (const step of steps(model)) {
      const enclosures = enclosing.step(step);
      for (const [t, { tap, value }] of computed.step(step).entries()) {
        const { numbers, radius } = enclosures[t].value;
        (computed.arithmetic.lower(value) as Tensor).data.forEach((x: number, i: number) => {
          if (radius[i] === Number.POSITIVE_INFINITY) return;
          const distance = Math.abs(x - numbers[i]);
          if (!(Object.is(x, numbers[i]) || distance <= radius[i] * (1 + 2 ** -30)))
            outside.push(`${tap}[${i}]: ${distance} > ${radius[i]}`);
        });
      }
    }
    expect(outside).toEqual([]);
  });
});
