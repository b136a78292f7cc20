/** The names and shapes of everything a decoder computes, in program order. A site is a tap's name. */
import type { DecoderConfig } from '../config.ts';

export interface TapShape {
  readonly tap: string;
  readonly shape: number[];
}

/** A half block: attention or MLP with its norm and residual add. It ends at the tap `name`. */
export interface HalfBlock {
  readonly layer: number;
  readonly kind: 'attention' | 'mlp';
  readonly name: string;
}

export function layerPrefix(layer: number): string {
  return `layers.${layer}.`;
}

/** Whether block `layer` begins with a norm: all do, but for the first of a post-norm decoder. */
export function hasInputNorm(config: DecoderConfig, layer: number): boolean {
  return config.normPlacement === 'pre' || layer > 0;
}

/** Every tap of a batch of `batch` sequences of `tokens` tokens. */
export function tapShapes(config: DecoderConfig, batch: number, tokens: number): TapShape[] {
  const { heads, kvHeads, headWidth, width, mlpWidth } = config;
  const features = (n: number): number[] => [batch, tokens, n];
  const perHead = (h: number, n: number): number[] => [batch, h, tokens, n];
  const taps: TapShape[] = [{ tap: 'embed', shape: features(width) }];
  for (let layer = 0; layer < config.layers; layer++) {
    const add = (name: string, shape: number[]) => taps.push({ tap: layerPrefix(layer) + name, shape });
    if (hasInputNorm(config, layer)) add('input_norm', features(width));
    add('query', perHead(heads, headWidth));
    add('key', perHead(kvHeads, headWidth));
    add('value', perHead(kvHeads, headWidth));
    add('scores', perHead(heads, tokens));
    add('probs', perHead(heads, tokens));
    add('context', features(heads * headWidth));
    add('attn_out', features(width));
    add('attn_residual', features(width));
    add('post_norm', features(width));
    if (config.gated) add('mlp_gate', features(mlpWidth));
    add('mlp_up', features(mlpWidth));
    add('mlp_act', features(mlpWidth));
    add('mlp_out', features(width));
    add('mlp_residual', features(width));
  }
  taps.push({ tap: 'final_norm', shape: features(width) });
  taps.push({ tap: 'logits', shape: features(config.vocabulary) });
  return taps;
}

/** The names of all sites of a decoder. */
export function siteNames(config: DecoderConfig): string[] {
  return tapShapes(config, 1, 1).map(({ tap }) => tap);
}

/** The half blocks in order, 2 a layer. */
export function halfBlocks(config: DecoderConfig): HalfBlock[] {
  return Array.from({ length: config.layers }, (_, layer): HalfBlock[] => [
    { layer, kind: 'attention', name: `${layerPrefix(layer)}attn_residual` },
    { layer, kind: 'mlp', name: `${layerPrefix(layer)}mlp_residual` },
  ]).flat();
}

/** The block a tap is in; null for `embed`, `final_norm` and `logits`. */
export function layerOf(tap: string): number | null {
  const match = /^layers\.(\d+)\./.exec(tap);
  return match === null ? null : Number(match[1]);
}
