/** The products of a decoder between two taps that a trace may have recorded: what went in, with which weights, what came out. */
import type { Arithmetic, Linear } from '../../arithmetic/arithmetic.ts';
import type { DecoderConfig } from '../../model/config.ts';
import type { Head, Layer } from '../../model/decoder-source.ts';
import { hasInputNorm, layerPrefix } from '../../model/program/taps.ts';

export interface LinearSpan {
  readonly kind: 'linear';
  readonly tap: string;
  readonly input: string;
  /** The block whose parameters it reads; null for the head. */
  readonly layer: number | null;
  weights(parameters: { readonly layer?: Layer; readonly head?: Head }): Linear;
  /** Of the result [sequences, heads, tokens, d]; undefined where it is [sequences, tokens, features]. */
  readonly heads: number | undefined;
}

/** probs · value, heads merged. */
export interface ContextSpan {
  readonly kind: 'context';
  readonly tap: string;
  readonly probs: string;
  readonly value: string;
}

export type ProductSpan = LinearSpan | ContextSpan;

/** In program order. Query and key that are rotated after their projection are left out: no tap shows the product alone. */
export function productSpans(config: DecoderConfig): ProductSpan[] {
  const { heads, kvHeads, layers, gated } = config;
  const spans: ProductSpan[] = [];
  for (let layer = 0; layer < layers; layer++) {
    const site = (name: string): string => layerPrefix(layer) + name;
    // A post-norm decoder's first block has no norm before its attention.
    const attentionInput = hasInputNorm(config, layer) ? site('input_norm') : 'embed';
    const linear = (name: string, input: string, pick: (layer: Layer) => Linear, count?: number): void => {
      const weights: LinearSpan['weights'] = (parameters) => pick(parameters.layer as Layer);
      spans.push({ kind: 'linear', tap: site(name), input, layer, weights, heads: count });
    };
    if (config.positionEncoding !== 'rotary') {
      linear('query', attentionInput, (l) => l.query, heads);
      linear('key', attentionInput, (l) => l.key, kvHeads);
    }
    linear('value', attentionInput, (l) => l.value, kvHeads);
    spans.push({ kind: 'context', tap: site('context'), probs: site('probs'), value: site('value') });
    linear('attn_out', site('context'), (l) => l.attentionOutput);
    if (gated) linear('mlp_gate', site('post_norm'), (l) => l.gate as Linear);
    linear('mlp_up', site('post_norm'), (l) => l.up);
    linear('mlp_out', site('mlp_act'), (l) => l.down);
  }
  const weights: LinearSpan['weights'] = (parameters) => (parameters.head as Head).output;
  spans.push({ kind: 'linear', tap: 'logits', input: 'final_norm', layer: null, weights, heads: undefined });
  return spans;
}

/** [sequences, heads, tokens, d] to [sequences, tokens, heads·d]. */
export function mergeHeads<V>(A: Arithmetic<V>, v: V): V {
  const [sequences, heads, tokens, d] = A.shape(v);
  return A.reshape(A.permute(v, [0, 2, 1, 3]), [sequences, tokens, heads * d]);
}
