/** LLaMA as Hugging Face stores it: pre-norm, RMSNorm, rotary embedding, grouped queries, gated SiLU, weights [out, in]. */
import { z } from 'zod';
import { InputError } from '../../formats/index.ts';
import type { DecoderConfig } from '../config.ts';
import type { Linear, Norm } from '../decoder-source.ts';
import { checkKeys } from './config-keys.ts';
import { activation, count, epsilon, flag, positive, readValues, specialTokens, tokenId } from './config-values.ts';
import type { Blueprint, Family } from './family.ts';
import type { Parameters } from './parameters.ts';

/** How newer files state the rotary embedding; any scaling in it is refused. */
const ropeParameters = z
  .strictObject(
    {
      rope_type: z.literal('default', { error: "'default' (no other is implemented)" }).nullish(),
      rope_theta: positive,
    },
    { error: 'an object of rope_theta and rope_type alone (no scaling is implemented)' },
  )
  .nullish();

/** What is absent has the default of Hugging Face's LlamaConfig, except for the dimensions, which must be there. */
const schema = z.object({
  num_hidden_layers: count,
  num_attention_heads: count,
  num_key_value_heads: count.nullish(),
  hidden_size: count,
  head_dim: count.nullish(),
  intermediate_size: count,
  max_position_embeddings: count,
  vocab_size: count,
  rms_norm_eps: epsilon.default(1e-6),
  rope_theta: positive.nullish(),
  rope_parameters: ropeParameters,
  hidden_act: activation({ silu: 'silu', swish: 'silu' }).default('silu'),
  attention_bias: flag.nullish(),
  mlp_bias: flag.nullish(),
  tie_word_embeddings: flag.default(false),
  bos_token_id: tokenId,
  eos_token_id: tokenId,
  pad_token_id: tokenId,
});

const IMPLEMENTED: ReadonlySet<string> = new Set(Object.keys(schema.shape));

export const llama: Family = {
  modelType: 'llama',
  architecture: 'LlamaForCausalLM',
  prefix: 'model.',
  anchor: 'embed_tokens.weight',
  block: /^layers\.(\d+)\./,
  buffers: /^(layers\.\d+\.self_attn\.)?rotary_emb\.inv_freq$/,
  describe(raw, where) {
    const values = readValues(schema, raw, where);
    checkKeys(raw, IMPLEMENTED, values.max_position_embeddings, where);
    const { hidden_size: width, num_attention_heads: heads } = values;
    const kvHeads = values.num_key_value_heads ?? heads;
    if (heads % kvHeads !== 0) {
      throw new InputError(
        `${where}: num_key_value_heads: expected a divisor of num_attention_heads (${heads}), got ${kvHeads}`,
      );
    }
    const headWidth = values.head_dim ?? width / heads;
    if (!Number.isInteger(headWidth)) {
      throw new InputError(
        `${where}: hidden_size: expected a multiple of num_attention_heads (${heads}), got ${width}`,
      );
    }
    if (headWidth % 2 !== 0) {
      throw new InputError(
        `${where}: expected heads of even width, which the rotary embedding needs, got ${headWidth} for each of ${heads} heads`,
      );
    }
    const fromParameters = values.rope_parameters?.rope_theta;
    const rotaryBase = values.rope_theta ?? fromParameters ?? 10_000;
    if (fromParameters !== undefined && fromParameters !== rotaryBase) {
      throw new InputError(
        `${where}: rope_theta: expected ${fromParameters} as in rope_parameters, got ${rotaryBase}; remove the wrong one`,
      );
    }
    return blueprint(
      {
        family: 'llama',
        layers: values.num_hidden_layers,
        width,
        heads,
        kvHeads,
        headWidth,
        mlpWidth: values.intermediate_size,
        vocabulary: values.vocab_size,
        positions: values.max_position_embeddings,
        norm: 'rmsNorm',
        normEpsilon: values.rms_norm_eps,
        normPlacement: 'pre',
        activation: values.hidden_act,
        gated: true,
        positionEncoding: 'rotary',
        rotaryBase,
        ...specialTokens(values, values.vocab_size),
      },
      values.tie_word_embeddings,
      { attention: values.attention_bias ?? false, mlp: values.mlp_bias ?? false },
    );
  },
};

function blueprint(config: DecoderConfig, tied: boolean, biases: { attention: boolean; mlp: boolean }): Blueprint {
  const { width, mlpWidth, vocabulary } = config;
  const queryWidth = config.heads * config.headWidth;
  const keyWidth = config.kvHeads * config.headWidth;
  const norm = async (p: Parameters, name: string): Promise<Norm> => ({
    gamma: await p.tensor(`${name}.weight`, [width]),
  });
  const linear = async (p: Parameters, name: string, from: number, to: number, bias: boolean): Promise<Linear> => ({
    weight: await p.tensor(`${name}.weight`, [to, from]),
    layout: 'out-in',
    ...(bias && { bias: await p.tensor(`${name}.bias`, [to]) }),
  });
  return {
    config,
    tied,
    embedding: async (p, prefix) => ({ token: await p.tensor(`${prefix}embed_tokens.weight`, [vocabulary, width]) }),
    async layer(p, prefix, index) {
      const block = `${prefix}layers.${index}`;
      const attention = `${block}.self_attn`;
      return {
        inputNorm: await norm(p, `${block}.input_layernorm`),
        query: await linear(p, `${attention}.q_proj`, width, queryWidth, biases.attention),
        key: await linear(p, `${attention}.k_proj`, width, keyWidth, biases.attention),
        value: await linear(p, `${attention}.v_proj`, width, keyWidth, biases.attention),
        attentionOutput: await linear(p, `${attention}.o_proj`, queryWidth, width, biases.attention),
        postNorm: await norm(p, `${block}.post_attention_layernorm`),
        up: await linear(p, `${block}.mlp.up_proj`, width, mlpWidth, biases.mlp),
        gate: await linear(p, `${block}.mlp.gate_proj`, width, mlpWidth, biases.mlp),
        down: await linear(p, `${block}.mlp.down_proj`, mlpWidth, width, biases.mlp),
      };
    },
    head: async (p, prefix) => ({
      finalNorm: await norm(p, `${prefix}norm`),
      output: {
        weight: await p.tensor(tied ? `${prefix}embed_tokens.weight` : 'lm_head.weight', [vocabulary, width]),
        layout: 'out-in',
      },
    }),
  };
}
