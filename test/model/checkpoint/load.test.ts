import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/formats/index.ts';
import { loadCheckpointFrom } from '../../../src/model/checkpoint/load.ts';
import {
  type Files,
  fileOf,
  gpt2Config,
  gpt2Tensors,
  headerOf,
  llamaConfig,
  llamaTensors,
  memoryFolder,
  numberedFile,
  type TestTensor,
} from './memory-folder.ts';

const load = (files: Files) => loadCheckpointFrom(memoryFolder(files));

const loadGpt2 = (tensors: Record<string, TestTensor>, keys: object = {}) =>
  load({ 'config.json': { ...gpt2Config, ...keys }, 'model.safetensors': numberedFile(tensors) });

const loadLlama = (tensors: Record<string, TestTensor>, keys: object = {}) =>
  load({ 'config.json': { ...llamaConfig, ...keys }, 'model.safetensors': numberedFile(tensors) });

describe('a GPT-2 folder', () => {
  it('gives every layer its tensors, c_attn taken apart into q, k, v', async () => {
    const source = await loadGpt2(gpt2Tensors());
    const layer = await source.layer(0);
    // wte 28, wpe 20, ln_1 4 + 4: c_attn's weight [4, 12] begins at 56, its bias at 104.
    expect(layer.query.layout).toBe('in-out');
    expect(layer.query.weight.shape).toEqual([4, 4]);
    expect([...layer.query.weight.data.slice(0, 5)]).toEqual([56, 57, 58, 59, 68]);
    expect([...layer.key.weight.data.slice(0, 5)]).toEqual([60, 61, 62, 63, 72]);
    expect([...layer.value.weight.data.slice(12)]).toEqual([100, 101, 102, 103]);
    expect(layer.query.bias).toEqual({ shape: [4], data: Float32Array.of(104, 105, 106, 107) });
    expect(layer.value.bias?.data).toEqual(Float32Array.of(112, 113, 114, 115));
    expect(layer.inputNorm?.gamma.data).toEqual(Float32Array.of(48, 49, 50, 51));
    expect(layer.up.weight.shape).toEqual([4, 16]);
    expect(layer.down.weight.shape).toEqual([16, 4]);
    expect(layer.gate).toBeUndefined();
    const embedding = await source.embedding();
    expect(embedding.token.data[0]).toBe(0);
    expect(embedding.position?.shape).toEqual([5, 4]);
    const head = await source.head();
    expect(head.output).toEqual({ weight: embedding.token, layout: 'out-in' });
    expect(head.finalNorm.beta?.shape).toEqual([4]);
    const numbers = Object.values(gpt2Tensors()).reduce((sum, t) => sum + t.shape.reduce((a, b) => a * b, 1), 0);
    expect(source.parameters).toBe(numbers);
    expect(source.unusedTensors).toEqual([]);
    expect(source.tokenizer).toBeUndefined();
    expect(source.description).toBe('ckpt');
  });

  it('with one head of width 1', async () => {
    const keys = { n_layer: 1, n_head: 1, n_embd: 1, n_inner: 1, n_positions: 1, vocab_size: 1 };
    const names = Object.keys(gpt2Tensors()).filter((name) => !name.includes('h.1'));
    const shapeOf = (name: string): number[] => {
      const out = name.includes('c_attn') ? 3 : 1;
      return /(c_attn|c_proj|c_fc|wte|wpe)\.weight$/.test(name) ? [1, out] : [out];
    };
    const source = await loadGpt2(Object.fromEntries(names.map((name) => [name, { shape: shapeOf(name) }])), keys);
    expect((await source.layer(0)).value.weight).toEqual({ shape: [1, 1], data: Float32Array.of(6) });
  });

  it('without prefix, with masks, with a second copy of a tied head, with another head: unused ones are listed', async () => {
    const extra = {
      'h.0.attn.bias': { shape: [1, 1, 5, 5] },
      'h.1.attn.masked_bias': { shape: [] },
      'lm_head.weight': { shape: [7, 4] },
      'score.weight': { shape: [2, 4] },
    };
    const source = await loadGpt2({ ...gpt2Tensors(''), ...extra });
    expect(source.unusedTensors).toEqual(Object.keys(extra));
  });

  it('with a head of its own', async () => {
    const source = await loadGpt2(
      { ...gpt2Tensors(), 'lm_head.weight': { shape: [7, 4] } },
      { tie_word_embeddings: false },
    );
    const { weight } = (await source.head()).output;
    expect(weight.data[0]).toBe(source.parameters - 28);
  });
});

