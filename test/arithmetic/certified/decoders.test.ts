/** Oracle: the double-double program, which is itself within about 1e-28 of the exact one. */
import { describe, expect, it } from 'vitest';
import { Run } from '../../../src/analysis/run.ts';
import { steps } from '../../../src/analysis/steps.ts';
import { CertifiedArithmetic } from '../../../src/arithmetic/certified/index.ts';
import { DoubleDoubleArithmetic } from '../../../src/arithmetic/double-double.ts';
import { float64Specs, SoftfloatArithmetic } from '../../../src/arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../../src/backends/cpu/cpu-arithmetic.ts';
import { batchOf } from '../../../src/model/program/batch.ts';
import { DecoderProgram } from '../../../src/model/program/decoder.ts';
import { siteNames } from '../../../src/model/program/taps.ts';
import { randomDecoder } from '../../../src/model/random/random-decoder.ts';
import { parsePolicy, type Tensor } from '../../../src/tensor/index.ts';
import { distances } from '../../support/distance.ts';
import { decoders, tokens } from '../errors/decoders.ts';

const policies = [
  ...['fp32', 'fp16', 'bf16', 'e4m3', 'e5m2', 'tf32', 'fp64', 'decimal:4'],
  ...['autocast(bf16)', 'autocast(fp16); order=lanes(4)', 'bf16; product=exact, accumulate=fp32, bias=fused'],
  ...['fp16; order=pairwise; fma=off', 'bf16; fma=on; order=blocked(4)', 'fp16; order=kahan', 'fp32; order=splitk(3)'],
  ...['bf16; kernels=kahan/splitk/blocked(3)'],
  ...['bf16; mode=up', 'fp16; mode=toward-zero, subnormals=flush', 'fp32; mode=odd', 'bf16; mode=stochastic, seed=4'],
  ...['e4m3; overflow=saturate; mode=nearest-away', 'fp16; softmax=unshifted; rotary=float32-angles; order=reversed'],
  ...['fp16; *norm: e5m2; layers.*.probs: fp32; subnormals=flush'],
];

describe.each(Object.entries(decoders))('certified radii of a random decoder: %s', (name, options) => {
  const model = randomDecoder(options);
  it.each(policies)('%s', async (text) => {
    const { specFor } = parsePolicy(text, siteNames(model.config));
    const side = text.length % 2 === 0 ? 'left' : 'right';
    const program = new DecoderProgram(model.config, batchOf(tokens, { token: 0, side }));
    const Backend = name === 'relu' ? SoftfloatArithmetic : CpuArithmetic;
    const certified = new CertifiedArithmetic({
      computed: new Backend('computed', specFor),
      specOf: specFor,
      float64: new CpuArithmetic('float64', float64Specs),
    });
    const exact = new DoubleDoubleArithmetic();
    const [run, reference] = [new Run(program, certified), new Run(program, exact)];
    const beyond: string[] = [];
    let [finite, entries] = [0, 0];
    for await (const step of steps(model)) {
      const taps = run.step(step);
      for (const [t, { tap, value }] of reference.step(step).entries()) {
        const ball = taps[t].value;
        const far = await distances(certified.lower(ball) as Tensor, value, exact);
        const { data: radius } = certified.radiusOf(ball);
        far.forEach((distance, i) => {
          entries++;
          if (Number.isFinite(radius[i])) finite++;
          if (!(distance <= radius[i] * (1 + 2 ** -50) + 1e-25))
            beyond.push(`${tap}[${i}]: ${distance} > ${radius[i]}`);
        });
      }
    }
    expect(beyond).toEqual([]);
    if (!text.startsWith('e4m3')) expect(finite).toBe(entries);
    else expect(finite).toBeGreaterThan(entries / 4);
  });
});

describe('the backend runs as it does by itself', () => {
  it.each(['bf16', 'fp16; mode=stochastic'])('%s', async (text) => {
    const model = randomDecoder(decoders.LLaMA);
    const { specFor } = parsePolicy(text, siteNames(model.config));
    const program = new DecoderProgram(model.config, batchOf(tokens, { token: 0 }));
    const float64 = new CpuArithmetic('float64', float64Specs);
    const alone = new CpuArithmetic('computed', specFor);
    const computed = new CpuArithmetic('computed', specFor);
    const certified = new CertifiedArithmetic({ computed, specOf: specFor, float64 });
    const [run, plain] = [new Run(program, certified), new Run(program, alone)];
    for await (const step of steps(model)) {
      const taps = run.step(step).map(({ value }) => certified.lower(value) as Tensor);
      expect(taps.map(({ data }) => data)).toEqual(plain.step(step).map(({ value }) => alone.lower(value).data));
    }
  });
});
