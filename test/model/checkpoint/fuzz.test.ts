/**
 * 300,000 damaged headers and configs: a reader may take one as valid or refuse it with an InputError in one line.
 * Anything else, a TypeError, a RangeError, a hang, is a defect. The seed is fixed; a failure prints it with the path.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/formats/index.ts';
import { DTYPE_BITS } from '../../../src/model/checkpoint/dtypes.ts';
import { parseJsonObject } from '../../../src/model/checkpoint/json.ts';
import { describeModel, loadCheckpointFrom } from '../../../src/model/checkpoint/load.ts';
import { headerLength, parseHeader } from '../../../src/model/checkpoint/safetensors-header.ts';
import {
  fileOf,
  gpt2Config,
  gpt2Tensors,
  headerOf,
  llamaConfig,
  llamaTensors,
  memoryFolder,
  numberedFile,
  toBytes,
} from './memory-folder.ts';
import { changed, changes, spliced, splices } from './mutations.ts';

const SEED = 20_260_101;

/** Counts of both outcomes: a test of a reader that refuses everything, or nothing, would show nothing. */
class Outcomes {
  valid = 0;
  refused = 0;

  refuse(error: unknown): void {
    if (!(error instanceof InputError)) throw error;
    if (/[\n\r]/.test(error.message) || error.message.length > 2000) {
      throw new Error(`not one short line: ${JSON.stringify(error.message)}`);
    }
    this.refused++;
  }

  run(action: () => void): void {
    try {
      action();
      this.valid++;
    } catch (error) {
      this.refuse(error);
    }
  }
}

/** Reads the header of a file as openSafetensors does, and checks what it accepts against the format's rules. */
function readHeader(file: Uint8Array): void {
  const length = headerLength(file.subarray(0, 8), file.length, 'f');
  const { tensors } = parseHeader(file.subarray(8, 8 + length), file.length, 'f');
  let covered = 8 + length;
  for (const { dtype, shape, offset, bytes } of tensors.values()) {
    const bits = shape.reduce((product, n) => product * n, DTYPE_BITS.get(dtype)!);
    if (bits !== bytes * 8 || offset < 8 + length || offset + bytes > file.length) throw new Error('accepted a lie');
    covered += bytes;
  }
  if (covered !== file.length) throw new Error('accepted a hole or an overlap');
}

const small = headerOf({
  a: { shape: [2, 3] },
  b: { shape: [4], dtype: 'BF16', bytes: 2 },
  c: { shape: [] },
  d: { shape: [0, 7], dtype: 'F64', bytes: 8 },
});
const smallText = JSON.stringify(small.header);
const smallFile = fileOf(smallText, small.size);

