/**
 * Attention in one kernel: scores, probabilities and context bit by bit as the scalar interpreter and the CPU backend have them,
 * and as composed on the device, under policies with a spec for each site.
 */
import { describe, expect, it } from 'vitest';
import type { Arithmetic, Attention } from '../../../src/arithmetic/arithmetic.ts';
import { matmulShape } from '../../../src/arithmetic/axes.ts';
import { type RoundedTensor, SoftfloatArithmetic } from '../../../src/arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../../src/backends/cpu/cpu-arithmetic.ts';
import type { GpuInfo } from '../../../src/backends/webgpu/device.ts';
import { GpuArithmetic } from '../../../src/backends/webgpu/gpu-arithmetic.ts';
import { hasBindings, isQuicker } from '../../../src/backends/webgpu/gpu-attention.ts';
import type { Composites } from '../../../src/backends/webgpu/gpu-fused.ts';
import type { GpuTensor } from '../../../src/backends/webgpu/gpu-tensor.ts';
import { GpuSite } from '../../../src/backends/webgpu/site.ts';
import { sqrtOfRatio } from '../../../src/softfloat/real.ts';
import { causalMask, type KeyMask, parsePolicy, parseSpec } from '../../../src/tensor/index.ts';
import { coveringArray } from '../../support/covering-array.ts';
import { gpu, needsGpu } from '../../support/gpu.ts';
import { expectSame, lifted, TRUSTED, value } from './values.ts';

const sites = { scores: 'layers.0.scores', probs: 'layers.0.probs', context: 'layers.0.context' };
const scale = { shape: [], reals: [sqrtOfRatio(1n, 6n)] };

interface Operands<V> {
  readonly query: V;
  readonly key: V;
  readonly value: V;
}

/** The three operations one by one, as the decoder's program has them. */
function composed<V>(A: Arithmetic<V>, { query, key, value: values }: Operands<V>, mask: KeyMask): Attention<V> {
  const scores = A.scores(sites.scores, query, key, scale, mask);
  const probs = A.softmax(sites.probs, scores, mask);
  return { scores, probs, context: A.matmul(sites.context, probs, values, { mask }) };
}

const device = (text: string, composites: Composites) =>
  new GpuArithmetic(text, parsePolicy(text, Object.values(sites)).specFor, gpu!, TRUSTED, composites);

/** Queries see what causal attention shows them; of the short sequences' ones, padded on the left, some see nothing. */
const masks = {
  causal: causalMask(
    [
      { start: 0, end: 9 },
      { start: 0, end: 9 },
    ],
    9,
  ),
  padded: causalMask(
    [
      { start: 4, end: 9 },
      { start: 0, end: 5 },
    ],
    9,
  ),
  /** One query of each sequence, as in generation. */
  last: causalMask(
    [
      { start: 0, end: 9 },
      { start: 2, end: 9 },
    ],
    1,
    6,
    9,
  ),
} as const;

function onDevice(A: GpuArithmetic, { query, key, value: values }: Operands<RoundedTensor>): Operands<GpuTensor> {
  return { query: lifted(A, query), key: lifted(A, key), value: lifted(A, values) };
}

/**
 * A device in software takes seconds to compile a kernel, whose text depends on the families of the orders, on what products
 * are, on whether there are random words, and on whether the context rounds probabilities. So each list has one kernel; formats,
 * modes, options and the rest are numbers to it.
 */
const kernels = {
  'chunks, rounded products, probabilities rounded': {
    base: ['bf16', 'fp16; *scores: fp32; *probs: bf16', 'fp32; *context: e4m3', 'e4m3; *probs: fp32', 'e7m16'],
    order: ['sequential', 'reversed', 'blocked(4)', 'splitk(3)', 'sequential; *scores: order=reversed'],
    mode: ['nearest-even', 'nearest-away', 'toward-zero', 'down', 'up', 'odd', 'nearest-even; *probs: mode=up'],
    options: [
      'overflow=saturate',
      'subnormals=flush',
      'overflow=saturate, subnormals=flush, kernels=blocked(3)/splitk(2)/reversed',
    ],
  },
  'lanes and compensated sums, fma, as autocast has them': {
    base: ['autocast(bf16)', 'autocast(fp16)', 'autocast(e4m3)'],
    order: ['lanes(3); *probs: order=kahan; *context: order=splitk(4), fma=on'],
    mode: ['nearest-even', 'down', 'odd; *probs: mode=nearest-away'],
    options: ['overflow=inf', 'subnormals=flush'],
  },
  'random words': {
    base: ['bf16', 'fp16', 'fp32', 'e4m3'],
    order: ['pairwise; *probs: order=lanes(2); *context: order=kahan'],
    mode: ['stochastic', 'stochastic; *scores: mode=nearest-even', 'stochastic; *context: mode=down'],
    options: ['overflow=inf'],
  },
} as const;

