/** Oracle: the CPU backend, on random decoders under policies that mix formats, orders, modes and options site by site. */
import { describe, expect, it } from 'vitest';
import { CpuArithmetic } from '../../../src/backends/cpu/cpu-arithmetic.ts';
import { GpuArithmetic } from '../../../src/backends/webgpu/gpu-arithmetic.ts';
import { siteNames } from '../../../src/model/program/taps.ts';
import { randomDecoder } from '../../../src/model/random/random-decoder.ts';
import { parsePolicy } from '../../../src/tensor/index.ts';
import { coveringArray } from '../../support/covering-array.ts';
import { gpu, needsGpu } from '../../support/gpu.ts';
import { allTaps } from '../../support/run-program.ts';
import { expectSame, TRUSTED } from './values.ts';

const decoders = {
  gpt2: { biases: 'normal' },
  llama: { norm: 'rmsNorm', gated: true, positionEncoding: 'rotary', kvHeads: 1, biases: 'none' },
  'post-norm': { normPlacement: 'post', activation: 'gelu-erf' },
  relu: { activation: 'relu', positionEncoding: 'none', embeddingScale: 1e-30 },
} as const;

const rows = coveringArray(
  {
    decoder: Object.keys(decoders) as (keyof typeof decoders)[],
    base: ['bf16', 'fp16', 'fp32', 'e4m3', 'autocast(bf16)'],
    mode: ['nearest-even', 'toward-zero', 'up', 'odd', 'stochastic'],
    order: ['sequential', 'pairwise', 'lanes(3)', 'splitk(3)', 'kahan'],
    overflow: ['inf', 'saturate'],
    subnormals: ['keep', 'flush'],
    probs: ['', '; *.probs: fp32', '; *.probs: softmax=unshifted'],
    rotary: ['exact', 'float32-angles'],
    pad: ['left', 'right'],
  },
  6,
);

describe.skipIf(gpu === undefined)(needsGpu('random decoders equal the CPU backend, every tap'), () => {
  it.each(rows.map((row, seed) => ({ ...row, seed })))(
    '$decoder, $base; mode=$mode, order=$order, overflow=$overflow, subnormals=$subnormals$probs, $rotary, $pad',
    async ({ decoder, base, mode, order, overflow, subnormals, probs, rotary, pad, seed }) => {
      const shape = { seed, layers: 1, width: 12, heads: 2, vocabulary: 17, positions: 8, mlpWidth: 20 };
      const model = randomDecoder({ ...shape, ...decoders[decoder] });
      const options = `mode=${mode}, order=${order}, overflow=${overflow}, subnormals=${subnormals}, rotary=${rotary}`;
      const { specFor } = parsePolicy(`${base}; ${options}, seed=${seed}${probs}`, siteNames(model.config));
      const tokens = [
        [1, 5, 9, 16, 3],
        [2, 7, 0],
      ];
      const padding = { token: 0, side: pad };
      const expected = await allTaps(model, tokens, new CpuArithmetic('cpu', specFor), padding);
      const computed = await allTaps(model, tokens, new GpuArithmetic('webgpu', specFor, gpu!, TRUSTED), padding);
      expect([...computed.keys()]).toEqual([...expected.keys()]);
      for (const [tap, value] of computed) expectSame(tap, value, expected.get(tap)!);
    },
  );
});
