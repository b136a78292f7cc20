import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/formats/index.ts';
import { describeModel } from '../../../src/model/checkpoint/load.ts';
import { gpt2Config, llamaConfig } from './memory-folder.ts';

const configOf = (raw: object) => describeModel({ ...raw }, 'config.json').blueprint.config;

const bases: Record<string, object> = { gpt2: gpt2Config, llama: llamaConfig };

describe('what is implemented', () => {
  it('GPT-2 with the defaults of Hugging Face', () => {
    expect(configOf(gpt2Config)).toEqual({
      family: 'gpt2',
      layers: 2,
      width: 4,
      heads: 2,
      kvHeads: 2,
      headWidth: 2,
      mlpWidth: 16,
      vocabulary: 7,
      positions: 5,
      norm: 'layerNorm',
      normEpsilon: 1e-5,
      normPlacement: 'pre',
      activation: 'gelu-tanh',
      gated: false,
      positionEncoding: 'learned',
      rotaryBase: 10_000,
    });
    expect(describeModel(gpt2Config, '').blueprint.tied).toBe(true);
  });

  it('LLaMA with the defaults of Hugging Face', () => {
    expect(configOf({ ...llamaConfig, rms_norm_eps: undefined })).toEqual({
      family: 'llama',
      layers: 2,
      width: 8,
      heads: 4,
      kvHeads: 2,
      headWidth: 2,
      mlpWidth: 12,
      vocabulary: 10,
      positions: 16,
      norm: 'rmsNorm',
      normEpsilon: 1e-6,
      normPlacement: 'pre',
      activation: 'silu',
      gated: true,
      positionEncoding: 'rotary',
      rotaryBase: 10_000,
    });
    expect(describeModel(llamaConfig, '').blueprint.tied).toBe(false);
  });

  it.each<[string, object, object]>([
    ['gpt2', { n_inner: 24 }, { mlpWidth: 24 }],
    ['gpt2', { n_inner: null }, { mlpWidth: 16 }],
    ['gpt2', { activation_function: 'gelu' }, { activation: 'gelu-erf' }],
    ['gpt2', { activation_function: 'gelu_pytorch_tanh' }, { activation: 'gelu-tanh' }],
    ['gpt2', { activation_function: 'relu' }, { activation: 'relu' }],
    ['gpt2', { bos_token_id: 6, eos_token_id: [5, 6], pad_token_id: 50256 }, { bosToken: 6, eosToken: 5 }],
    ['llama', { head_dim: 6 }, { headWidth: 6, width: 8, heads: 4 }],
    ['llama', { num_key_value_heads: null }, { kvHeads: 4 }],
    ['llama', { rope_theta: 500000 }, { rotaryBase: 500000 }],
    ['llama', { rope_parameters: { rope_type: 'default', rope_theta: 2 } }, { rotaryBase: 2 }],
    ['llama', { hidden_act: 'swish' }, { activation: 'silu' }],
    ['llama', { pad_token_id: -1 }, {}],
  ])('%s with %j', (family, keys, expected) => {
    expect(configOf({ ...bases[family], ...keys })).toMatchObject(expected);
  });

  it.each<[string, object]>([
    ['gpt2', { attn_pdrop: 0.1, task_specific_params: { a: {} }, summary_type: 'cls_index', id2label: { 0: 'a' } }],
    ['gpt2', { scale_attn_weights: true, scale_attn_by_inverse_layer_idx: false, reorder_and_upcast_attn: false }],
    ['gpt2', { pruned_heads: {}, anything: null, quantization_config: null }],
    ['llama', { rope_scaling: null, sliding_window: 16, pretraining_tp: 1, torch_dtype: 'bfloat16' }],
    ['llama', { sliding_window: 4, use_sliding_window: false, layer_types: ['full_attention', 'full_attention'] }],
  ])('%s ignores %j', (family, keys) => {
    expect(configOf({ ...bases[family], ...keys })).toEqual(configOf(bases[family]));
  });
});

