import { describe, expect, it } from 'vitest';
import type { Arithmetic } from '../../../src/arithmetic/arithmetic.ts';
import { SoftfloatArithmetic } from '../../../src/arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../../src/backends/cpu/cpu-arithmetic.ts';
import { batchOf, positionsOf } from '../../../src/model/program/batch.ts';
import { forward, loadedDecoder } from '../../../src/model/program/forward.ts';
import { halfBlocks, layerOf, siteNames, tapShapes } from '../../../src/model/program/taps.ts';
import { type RandomDecoderOptions, randomDecoder } from '../../../src/model/random/random-decoder.ts';
import { parsePolicy, type Tensor } from '../../../src/tensor/index.ts';
import { firstDifference } from '../../support/bits.ts';
import { allTaps } from '../../support/run-program.ts';

type Value = Parameters<CpuArithmetic['lower']>[0];

const base = { layers: 2, width: 12, heads: 6, vocabulary: 19, positions: 12 };
const tokens = [
  [1, 5, 9, 2, 18, 0, 3, 7, 7],
  [4, 4, 8],
];

const decoders: [string, RandomDecoderOptions][] = [
  ['GPT-2 style', {}],
  ['GPT-2 style, erf form, normal biases', { activation: 'gelu-erf', biases: 'normal' }],
  ['LLaMA style', { norm: 'rmsNorm', activation: 'silu', gated: true, positionEncoding: 'rotary', kvHeads: 2 }],
  [
    'post-norm, relu',
    { normPlacement: 'post', activation: 'relu', positionEncoding: 'none', initialisation: 'normal' },
  ],
];
const policies = [
  'bf16',
  'fp16; order=lanes(3)',
  'e4m3; order=pairwise; subnormals=flush',
  'e2m1; order=blocked(5)',
  'tf32; fma=on; order=splitk(3)',
  'e6m5; mode=odd; order=kahan',
  'fp32; mode=down; order=reversed',
  'autocast(e5m2)',
  'fp16; product=exact, accumulate=fp32, bias=fused; overflow=saturate',
  'fp16; *.scores: fp32; *.query: rotary=float32-angles; *.probs: softmax=unshifted; mode=up',
  'bf16; kernels=lanes(5)/splitk/blocked(4)',
  'fp64; order=pairwise',
  'decimal:8',
  'e9m30; mode=nearest-away',
];

async function run(
  options: RandomDecoderOptions,
  policy: string,
  Interpreter: typeof SoftfloatArithmetic,
  side: 'left' | 'right' = 'left',
) {
  const model = randomDecoder({ ...base, ...options });
  const { specFor } = parsePolicy(policy, siteNames(model.config));
  return allTaps(model, tokens, new Interpreter(policy, specFor), { side, token: 3 });
}

describe('a decoder has the same bits in kernels and in the scalar oracle', () => {
  for (const [name, options] of decoders) {
    it.each(policies)(`${name}: %s`, async (policy) => {
      const fast = await run(options, policy, CpuArithmetic);
      const slow = await run(options, policy, SoftfloatArithmetic);
      expect([...fast.keys()]).toEqual([...slow.keys()]);
      for (const [tap, { shape, data }] of slow) {
        const other = fast.get(tap) as Tensor;
        expect(other.shape).toEqual(shape);
        expect(firstDifference(data, other.data), tap).toBe(-1);
      }
    });
  }
});

describe('sequences with the same positions', () => {
  it.each(['bf16', 'fp32; mode=up'])('share rotary tables: %s', async (policy) => {
    const options = decoders[2][1];
    const fast = await run(options, policy, CpuArithmetic, 'right');
    const slow = await run(options, policy, SoftfloatArithmetic, 'right');
    for (const [tap, { data }] of slow) expect(firstDifference(data, (fast.get(tap) as Tensor).data), tap).toBe(-1);
  });
});

describe('taps', () => {
  it.each(decoders)('%s: the program computes them in the declared order and shapes', async (_, options) => {
    const { config } = randomDecoder({ ...base, ...options });
    const taps = await run(options, 'bf16', CpuArithmetic);
    expect([...taps].map(([tap, { shape }]) => ({ tap, shape }))).toEqual(tapShapes(config, 2, 9));
    expect(halfBlocks(config).every(({ name }) => taps.has(name))).toBe(true);
  });
  it('a post-norm decoder has no norm before its first block', () => {
    const { config } = randomDecoder({ ...base, normPlacement: 'post' });
    const names = siteNames(config);
    expect(names).not.toContain('layers.0.input_norm');
    expect(names).toContain('layers.1.input_norm');
  });
  it('know their layer', () => {
    expect(layerOf('layers.12.mlp_act')).toBe(12);
    expect(layerOf('final_norm')).toBeNull();
  });
});

describe('batches', () => {
  it('pad to the longest', () => {
    const right = batchOf([[1, 2, 3], [4]], { token: 9 });
    expect(right.tokens).toEqual([
      [1, 2, 3],
      [4, 9, 9],
    ]);
    expect(right.spans[1]).toEqual({ start: 0, end: 1 });
    const left = batchOf([[1, 2, 3], [4]], { side: 'left', token: 9 });
    expect(left.tokens[1]).toEqual([9, 9, 4]);
    expect(positionsOf(left)).toEqual([
      [0, 1, 2],
      [0, 0, 0],
    ]);
    // Queries 0 and 1 of the second sequence are padding and see nothing; query 2 sees itself.
    expect(Array.from(left.mask.from.slice(3))).toEqual([2, 2, 2]);
    expect(Array.from(left.mask.to.slice(3))).toEqual([1, 2, 3]);
    expect(batchOf([[1, 2]], { token: 0 }).pad).toBeNull();
  });
});

describe('an interpreter with attention of its own', () => {
  class Whole extends CpuArithmetic {
    calls = 0;
    attention(...[sites, query, key, value, scale, mask]: Parameters<NonNullable<Arithmetic<Value>['attention']>>) {
      this.calls++;
      const scores = this.scores(sites.scores, query, key, scale, mask);
      const probs = this.softmax(sites.probs, scores, mask);
      return { scores, probs, context: this.matmul(sites.context, probs, value, { mask }) };
    }
  }
  const model = randomDecoder({ ...base });
  const { specFor } = parsePolicy('bf16', siteNames(model.config));

  it('is asked once a layer, and its results are the taps', async () => {
    const whole = new Whole('whole', specFor);
    const taps = await allTaps(model, tokens, whole, { token: 3 });
    const expected = await allTaps(model, tokens, new CpuArithmetic('cpu', specFor), { token: 3 });
    expect(whole.calls).toBe(base.layers);
    expect([...taps]).toEqual([...expected]);
  });

  it.each(['scores', 'probs'])('gives way behind %s that a tap replaces', async (name) => {
    const loaded = await loadedDecoder(model);
    const run = (A: CpuArithmetic) => {
      const taps = new Map<string, Tensor>();
      forward(loaded, A, batchOf(tokens, { token: 3 }), (tap, value) => {
        const replaced = tap.endsWith(name) ? { ...value, data: Float32Array.from(value.data, (x) => x / 2) } : value;
        taps.set(tap, A.lower(replaced));
        return replaced;
      });
      return [...taps];
    };
    expect(run(new Whole('whole', specFor))).toEqual(run(new CpuArithmetic('cpu', specFor)));
  });
});
