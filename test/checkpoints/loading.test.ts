import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadCheckpointFrom } from '../../src/model/checkpoint/load.ts';
import type { Folder } from '../../src/model/folder.ts';
import { nodeFolder } from '../../src/platform/node-files.ts';
import { hasSharedData, needsSharedData, sharedData } from '../support/shared-data.ts';

const data = sharedData;

describe.skipIf(!hasSharedData)(needsSharedData('trained checkpoints'), () => {
  it('gpt-nano-sort: GPT-2 with a head of its own', async () => {
    const source = await loadCheckpointFrom(nodeFolder(`${data}/gpt-nano-sort`));
    expect(source.config).toMatchObject({
      family: 'gpt2',
      layers: 3,
      width: 48,
      heads: 3,
      vocabulary: 3,
      positions: 11,
    });
    expect(source.parameters).toBe(85_728);
    expect(source.unusedTensors).toEqual([]);
    expect(source.tokenizer).toBeUndefined();
    const { output } = await source.head();
    expect(output.weight.data).not.toEqual((await source.embedding()).token.data);
    expect((await source.layer(2)).down.bias?.shape).toEqual([48]);
    expect((await source.fileHashes())['config.json']).toBe(
      '6688819d096bc23bb40ec6f6b7b0d97ba39e84a59756bed4f994273ee3f2c2f4',
    );
  });

  it('stories260K-hf: LLaMA with a tied head', async () => {
    const source = await loadCheckpointFrom(nodeFolder(`${data}/stories260K-hf`));
    expect(source.config).toMatchObject({
      family: 'llama',
      layers: 5,
      heads: 8,
      kvHeads: 4,
      mlpWidth: 172,
      bosToken: 1,
    });
    expect(source.parameters).toBe(260_032);
    expect((await source.head()).output.weight).toEqual((await source.embedding()).token);
  });

  it('stories260K-hf: the sentence of golden.json has 35 tokens with the leading BOS', async () => {
    const { sentence, n_tokens } = JSON.parse(readFileSync(`${data}/stories260K/golden.json`, 'utf8'));
    const { tokenizer } = await loadCheckpointFrom(nodeFolder(`${data}/stories260K-hf`));
    const ids = tokenizer!.encode(sentence);
    expect(ids).toHaveLength(n_tokens);
    expect(ids[0]).toBe(1);
    expect(tokenizer!.decode(ids)).toBe(sentence);
    expect(tokenizer!.vocabulary).toBe(512);
  });

  it('stories260K-hf in bfloat16 is the float32 one rounded', async () => {
    const folder = nodeFolder(`${data}/stories260K-hf`);
    const real = (name: string) => name.replace('model.safetensors', 'model.bf16.safetensors');
    const half: Folder = {
      ...folder,
      size: (name) => folder.size(real(name)),
      read: (name, offset, length) => folder.read(real(name), offset, length),
    };
    const full = (await (await loadCheckpointFrom(folder)).layer(3)).up.weight.data as Float32Array;
    const rounded = (await (await loadCheckpointFrom(half)).layer(3)).up.weight.data;
    const worst = full.reduce((most, x, i) => Math.max(most, Math.abs(rounded[i] - x) / Math.abs(x)), 0);
    expect(worst).toBeLessThanOrEqual(2 ** -8);
    expect(worst).toBeGreaterThan(0);
  });
});
