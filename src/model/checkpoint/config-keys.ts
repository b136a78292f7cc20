/**
 * What every key of a config.json means for the computation. Three lists: keys without a meaning for it, keys that
 * change it and whose neutral values alone are accepted, and (with each family) keys that are implemented. Any other
 * key is refused by name: a model computed without a key that it was trained with would be another model.
 */
import { InputError } from '../../formats/index.ts';
import { isObject, type JsonObject } from './json.ts';
import { quote, show } from './show.ts';

/** Keys that change nothing about the numbers of a forward pass without dropout, whatever their value. */
const HARMLESS: ReadonlySet<string> = new Set([
  // What the file is.
  'architectures',
  'model_type',
  '_name_or_path',
  'name_or_path',
  '_commit_hash',
  'transformers_version',
  'torch_dtype',
  'dtype',
  'tokenizer_class',
  'unsloth_version',
  'unsloth_fixed',
  'transformers.js_config',
  'is_llama_config',
  // Training: initialisation, dropout, memory.
  'initializer_range',
  'initializer_cutoff_factor',
  'resid_pdrop',
  'embd_pdrop',
  'attn_pdrop',
  'attention_dropout',
  'hidden_dropout',
  'hidden_dropout_prob',
  'attention_probs_dropout_prob',
  'classifier_dropout',
  'gradient_checkpointing',
  'keys_to_ignore_at_inference',
  // How another program computes or returns the same numbers.
  'use_cache',
  'return_dict',
  'return_dict_in_generate',
  'output_attentions',
  'output_hidden_states',
  'output_scores',
  'output_past',
  'use_return_dict',
  'torchscript',
  'use_bfloat16',
  'tf_legacy_loss',
  'chunk_size_feed_forward',
  'attn_implementation',
  '_attn_implementation',
  '_attn_implementation_autoset',
  // Heads for other tasks.
  'summary_type',
  'summary_use_proj',
  'summary_activation',
  'summary_proj_to_labels',
  'summary_first_dropout',
  'predict_special_tokens',
  'task_specific_params',
  'finetuning_task',
  'problem_type',
  'id2label',
  'label2id',
  'num_labels',
  '_num_labels',
  // Generation of text, which happens after the logits.
  'max_length',
  'min_length',
  'do_sample',
  'early_stopping',
  'num_beams',
  'num_beam_groups',
  'diversity_penalty',
  'temperature',
  'top_k',
  'top_p',
  'typical_p',
  'repetition_penalty',
  'length_penalty',
  'no_repeat_ngram_size',
  'encoder_no_repeat_ngram_size',
  'bad_words_ids',
  'num_return_sequences',
  'forced_bos_token_id',
  'forced_eos_token_id',
  'remove_invalid_values',
  'exponential_decay_length_penalty',
  'suppress_tokens',
  'begin_suppress_tokens',
  'prefix',
  'sep_token_id',
  'decoder_start_token_id',
  'max_sequence_length',
  'is_decoder',
  'n_ctx',
]);

const FALSE = [false, null];

/** Keys that change the computation, with the values under which they do not; `null` is one everywhere. */
const NEUTRAL: Readonly<Record<string, readonly unknown[]>> = {
  scale_attn_weights: [true, null],
  scale_attn_by_inverse_layer_idx: FALSE,
  reorder_and_upcast_attn: FALSE,
  add_cross_attention: FALSE,
  is_encoder_decoder: FALSE,
  tie_encoder_decoder: FALSE,
  use_qk_norm: FALSE,
  qk_norm: FALSE,
  qk_layernorm: FALSE,
  use_sliding_window: FALSE,
  rope_interleaved: FALSE,
  rope_scaling: [null],
  quantization_config: [null],
  layer_types: [null],
  cross_attention_hidden_size: [null],
  auto_map: [null],
  pretraining_tp: [1, null],
  partial_rotary_factor: [1, null],
  logit_scale: [1, null],
  attention_multiplier: [null],
  residual_multiplier: [1, null],
  embedding_multiplier: [1, null],
  attn_logit_softcapping: [null],
  final_logit_softcapping: [null],
};

/**
 * @param implemented the keys that the family reads itself
 * @param positions with `sliding_window`: a window no shorter than every sequence masks nothing
 * @throws InputError naming the first key that changes the computation and is not implemented.
 */
export function checkKeys(raw: JsonObject, implemented: ReadonlySet<string>, positions: number, where: string): void {
  for (const [key, value] of Object.entries(raw)) {
    if (HARMLESS.has(key) || implemented.has(key) || value === null) continue;
    const neutral = Object.hasOwn(NEUTRAL, key) ? NEUTRAL[key] : undefined;
    if (neutral?.includes(value)) continue;
    if (key === 'pruned_heads' && isObject(value) && Object.keys(value).length === 0) continue;
    if (key === 'layer_types' && Array.isArray(value) && value.every((type) => type === 'full_attention')) continue;
    if (key === 'sliding_window') {
      if (raw.use_sliding_window === false || (typeof value === 'number' && value >= positions)) continue;
    }
    const known = neutral !== undefined || key === 'pruned_heads' || key === 'sliding_window';
    throw new InputError(
      known
        ? `${where}: expected no ${key}, which changes the computation and is not implemented, got ${show(value)}; use a checkpoint without it`
        : `${where}: expected only keys whose meaning is known, got ${quote(key)} with ${show(value)}; remove it if it does not change the computation`,
    );
  }
}
