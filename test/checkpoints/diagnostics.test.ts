/** Oracle: the slow evaluation of the diagnostics, from the numbers of the checkpoint's own file. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { analyze } from '../../src/analysis/analyze.ts';
import { loadCheckpoint } from '../../src/platform/node-checkpoint.ts';
import { expectDiagnostics } from '../support/compare-diagnostics.ts';
import { hasSharedData, needsSharedData, sharedData } from '../support/shared-data.ts';
import { type PlainDecoder, type PlainLinear, type Rows, slowDiagnostics } from '../support/slow-diagnostics.ts';

const folder = resolve(sharedData, 'gpt-nano-sort');

/** GPT-2's tensors by the names of its file: linear layers are [in, out], and c_attn holds queries, keys and values. */
function nano(): PlainDecoder {
  const file = readFileSync(resolve(folder, 'model.safetensors'));
  const length = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString('utf8', 8, 8 + length));
  const config = JSON.parse(readFileSync(resolve(folder, 'config.json'), 'utf8'));
  const tensor = (name: string): Rows => {
    const { shape, data_offsets: offsets } = header[`transformer.${name}`];
    const [rows, columns] = shape.length === 1 ? [1, shape[0]] : shape;
    const at = (i: number, j: number) => file.readFloatLE(8 + length + offsets[0] + 4 * (i * columns + j));
    return Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => at(i, j)));
  };
  const linear = (name: string, from?: number, to?: number): PlainLinear => {
    const [weight, [bias]] = [tensor(`${name}.weight`), tensor(`${name}.bias`)];
    return {
      weight: bias.map((_, j) => weight.map((row) => row[j])).slice(from, to),
      bias: bias.slice(from, to),
    };
  };
  const width = config.n_embd;
  return {
    token: tensor('wte.weight'),
    position: tensor('wpe.weight'),
    layers: Array.from({ length: config.n_layer }, (_, l) => {
      const norm = (name: string) => {
        const [[gamma], [beta]] = [tensor(`h.${l}.${name}.weight`), tensor(`h.${l}.${name}.bias`)];
        return { gamma, beta };
      };
      return {
        inputNorm: norm('ln_1'),
        postNorm: norm('ln_2'),
        query: linear(`h.${l}.attn.c_attn`, 0, width),
        key: linear(`h.${l}.attn.c_attn`, width, 2 * width),
        value: linear(`h.${l}.attn.c_attn`, 2 * width, 3 * width),
        out: linear(`h.${l}.attn.c_proj`),
        up: linear(`h.${l}.mlp.c_fc`),
        down: linear(`h.${l}.mlp.c_proj`),
      };
    }),
    ...{ heads: config.n_head, kvHeads: config.n_head },
    ...{ norm: 'layerNorm', epsilon: config.layer_norm_epsilon, placement: 'pre', activation: 'gelu-tanh' },
  };
}

describe.skipIf(!hasSharedData)(needsSharedData('diagnostics of gpt-nano-sort'), () => {
  it('are those of the slow evaluation, in every layer and head', async () => {
    const tokens = JSON.parse(readFileSync(resolve(folder, 'tokens.json'), 'utf8'));
    const model = await loadCheckpoint(folder);
    const { diagnostics } = await analyze(model, tokens, { policy: 'fp16', diagnostics: true });
    if (diagnostics === undefined) throw new Error('there are no diagnostics');
    const slow = slowDiagnostics(nano(), tokens, { u: 2 ** -11, epsMach: 2 ** -10, everyRow: true });
    expectDiagnostics(diagnostics, slow, 2 ** -32);
    expect(diagnostics.layers.length).toBe(3);
    expect(diagnostics.correlations).toBeNull();
  });
});