describe('a LLaMA folder', () => {
  it('gives every layer its tensors', async () => {
    const source = await loadLlama(llamaTensors());
    const layer = await source.layer(1);
    expect([layer.query.weight.shape, layer.key.weight.shape, layer.gate?.weight.shape]).toEqual([
      [8, 8],
      [4, 8],
      [12, 8],
    ]);
    expect(layer.query).not.toHaveProperty('bias');
    expect(layer.inputNorm).not.toHaveProperty('beta');
    expect(layer.down.layout).toBe('out-in');
    expect(await source.embedding()).not.toHaveProperty('position');
    await expect(source.layer(2)).rejects.toThrow(/a layer from 0 to 1, got 2/);
    await expect(source.layer(0.5)).rejects.toThrow(InputError);
  });

  it('with biases, heads wider than width / heads, rotary tables', async () => {
    const tensors = llamaTensors();
    for (const block of ['model.layers.0', 'model.layers.1']) {
      tensors[`${block}.self_attn.rotary_emb.inv_freq`] = { shape: [3] };
      for (const [name, shape] of [
        ['q', [24, 8]],
        ['k', [12, 8]],
        ['v', [12, 8]],
        ['o', [8, 24]],
      ] as const) {
        tensors[`${block}.self_attn.${name}_proj.weight`] = { shape };
        tensors[`${block}.self_attn.${name}_proj.bias`] = { shape: [shape[0]] };
      }
      tensors[`${block}.mlp.up_proj.bias`] = { shape: [12] };
      tensors[`${block}.mlp.gate_proj.bias`] = { shape: [12] };
      tensors[`${block}.mlp.down_proj.bias`] = { shape: [8] };
    }
    const source = await loadLlama(tensors, { head_dim: 6, attention_bias: true, mlp_bias: true });
    const layer = await source.layer(0);
    expect(layer.attentionOutput.weight.shape).toEqual([8, 24]);
    expect([layer.query, layer.key, layer.attentionOutput, layer.up, layer.down].map((l) => l.bias?.shape)).toEqual([
      [24],
      [12],
      [8],
      [12],
      [8],
    ]);
    expect(source.unusedTensors).toHaveLength(2);
  });
});

describe('shards', () => {
  const all = Object.entries(llamaTensors());
  const [first, second] = [Object.fromEntries(all.slice(0, 9)), Object.fromEntries(all.slice(9))];
  const [a, b] = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
  const map = Object.fromEntries(all.map(([name], i) => [name, i < 9 ? a : b]));
  const files = (weightMap: unknown, parts: Files = {}): Files => ({
    'config.json': llamaConfig,
    'model.safetensors.index.json': { metadata: { total_size: 1 }, weight_map: weightMap },
    [a]: numberedFile(first),
    [b]: numberedFile(second),
    ...parts,
  });

  it('are read as one', async () => {
    const source = await load(files(map));
    expect((await source.layer(0)).inputNorm?.gamma.data[0]).toBe(80);
    expect((await source.head()).output.weight.shape).toEqual([10, 8]);
    expect(Object.keys(await source.fileHashes())).toEqual(['config.json', 'model.safetensors.index.json', a, b]);
  });

  it('a single file goes before an index', async () => {
    const source = await load({ ...files({}), 'model.safetensors': numberedFile(llamaTensors()) });
    expect(Object.keys(await source.fileHashes())).toEqual(['config.json', 'model.safetensors']);
  });

  it.each<[string, Files, RegExp]>([
    [
      'a missing shard',
      files({ ...map, x: 'c.safetensors' }),
      /c\.safetensors: expected a safetensors file, got nothing/,
    ],
    ['a tensor that its shard lacks', files({ ...map, x: a }), /expected the tensor "x", which .* places there/],
    [
      'a tensor in two shards',
      files({ ...map, y: 'c.safetensors' }, { 'c.safetensors': numberedFile(first) }),
      /in one file/,
    ],
    ['a path out of the folder', files({ ...map, x: '../c.safetensors' }), /got "\.\.\/c\.safetensors"/],
    ['a path below the folder', files({ ...map, x: 'd/c.safetensors' }), /weight_map: expected the name of/],
    ['a file that is no string', files({ ...map, x: 1 }), /for "x", got 1/],
    ['no weight_map', files([]), /expected weight_map to be an object, got \[\]/],
    ['an empty weight_map', files({}), /expected a tensor "embed_tokens.weight"/],
    ['no weights at all', { 'config.json': llamaConfig }, /expected model.safetensors or .*, got neither/],
  ])('%s is refused', async (_, parts, message) => {
    const error = await load(parts).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toMatch(message);
  });
});