describe.skipIf(gpu === undefined)(needsGpu('attention in one kernel'), () => {
  it.each(Object.entries(kernels))('%s', async (title, factors) => {
    const rows = coveringArray(
      {
        ...(factors as Readonly<Record<keyof typeof factors, readonly string[]>>),
        softmax: ['shifted', 'unshifted'],
        mask: ['causal', 'padded', 'last'],
        kvHeads: [1, 2],
        kind: ['ordinary', 'raw', 'tiny'],
      },
      11,
    );
    for (const [seed, { base, order, mode, options, softmax, mask: shown, kvHeads, kind }] of rows.entries()) {
      const text = `${base}; order=${order}; mode=${mode}; softmax=${softmax}, seed=${seed}; ${options}`;
      const { specFor } = parsePolicy(text, Object.values(sites));
      const one = device(text, 'fused');
      const others = [new CpuArithmetic(text, specFor), ...(seed === 0 ? [device(text, 'composed')] : [])];
      const scalar = new SoftfloatArithmetic(text, specFor);
      const mask = masks[shown];
      const { out } = specFor(sites.scores);
      // The second time, random words are those behind the first.
      for (const turn of [0, 1]) {
        const label = `${title}: ${text}, ${shown}, ${kvHeads}, ${kind}, ${turn}`;
        const operands: Operands<RoundedTensor> = {
          query: value(kind, seed, [2, 2, mask.queries, 6], out),
          key: value(kind, seed + 100 + turn, [2, kvHeads, 9, 6], out),
          value: value(kind, seed + 200, [2, kvHeads, 9, 5], turn === 0 ? out : undefined),
        };
        const { query, key, value: values } = onDevice(one, operands);
        const whole = one.attention(sites, query, key, values, scale, mask)!;
        const expected = composed(scalar, operands, mask);
        const rest = others.map((A) => ({
          A: A as Arithmetic<unknown>,
          taps: composed(A as Arithmetic<unknown>, A instanceof GpuArithmetic ? onDevice(A, operands) : operands, mask),
        }));
        for (const tap of ['scores', 'probs', 'context'] as const) {
          const right = expected[tap] as RoundedTensor;
          expectSame(`${label}: ${tap}`, await one.lower(whole[tap]), right);
          expect(whole[tap].format?.name, `${label}: ${tap}`).toBe(right.format?.name);
          for (const { A, taps } of rest) expectSame(`${label}: ${tap}, composed`, await A.lower(taps[tap]), right);
        }
      }
    }
  });
});

describe('one kernel', () => {
  const chosen = (text: string, { tokens = 256, software = false } = {}): boolean => {
    const site = new GpuSite('s', parseSpec(text), TRUSTED);
    const scores = matmulShape([1, 2, tokens, 16], [1, 1, tokens, 16], true);
    const context = matmulShape(scores.shape, [1, 1, tokens, 16], false);
    return isQuicker({ info: { software } as GpuInfo }, { scores: site, context: site }, scores, context);
  };
  it.each(['bf16', 'fp32', 'bf16; mode=up, subnormals=flush', 'bf16; product=exact, accumulate=fp32'])(
    'is not chosen where products run on float32 hardware: %s',
    (text) => {
      expect(chosen(text)).toBe(false);
    },
  );
  it.each(['fp32; mode=up', 'bf16; mode=stochastic', 'e7m16'])(
    'is chosen where they are summed in integers, on a device in software if there are many: %s',
    (text) => {
      expect(chosen(text)).toBe(true);
      expect(chosen(text, { software: true })).toBe(true);
      expect(chosen(text, { software: true, tokens: 64 })).toBe(false);
    },
  );
  it('needs nine storage buffers', () => {
    const withBuffers = (maxStorageBuffersPerShaderStage: number) =>
      hasBindings({ limits: { maxStorageBuffersPerShaderStage } as GPUSupportedLimits });
    expect([8, 9].map(withBuffers)).toEqual([false, true]);
  });
});
