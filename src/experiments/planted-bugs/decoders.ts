/** The decoders and policies of the study. */
import type { RandomDecoderOptions } from '../../model/random/options.ts';

export const policies = [
  'fp32',
  'bf16; product=exact, accumulate=fp32, bias=fused',
  'fp16; accumulate=fp32',
  'autocast(bf16)',
] as const;

export const decoderNames = ['GPT-2', 'LLaMA', 'post-norm relu'] as const;
export type DecoderName = (typeof decoderNames)[number];

const shapes: Readonly<Record<DecoderName, RandomDecoderOptions>> = {
  'GPT-2': {},
  LLaMA: { norm: 'rmsNorm', activation: 'silu', gated: true, positionEncoding: 'rotary', kvHeads: 2, biases: 'none' },
  'post-norm relu': { normPlacement: 'post', activation: 'relu' },
};

export function decoderOf(name: DecoderName, seed: number, tokens: number): RandomDecoderOptions {
  return {
    ...{ layers: 2, width: 32, heads: 4, mlpWidth: 64, vocabulary: 64, positions: 2 * tokens },
    // Attention that is neither uniform nor a sink.
    ...{ initialisation: 'fan-in', standardDeviation: 1, queryKeyGain: 2, biases: 'normal' },
    ...shapes[name],
    seed,
  };
}
