/** Random decoders of all kinds, and two sequences of unequal length. */
import type { RandomDecoderOptions } from '../../../src/model/random/random-decoder.ts';

const small = {
  ...{ layers: 2, width: 16, heads: 4, mlpWidth: 24, vocabulary: 11, positions: 8, seed: 5 },
  biases: 'normal',
} as const;

export const decoders: Readonly<Record<string, RandomDecoderOptions>> = {
  'GPT-2': small,
  LLaMA: {
    ...{ ...small, norm: 'rmsNorm', activation: 'silu', gated: true, positionEncoding: 'rotary', kvHeads: 2 },
    ...{ biases: 'none', standardDeviation: 0.3 },
  },
  'post-norm, erf': { ...small, normPlacement: 'post', activation: 'gelu-erf', layers: 2 },
  relu: { ...small, activation: 'relu', layers: 1 },
};

export const tokens = [
  [3, 1, 4, 1, 5, 9],
  [2, 7, 1],
];
