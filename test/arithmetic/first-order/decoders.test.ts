/** What a policy's arithmetic is seen to be off by lies within the first-order bounds. */
import { describe, expect, it } from 'vitest';
import { Run } from '../../../src/analysis/run.ts';
import { steps } from '../../../src/analysis/steps.ts';
import { FirstOrderArithmetic } from '../../../src/arithmetic/first-order/index.ts';
import { float64Specs } from '../../../src/arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../../src/backends/cpu/cpu-arithmetic.ts';
import { batchOf } from '../../../src/model/program/batch.ts';
import { DecoderProgram } from '../../../src/model/program/decoder.ts';
import { siteNames } from '../../../src/model/program/taps.ts';
import { randomDecoder } from '../../../src/model/random/random-decoder.ts';
import { parsePolicy, type Tensor } from '../../../src/tensor/index.ts';
import { decoders, tokens } from '../errors/decoders.ts';

const policies = [
  ...['fp32', 'tf32', 'fp16', 'bf16', 'decimal:6', 'autocast(bf16)', 'autocast(fp16); order=lanes(4)'],
  ...[
    'bf16; product=exact, accumulate=fp32, bias=fused',
    'fp16; order=pairwise; fma=off',
    'bf16; fma=on; order=blocked(4)',
    'bf16; kernels=kahan/splitk/lanes(3)',
  ],
  ...['fp32; order=kahan', 'fp32; order=splitk(3)', 'fp32; mode=up', 'fp32; mode=toward-zero, subnormals=flush'],
  ...['bf16; mode=stochastic, seed=4', 'fp32; softmax=unshifted; rotary=float32-angles; order=reversed'],
  ...['fp32; *norm: fp16; layers.*.probs: fp16; subnormals=flush'],
];

describe.each(Object.entries(decoders))('first-order bounds of a random decoder: %s', (_, options) => {
  const model = randomDecoder(options);
  it.each(policies)('%s', async (text) => {
    const { specFor } = parsePolicy(text, siteNames(model.config));
    const program = new DecoderProgram(model.config, batchOf(tokens, { token: 0, side: 'left' }));
    const reference = new CpuArithmetic('float64', float64Specs);
    const computed = new Run(program, new CpuArithmetic('computed', specFor));
    const run = (order: 'declared' | 'any') => {
      const A = new FirstOrderArithmetic({ reference, specOf: specFor, order });
      return { A, run: new Run(program, A) };
    };
    const [declared, any] = [run('declared'), run('any')];
    const beyond: string[] = [];
    for await (const step of steps(model)) {
      const ours = [declared, any].map(({ run }) => run.step(step));
      for (const [t, { tap, value }] of computed.step(step).entries()) {
        const numbers = (computed.arithmetic.lower(value) as Tensor).data;
        const [inOrder, inAny] = ours.map((taps) => taps[t].value);
        const [bound, wide] = [declared.A.boundOf(inOrder).data, any.A.boundOf(inAny).data];
        numbers.forEach((x: number, i: number) => {
          const reference = inOrder.numbers[i];
          const far = Object.is(x, reference) ? 0 : Math.abs(x - reference);
          // float64's own error is no part of the bound.
          if (!(far <= bound[i] + 2 ** -44 * Math.max(1, Math.abs(reference))))
            beyond.push(`${tap}[${i}]: ${far} > ${bound[i]}`);
          if (!(wide[i] >= bound[i] * (1 - 2 ** -40))) beyond.push(`${tap}[${i}]: any order ${wide[i]} < ${bound[i]}`);
        });
      }
    }
    expect(beyond).toEqual([]);
  });
});
