/** Checkpoints that exist in memory only: small valid ones, for tests to break. */
import { InputError } from '../../../src/formats/index.ts';
import type { Folder } from '../../../src/model/folder.ts';

export type Files = Record<string, Uint8Array | string | object>;

const encoder = new TextEncoder();

export function toBytes(file: Uint8Array | string | object): Uint8Array {
  if (file instanceof Uint8Array) return file;
  return encoder.encode(typeof file === 'string' ? file : JSON.stringify(file));
}

/** As a file system would: no paths, no reading past the end. */
export function memoryFolder(files: Files, path = 'ckpt'): Folder {
  const bytes = new Map(Object.entries(files).map(([name, file]) => [name, toBytes(file)]));
  return {
    path,
    size: async (name) => bytes.get(name)?.length,
    async read(name, offset, length) {
      const file = bytes.get(name);
      if (file === undefined || !(length >= 0) || offset + length > file.length)
        throw new InputError(`${name}: too short`);
      return file.slice(offset, offset + length);
    },
    sha256: async (name) => `hash of ${name}`,
  };
}

export interface TestTensor {
  readonly shape: readonly number[];
  readonly dtype?: string;
  /** Bytes an element; 4 for F32. */
  readonly bytes?: number;
}

/** The header of tensors that lie one after another, and the size of their data. */
export function headerOf(tensors: Readonly<Record<string, TestTensor>>): {
  header: Record<string, unknown>;
  size: number;
} {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let size = 0;
  for (const [name, { shape, dtype = 'F32', bytes = 4 }] of Object.entries(tensors)) {
    const end = size + shape.reduce((product, n) => product * n, bytes);
    header[name] = { dtype, shape, data_offsets: [size, end] };
    size = end;
  }
  return { header, size };
}

/** The length, a header and the data in one. */
export function fileOf(header: object | string | Uint8Array, data: Uint8Array | number, length?: bigint): Uint8Array {
  const json = toBytes(header);
  const body = typeof data === 'number' ? new Uint8Array(data) : data;
  const file = new Uint8Array(8 + json.length + body.length);
  new DataView(file.buffer).setBigUint64(0, length ?? BigInt(json.length), true);
  file.set(json, 8);
  file.set(body, 8 + json.length);
  return file;
}

/** Float32 numbers 0, 1, 2 … over all tensors. */
export function numberedFile(tensors: Readonly<Record<string, TestTensor>>): Uint8Array {
  const { header, size } = headerOf(tensors);
  return fileOf(header, new Uint8Array(Float32Array.from({ length: size / 4 }, (_, i) => i).buffer));
}

export const gpt2Config = {
  model_type: 'gpt2',
  architectures: ['GPT2LMHeadModel'],
  n_layer: 2,
  n_head: 2,
  n_embd: 4,
  n_positions: 5,
  vocab_size: 7,
};

export const llamaConfig = {
  model_type: 'llama',
  architectures: ['LlamaForCausalLM'],
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  hidden_size: 8,
  intermediate_size: 12,
  max_position_embeddings: 16,
  vocab_size: 10,
  rms_norm_eps: 1e-5,
};

export function gpt2Tensors(prefix = 'transformer.'): Record<string, TestTensor> {
  const tensors: Record<string, TestTensor> = { 'wte.weight': { shape: [7, 4] }, 'wpe.weight': { shape: [5, 4] } };
  for (const block of ['h.0', 'h.1']) {
    tensors[`${block}.ln_1.weight`] = { shape: [4] };
    tensors[`${block}.ln_1.bias`] = { shape: [4] };
    tensors[`${block}.attn.c_attn.weight`] = { shape: [4, 12] };
    tensors[`${block}.attn.c_attn.bias`] = { shape: [12] };
    tensors[`${block}.attn.c_proj.weight`] = { shape: [4, 4] };
    tensors[`${block}.attn.c_proj.bias`] = { shape: [4] };
    tensors[`${block}.ln_2.weight`] = { shape: [4] };
    tensors[`${block}.ln_2.bias`] = { shape: [4] };
    tensors[`${block}.mlp.c_fc.weight`] = { shape: [4, 16] };
    tensors[`${block}.mlp.c_fc.bias`] = { shape: [16] };
    tensors[`${block}.mlp.c_proj.weight`] = { shape: [16, 4] };
    tensors[`${block}.mlp.c_proj.bias`] = { shape: [4] };
  }
  tensors['ln_f.weight'] = { shape: [4] };
  tensors['ln_f.bias'] = { shape: [4] };
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [prefix + name, tensor]));
}

export function llamaTensors(prefix = 'model.'): Record<string, TestTensor> {
  const tensors: Record<string, TestTensor> = { 'embed_tokens.weight': { shape: [10, 8] } };
  for (const block of ['layers.0', 'layers.1']) {
    tensors[`${block}.input_layernorm.weight`] = { shape: [8] };
    tensors[`${block}.self_attn.q_proj.weight`] = { shape: [8, 8] };
    tensors[`${block}.self_attn.k_proj.weight`] = { shape: [4, 8] };
    tensors[`${block}.self_attn.v_proj.weight`] = { shape: [4, 8] };
    tensors[`${block}.self_attn.o_proj.weight`] = { shape: [8, 8] };
    tensors[`${block}.post_attention_layernorm.weight`] = { shape: [8] };
    tensors[`${block}.mlp.up_proj.weight`] = { shape: [12, 8] };
    tensors[`${block}.mlp.gate_proj.weight`] = { shape: [12, 8] };
    tensors[`${block}.mlp.down_proj.weight`] = { shape: [8, 12] };
  }
  tensors['norm.weight'] = { shape: [8] };
  const named = Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [prefix + name, tensor]));
  return { ...named, 'lm_head.weight': { shape: [10, 8] } };
}