describe('what is refused by name', () => {
  it.each<[string, object, string]>([
    ['gpt2', { scale_attn_by_inverse_layer_idx: true }, 'scale_attn_by_inverse_layer_idx'],
    ['gpt2', { reorder_and_upcast_attn: true }, 'reorder_and_upcast_attn'],
    ['gpt2', { scale_attn_weights: false }, 'scale_attn_weights'],
    ['gpt2', { add_cross_attention: true }, 'add_cross_attention'],
    ['gpt2', { pruned_heads: { 0: [1] } }, 'pruned_heads'],
    ['gpt2', { quantization_config: { bits: 4 } }, 'quantization_config'],
    ['gpt2', { activation_function: 'quick_gelu' }, 'activation_function'],
    ['gpt2', { activation_function: 'toString' }, 'activation_function'],
    ['gpt2', { n_embd: 5 }, 'n_embd'],
    ['gpt2', { n_embd: '4' }, 'n_embd'],
    ['gpt2', { n_embd: undefined }, 'n_embd: expected an integer from 1 to 2147483647, got nothing'],
    ['gpt2', { n_layer: 0 }, 'n_layer'],
    ['gpt2', { n_layer: 1e300 }, 'n_layer'],
    ['gpt2', { layer_norm_epsilon: -1 }, 'layer_norm_epsilon'],
    ['gpt2', { tie_word_embeddings: 1 }, 'tie_word_embeddings'],
    ['gpt2', { eos_token_id: 'x' }, 'eos_token_id'],
    ['gpt2', { rope_theta: 1 }, 'rope_theta'],
    ['gpt2', { unheard_of: false }, 'unheard_of'],
    ['gpt2', { auto_map: { AutoModel: 'x' } }, 'auto_map'],
    ['llama', { rope_scaling: { type: 'linear', factor: 2 } }, 'rope_scaling'],
    ['llama', { rope_parameters: { rope_type: 'yarn', rope_theta: 1 } }, 'rope_parameters.rope_type'],
    ['llama', { rope_parameters: { rope_theta: 1, factor: 2 } }, 'rope_parameters'],
    ['llama', { rope_theta: 2, rope_parameters: { rope_theta: 1 } }, 'rope_theta'],
    ['llama', { sliding_window: 4 }, 'sliding_window'],
    ['llama', { use_sliding_window: true }, 'use_sliding_window'],
    ['llama', { layer_types: ['sliding_attention'] }, 'layer_types'],
    ['llama', { pretraining_tp: 2 }, 'pretraining_tp'],
    ['llama', { partial_rotary_factor: 0.5 }, 'partial_rotary_factor'],
    ['llama', { logit_scale: 0.1 }, 'logit_scale'],
    ['llama', { attention_multiplier: 0.1 }, 'attention_multiplier'],
    ['llama', { residual_multiplier: 0.1 }, 'residual_multiplier'],
    ['llama', { embedding_multiplier: 2 }, 'embedding_multiplier'],
    ['llama', { attn_logit_softcapping: 50 }, 'attn_logit_softcapping'],
    ['llama', { final_logit_softcapping: 30 }, 'final_logit_softcapping'],
    ['llama', { use_qk_norm: true }, 'use_qk_norm'],
    ['llama', { num_experts: 8 }, 'num_experts'],
    ['llama', { hidden_act: 'gelu' }, 'hidden_act'],
    ['llama', { num_key_value_heads: 3 }, 'num_key_value_heads'],
    ['llama', { head_dim: 3 }, 'even width'],
    ['llama', { hidden_size: 10 }, 'hidden_size'],
    ['llama', { attention_bias: 'yes' }, 'attention_bias'],
    ['llama', { rms_norm_eps: null }, 'rms_norm_eps'],
    ['llama', { rope_theta: 0 }, 'rope_theta'],
    ['llama', { architectures: ['LlamaForSequenceClassification'] }, 'LlamaForSequenceClassification'],
    ['llama', { architectures: 'LlamaForCausalLM' }, 'architectures'],
    ['llama', { model_type: 'mistral' }, `model_type: expected 'gpt2' or 'llama', got "mistral"`],
    ['llama', { model_type: undefined }, 'model_type'],
    ['llama', { model_type: ['llama'] }, 'model_type'],
  ])('%s with %j', (family, keys, named) => {
    const raw = JSON.parse(JSON.stringify({ ...bases[family], ...keys }));
    let error: unknown;
    try {
      configOf(raw);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toContain(named);
    expect((error as Error).message).toMatch(/^config\.json: [^\n]+$/);
  });
});
