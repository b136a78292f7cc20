/**
 * A decoder with seeded random parameters, the same numbers on every machine, made one layer at a time.
 *
 * Every tensor's numbers depend on the seed, its name and its own shape's row-major index alone, whatever the other
 * options are; the names are the same for all decoders:
 * `model.embed_tokens`, `model.embed_positions`, `model.layers.{i}.self_attn.` + `q_proj`, `k_proj`, `v_proj`,
 * `o_proj`, `model.layers.{i}.mlp.` + `up_proj`, `gate_proj`, `down_proj`, with `.weight` ([out, in]) or `.bias`.
 */
import { InputError } from '../../formats/index.ts';
import { sizeOf, type Tensor } from '../../tensor/tensor.ts';
import type { DecoderConfig } from '../config.ts';
import type { DecoderSource, Layer, Linear, Norm } from '../decoder-source.ts';
import { normalNumbers } from './normal.ts';
import { type RandomDecoderOptions, type ResolvedOptions, resolveOptions } from './options.ts';

export type { RandomDecoderOptions } from './options.ts';

/**
 * A random decoder; without options GPT-2's style at a small size: 6 layers, width 128, 4 heads, 128 positions, a
 * vocabulary of 512. Its head is tied to the token embedding.
 * @throws InputError naming the option that is unknown or outside its range.
 *
 * @example
 * const decoder = randomDecoder({ seed: 7, layers: 2, norm: 'rmsNorm', positionEncoding: 'rotary', gated: true });
 */
export function randomDecoder(options: RandomDecoderOptions = {}): DecoderSource {
  const o = resolveOptions(options);
  const config = configOf(o);
  const { width, mlpWidth } = config;
  const keyWidth = config.kvHeads * config.headWidth;
  const { weight, residual } = deviationsOf(o);
  const embeddings = o.standardDeviation * o.embeddingScale;

  const normal = (name: string, shape: readonly number[], deviation: number): Tensor => ({
    shape,
    data: normalNumbers(sizeOf(shape), name, o.seed, deviation),
  });
  const constant = (length: number, value: number): Tensor => ({
    shape: [length],
    data: new Float32Array(length).fill(value),
  });
  const norm = (): Norm => ({
    gamma: constant(width, 1),
    ...(o.norm === 'layerNorm' && { beta: constant(width, 0) }),
  });
  const linear = (name: string, from: number, to: number, deviation: number): Linear => ({
    weight: normal(`${name}.weight`, [to, from], deviation),
    layout: 'out-in',
    ...(o.biases === 'zero' && { bias: constant(to, 0) }),
    ...(o.biases === 'normal' && { bias: normal(`${name}.bias`, [to], o.standardDeviation) }),
  });
  // The embedding is the head too: what takes longest to make is made once.
  let embedded: Tensor | undefined;
  const tokens = (): Tensor => {
    embedded ??= normal('model.embed_tokens.weight', [o.vocabulary, width], embeddings);
    return embedded;
  };

  return {
    config,
    parameters: countParameters(o, config),
    description: `random(seed ${o.seed})`,
    unusedTensors: [],
    fileHashes: async () => ({}),
    embedding: async () => ({
      token: tokens(),
      ...(o.positionEncoding === 'learned' && {
        position: normal('model.embed_positions.weight', [o.positions, width], embeddings),
      }),
    }),
    async layer(index): Promise<Layer> {
      if (!Number.isInteger(index) || index < 0 || index >= o.layers) {
        throw new InputError(`random decoder: expected a layer from 0 to ${o.layers - 1}, got ${index}`);
      }
      const attention = `model.layers.${index}.self_attn`;
      const mlp = `model.layers.${index}.mlp`;
      return {
        ...((o.normPlacement === 'pre' || index > 0) && { inputNorm: norm() }),
        query: linear(`${attention}.q_proj`, width, width, o.queryKeyGain * weight(width)),
        key: linear(`${attention}.k_proj`, width, keyWidth, o.queryKeyGain * weight(width)),
        value: linear(`${attention}.v_proj`, width, keyWidth, weight(width)),
        attentionOutput: linear(`${attention}.o_proj`, width, width, residual(width)),
        postNorm: norm(),
        up: linear(`${mlp}.up_proj`, width, mlpWidth, weight(width)),
        ...(o.gated && { gate: linear(`${mlp}.gate_proj`, width, mlpWidth, weight(width)) }),
        down: linear(`${mlp}.down_proj`, mlpWidth, width, residual(mlpWidth)),
      };
    },
    head: async () => ({ finalNorm: norm(), output: { weight: tokens(), layout: 'out-in' } }),
  };
}

/** Standard deviations of weights by their number of inputs: of all, and of those that write to the residual stream. */
function deviationsOf({ initialisation, standardDeviation, layers }: ResolvedOptions) {
  const weight = (inputs: number): number => (initialisation === 'fan-in' ? 1 / Math.sqrt(inputs) : standardDeviation);
  const branches = initialisation === 'normal' ? 1 : Math.sqrt(2 * layers);
  return { weight, residual: (inputs: number): number => weight(inputs) / branches };
}

function configOf(o: ResolvedOptions): DecoderConfig {
  return {
    family: 'random',
    layers: o.layers,
    width: o.width,
    heads: o.heads,
    kvHeads: o.kvHeads,
    headWidth: o.width / o.heads,
    mlpWidth: o.mlpWidth,
    vocabulary: o.vocabulary,
    positions: o.positions,
    norm: o.norm,
    normEpsilon: o.normEpsilon,
    normPlacement: o.normPlacement,
    activation: o.activation,
    gated: o.gated,
    positionEncoding: o.positionEncoding,
    rotaryBase: o.rotaryBase,
  };
}

/** Norms: one before each half block or after it (the first block's input has none when they come after), one last. */
function countParameters(o: ResolvedOptions, config: DecoderConfig): number {
  const { width, mlpWidth, layers } = config;
  const keyWidth = config.kvHeads * config.headWidth;
  const outputs = width + 2 * keyWidth + width + mlpWidth * (o.gated ? 2 : 1) + width;
  const weights = 2 * width * (width + keyWidth) + width * mlpWidth * (o.gated ? 3 : 2);
  const norms = (2 * layers + (o.normPlacement === 'pre' ? 1 : 0)) * width * (o.norm === 'layerNorm' ? 2 : 1);
  const rows = o.vocabulary + (o.positionEncoding === 'learned' ? o.positions : 0);
  return rows * width + layers * (weights + (o.biases === 'none' ? 0 : outputs)) + norms;
}
