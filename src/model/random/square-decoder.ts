/**
 * Decoders of one head whose matrices are all width × width, as in the experiments of arXiv 2503.10251 v1: attention without
 * an output matrix (here the identity, which rounds nothing), a two-layer ReLU MLP, norms without ε, no biases, and as many
 * tokens as there are entries in a vector. Numbers have addresses like those of random-decoder.ts.
 */
import { InputError } from '../../formats/index.ts';
import { type Numbers, sizeOf, type Tensor } from '../../tensor/tensor.ts';
import type { DecoderConfig } from '../config.ts';
import type { DecoderSource, Layer, Linear, Norm } from '../decoder-source.ts';
import { normalNumbers } from './normal.ts';
import { withSpectrum } from './orthogonal.ts';
import { uniformNumbers } from './uniform.ts';

/**
 * W_k and W_q of each layer. `diagonal`: N(0, 1), then each column times a number uniform in [1/spread, spread].
 * `spectrum`: singular values from `largest` down to largest/condition in geometric steps, vectors uniformly random.
 */
export type QueryKeyWeights =
  | { readonly kind: 'diagonal'; readonly spread: number }
  | { readonly kind: 'spectrum'; readonly largest: number; readonly condition: number };

export interface SquareDecoderOptions {
  readonly seed: number;
  readonly layers: number;
  /** Entries of a vector, rows of every matrix, and tokens. */
  readonly width: number;
  readonly norm: DecoderConfig['norm'];
  readonly normPlacement: DecoderConfig['normPlacement'];
  readonly queryKey: QueryKeyWeights;
  /** Standard deviations: of the value matrix, of both matrices of the MLP, and of the input. */
  readonly value: number;
  readonly mlp: number;
  readonly input: number;
}

/** @throws InputError where the width or the number of layers is none */
export function squareDecoder(options: SquareDecoderOptions): DecoderSource {
  const { seed, layers, width, norm: kind, normPlacement, queryKey } = options;
  for (const [name, n] of Object.entries({ layers, width })) {
    if (!Number.isInteger(n) || n < 1 || n > 4096) {
      throw new InputError(`square decoder: ${name}: expected an integer from 1 to 4096, got ${n}`);
    }
  }
  const shape = [width, width];
  const linear = (data: Numbers): Linear => ({ weight: { shape, data }, layout: 'out-in' });
  const normal = (name: string, deviation: number): Tensor => ({
    shape,
    data: normalNumbers(sizeOf(shape), name, seed, deviation),
  });
  const vector = (value: number): Tensor => ({ shape: [width], data: new Float32Array(width).fill(value) });
  const norm: Norm = { gamma: vector(1), ...(kind === 'layerNorm' && { beta: vector(0) }) };
  const identity = linear(Float32Array.from({ length: width * width }, (_, i) => (i % (width + 1) === 0 ? 1 : 0)));
  const input = normal('model.embed_tokens.weight', options.input);

  return {
    config: {
      ...{ family: 'random', layers, width, heads: 1, kvHeads: 1, headWidth: width, mlpWidth: width },
      ...{ vocabulary: width, positions: width, norm: kind, normEpsilon: 0, normPlacement },
      ...{ activation: 'relu', gated: false, positionEncoding: 'none', rotaryBase: 10_000 },
    },
    parameters: (layers * 6 + 1) * width * width,
    description: `square(seed ${seed})`,
    unusedTensors: [],
    fileHashes: async () => ({}),
    embedding: async () => ({ token: input }),
    async layer(index): Promise<Layer> {
      const prefix = `model.layers.${index}`;
      const attention = (name: string) => `${prefix}.self_attn.${name}.weight`;
      const scores = (name: string) => linear(queryKeyMatrix(queryKey, width, attention(name), seed));
      return {
        ...((normPlacement === 'pre' || index > 0) && { inputNorm: norm }),
        query: scores('q_proj'),
        key: scores('k_proj'),
        value: linear(normal(attention('v_proj'), options.value).data),
        attentionOutput: identity,
        postNorm: norm,
        up: linear(normal(`${prefix}.mlp.up_proj.weight`, options.mlp).data),
        down: linear(normal(`${prefix}.mlp.down_proj.weight`, options.mlp).data),
      };
    },
    head: async () => ({ finalNorm: norm, output: linear(input.data) }),
  };
}

function queryKeyMatrix(kind: QueryKeyWeights, width: number, name: string, seed: number): Float32Array {
  if (kind.kind === 'spectrum') return Float32Array.from(withSpectrum(width, kind, name, seed));
  const entries = normalNumbers(width * width, name, seed, 1);
  const factors = uniformNumbers(width, `${name}.diagonal`, seed, 1 / kind.spread, kind.spread);
  return entries.map((x, i) => x * factors[i % width]);
}

/**
 * Decoders of equal shapes as one, for a batch of one sequence each (arithmetic/stacked.ts): matrices are
 * [decoders, out, in], and decoder i's input is rows i·width and on of the embedding.
 */
export async function stackedLayer(decoders: readonly DecoderSource[], index: number): Promise<Layer> {
  const layers = await Promise.all(decoders.map((decoder) => decoder.layer(index)));
  const stack = (of: (layer: Layer) => Linear): Linear => stackedLinear(layers.map(of));
  const [{ inputNorm, postNorm }] = layers;
  return {
    ...(inputNorm && { inputNorm }),
    query: stack(({ query }) => query),
    key: stack(({ key }) => key),
    value: stack(({ value }) => value),
    attentionOutput: layers[0].attentionOutput,
    postNorm,
    up: stack(({ up }) => up),
    down: stack(({ down }) => down),
  };
}

function stackedLinear(layers: readonly Linear[]): Linear {
  const [{ weight, layout }] = layers;
  const size = sizeOf(weight.shape);
  const data = new Float32Array(layers.length * size);
  layers.forEach((layer, i) => {
    data.set(layer.weight.data, i * size);
  });
  return { weight: { shape: [layers.length, ...weight.shape], data }, layout };
}