describe('tensors that do not fit are refused by name', () => {
  const llama = llamaTensors();
  const { 'lm_head.weight': _, ...headless } = llama;
  const gpt2 = gpt2Tensors();
  it.each<[string, () => Promise<unknown>, RegExp]>([
    [
      'q_norm',
      () => loadLlama({ ...llama, 'model.layers.0.self_attn.q_norm.weight': { shape: [2] } }),
      /q_norm\.weight" as well/,
    ],
    [
      'a bias that config denies',
      () => loadLlama({ ...llama, 'model.layers.1.mlp.up_proj.bias': { shape: [12] } }),
      /up_proj\.bias/,
    ],
    [
      'a bias that config promises',
      () => loadLlama(llama, { mlp_bias: true }),
      /up_proj\.bias" of shape \[12\], got none/,
    ],
    [
      'a further layer',
      () => loadLlama({ ...llama, 'model.layers.2.x': { shape: [1] } }),
      /tensors of 2 layers .*layers\.2\.x/,
    ],
    [
      'a missing layer',
      () => loadLlama(llama, { num_hidden_layers: 2 ** 31 - 1 }),
      /model\.layers\.2\.input_layernorm/,
    ],
    ['a norm of the embedding', () => loadLlama({ ...llama, 'model.embed_norm.weight': { shape: [8] } }), /embed_norm/],
    ['a bias of the head', () => loadLlama({ ...llama, 'lm_head.bias': { shape: [10] } }), /lm_head\.bias/],
    ['a missing head', () => loadLlama(headless), /"lm_head\.weight" of shape \[10, 8\], got none/],
    [
      'a block with and one without prefix',
      () => loadGpt2({ ...gpt2, 'h.0.ln_3.weight': { shape: [4] } }),
      /h\.0\.ln_3/,
    ],
    [
      'a wrong shape',
      () => loadGpt2({ ...gpt2, 'transformer.wte.weight': { shape: [4, 7] } }),
      /\[7, 4\] by config.json, got \[4, 7\]/,
    ],
    [
      'a wrong rank',
      () => loadGpt2({ ...gpt2, 'transformer.ln_f.bias': { shape: [4, 1] } }),
      /\[4\] by config.json, got \[4, 1\]/,
    ],
    [
      'a wrong dtype',
      () => loadGpt2({ ...gpt2, 'transformer.ln_f.bias': { shape: [4], dtype: 'I32' } }),
      /ln_f\.bias": expected a dtype .*I32/,
    ],
    ['other names', () => loadGpt2(llama), /expected a tensor "wte\.weight" of shape \[7, 4\]/],
  ])('%s', async (_name, run, message) => {
    const error = await run().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).not.toContain('\n');
  });

  it('a folder without config.json, and a config.json that is none', async () => {
    await expect(load({})).rejects.toThrow(/ckpt: expected a checkpoint with config\.json/);
    await expect(load({ 'config.json': '{"a":1,"a":2}' })).rejects.toThrow(/every key once, got "a" twice/);
    await expect(load({ 'config.json': '' })).rejects.toThrow(InputError);
    await expect(load({ 'config.json': 'null' })).rejects.toThrow(/expected a JSON object, got null/);
  });

  it('F64, F16 and BF16 weights keep their numbers', async () => {
    const tensors = Object.fromEntries(
      Object.entries(gpt2).map(([name, t]) => [name, { ...t, dtype: 'F64', bytes: 8 }]),
    );
    const { header, size } = headerOf(tensors);
    const data = new Float64Array(size / 8).fill(0.1);
    const files = { 'config.json': gpt2Config, 'model.safetensors': fileOf(header, new Uint8Array(data.buffer)) };
    const layer = await (await load(files)).layer(1);
    expect(layer.key.weight.data).toEqual(new Float64Array(16).fill(0.1));
  });
});
