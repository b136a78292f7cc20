/** GPT-2 as Hugging Face stores it: pre-norm, LayerNorm, learned positions, weights [in, out], c_attn = q, k, v. */
import { z } from 'zod';
import { InputError } from '../../formats/index.ts';
import type { DecoderConfig } from '../config.ts';
import type { Linear, Norm } from '../decoder-source.ts';
import { checkKeys } from './config-keys.ts';
import { activation, count, epsilon, flag, readValues, specialTokens, tokenId } from './config-values.ts';
import type { Blueprint, Family } from './family.ts';
import type { Parameters } from './parameters.ts';

/** What is absent has the default of Hugging Face's GPT2Config, except for the dimensions, which must be there. */
const schema = z.object({
  n_layer: count,
  n_head: count,
  n_embd: count,
  n_positions: count,
  vocab_size: count,
  n_inner: count.nullish(),
  layer_norm_epsilon: epsilon.default(1e-5),
  activation_function: activation({
    gelu_new: 'gelu-tanh',
    gelu_pytorch_tanh: 'gelu-tanh',
    gelu: 'gelu-erf',
    relu: 'relu',
  }).default('gelu-tanh'),
  tie_word_embeddings: flag.default(true),
  bos_token_id: tokenId,
  eos_token_id: tokenId,
  pad_token_id: tokenId,
});

const IMPLEMENTED: ReadonlySet<string> = new Set(Object.keys(schema.shape));

export const gpt2: Family = {
  modelType: 'gpt2',
  architecture: 'GPT2LMHeadModel',
  prefix: 'transformer.',
  anchor: 'wte.weight',
  block: /^h\.(\d+)\./,
  buffers: /^h\.\d+\.attn\.(bias|masked_bias)$/,
  describe(raw, where) {
    const values = readValues(schema, raw, where);
    checkKeys(raw, IMPLEMENTED, values.n_positions, where);
    const { n_embd: width, n_head: heads } = values;
    if (width % heads !== 0) {
      throw new InputError(`${where}: n_embd: expected a multiple of n_head (${heads}), got ${width}`);
    }
    return blueprint(
      {
        family: 'gpt2',
        layers: values.n_layer,
        width,
        heads,
        kvHeads: heads,
        headWidth: width / heads,
        mlpWidth: values.n_inner ?? 4 * width,
        vocabulary: values.vocab_size,
        positions: values.n_positions,
        norm: 'layerNorm',
        normEpsilon: values.layer_norm_epsilon,
        normPlacement: 'pre',
        activation: values.activation_function,
        gated: false,
        positionEncoding: 'learned',
        rotaryBase: 10_000,
        ...specialTokens(values, values.vocab_size),
      },
      values.tie_word_embeddings,
    );
  },
};

function blueprint(config: DecoderConfig, tied: boolean): Blueprint {
  const { width, mlpWidth, vocabulary, positions } = config;
  const norm = async (p: Parameters, name: string): Promise<Norm> => ({
    gamma: await p.tensor(`${name}.weight`, [width]),
    beta: await p.tensor(`${name}.bias`, [width]),
  });
  const linear = async (p: Parameters, name: string, from: number, to: number): Promise<Linear> => ({
    weight: await p.tensor(`${name}.weight`, [from, to]),
    layout: 'in-out',
    bias: await p.tensor(`${name}.bias`, [to]),
  });
  return {
    config,
    tied,
    embedding: async (p, prefix) => ({
      token: await p.tensor(`${prefix}wte.weight`, [vocabulary, width]),
      position: await p.tensor(`${prefix}wpe.weight`, [positions, width]),
    }),
    async layer(p, prefix, index) {
      const block = `${prefix}h.${index}`;
      const inputNorm = await norm(p, `${block}.ln_1`);
      const weights = await p.columns(`${block}.attn.c_attn.weight`, [width], [width, width, width]);
      const biases = await p.columns(`${block}.attn.c_attn.bias`, [], [width, width, width]);
      const [query, key, value] = weights.map((weight, i): Linear => ({ weight, layout: 'in-out', bias: biases[i] }));
      return {
        inputNorm,
        query,
        key,
        value,
        attentionOutput: await linear(p, `${block}.attn.c_proj`, width, width),
        postNorm: await norm(p, `${block}.ln_2`),
        up: await linear(p, `${block}.mlp.c_fc`, width, mlpWidth),
        down: await linear(p, `${block}.mlp.c_proj`, mlpWidth, width),
      };
    },
    head: async (p, prefix) => ({
      finalNorm: await norm(p, `${prefix}ln_f`),
      output: {
        weight: await p.tensor(tied ? `${prefix}wte.weight` : 'lm_head.weight', [vocabulary, width]),
        layout: 'out-in',
      },
    }),
  };
}