describe(`damaged files (seed ${SEED})`, () => {
  const parameters = (numRuns: number) => ({ seed: SEED, numRuns });

  it('75,000 headers with changed values, keys and offsets', () => {
    const outcomes = new Outcomes();
    fc.assert(
      fc.property(changes, (list) => outcomes.run(() => readHeader(fileOf(changed(small.header, list), small.size)))),
      parameters(75_000),
    );
    expect(Math.min(outcomes.valid, outcomes.refused)).toBeGreaterThan(100);
  });

  it('50,000 headers with damaged text', () => {
    const outcomes = new Outcomes();
    fc.assert(
      fc.property(splices, (list) => outcomes.run(() => readHeader(fileOf(spliced(smallText, list), small.size)))),
      parameters(50_000),
    );
    expect(Math.min(outcomes.valid, outcomes.refused)).toBeGreaterThan(100);
  });

  it('50,000 files with flipped bytes, cut off, or with another length of the header', () => {
    const outcomes = new Outcomes();
    const flips = fc.array(fc.tuple(fc.nat({ max: 8 + smallText.length - 1 }), fc.nat({ max: 255 })), { maxLength: 4 });
    const length = fc.option(
      fc.oneof(fc.bigInt({ min: 0n, max: 400n }), fc.bigInt({ min: 0n, max: (1n << 64n) - 1n })),
      { freq: 3 },
    );
    const cut = fc.option(fc.nat({ max: smallFile.length }), { freq: 3 });
    fc.assert(
      fc.property(flips, length, cut, (bytes, newLength, end) => {
        const file = smallFile.slice();
        if (newLength !== null) new DataView(file.buffer).setBigUint64(0, newLength, true);
        for (const [at, value] of bytes) file[at] = value;
        outcomes.run(() => readHeader(end === null ? file : file.subarray(0, end)));
      }),
      parameters(50_000),
    );
    expect(Math.min(outcomes.valid, outcomes.refused)).toBeGreaterThan(100);
  });

  const full = {
    ...{ ...llamaConfig, head_dim: 2, rope_theta: 1e4, rope_scaling: null, attention_bias: false, bos_token_id: 1 },
    ...{ tie_word_embeddings: true, hidden_act: 'silu', pretraining_tp: 1, torch_dtype: 'float32', eos_token_id: [2] },
  };
  it.each([
    [
      'gpt2',
      {
        ...gpt2Config,
        n_inner: null,
        activation_function: 'gelu_new',
        layer_norm_epsilon: 1e-5,
        scale_attn_weights: true,
      },
    ],
    ['llama', full],
  ])('50,000 changed configs of %s', (_, config) => {
    const outcomes = new Outcomes();
    fc.assert(
      fc.property(changes, (list) => {
        const bytes = toBytes(changed(config, list));
        outcomes.run(() => describeModel(parseJsonObject(bytes, 'config.json'), 'config.json'));
      }),
      parameters(50_000),
    );
    expect(Math.min(outcomes.valid, outcomes.refused)).toBeGreaterThan(100);
  });

  it('20,000 configs with damaged text', () => {
    const outcomes = new Outcomes();
    const text = JSON.stringify(full);
    fc.assert(
      fc.property(splices, (list) => {
        const bytes = toBytes(spliced(text, list));
        outcomes.run(() => describeModel(parseJsonObject(bytes, 'config.json'), 'config.json'));
      }),
      parameters(20_000),
    );
    expect(Math.min(outcomes.valid, outcomes.refused)).toBeGreaterThan(100);
  });

  it('5,000 whole folders: header, config and index changed together, loaded and read', async () => {
    const outcomes = new Outcomes();
    const models = [
      { config: gpt2Config, ...headerOf(gpt2Tensors()) },
      { config: { ...llamaConfig, tie_word_embeddings: true }, ...headerOf(llamaTensors()) },
    ];
    const index = (header: object) => {
      const names = Object.keys(header).filter((name) => name !== '__metadata__');
      return { metadata: {}, weight_map: Object.fromEntries(names.map((name) => [name, 's.safetensors'])) };
    };
    const maybe = fc.option(changes, { freq: 2 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...models), maybe, maybe, maybe, async ({ config, header, size }, a, b, c) => {
        const weights = fileOf(changed(header, a ?? []), size);
        const sharded = { 'model.safetensors.index.json': changed(index(header), c ?? []), 's.safetensors': weights };
        const files = c === null ? { 'model.safetensors': weights } : sharded;
        try {
          const source = await loadCheckpointFrom(memoryFolder({ 'config.json': changed(config, b ?? []), ...files }));
          await source.embedding();
          await source.head();
          for (let i = 0; i < source.config.layers; i++) await source.layer(i);
          outcomes.valid++;
        } catch (error) {
          outcomes.refuse(error);
        }
      }),
      parameters(5000),
    );
    expect(Math.min(outcomes.valid, outcomes.refused)).toBeGreaterThan(100);
  });
});

it('the undamaged files are valid', async () => {
  readHeader(smallFile);
  const files = { 'config.json': gpt2Config, 'model.safetensors': numberedFile(gpt2Tensors()) };
  expect((await loadCheckpointFrom(memoryFolder(files))).config.layers).toBe(2);
});
