/**
 * A trained decoder from a Hugging Face folder. Everything that can be wrong with config.json, the headers of the
 * weights and the set of tensors is found here, before anything is computed; numbers are read later, layer by layer.
 */
import { InputError } from '../../formats/index.ts';
import type { DecoderSource } from '../decoder-source.ts';
import type { Folder } from '../folder.ts';
import type { Blueprint, Family } from './family.ts';
import { gpt2 } from './gpt2.ts';
import { type JsonObject, readJsonObject } from './json.ts';
import { llama } from './llama.ts';
import { checkedParameters, storedParameters } from './parameters.ts';
import { quote, show } from './show.ts';
import { openTensors, type TensorStore } from './tensor-store.ts';
import { openTokenizer } from './tokenizer.ts';

const CONFIG = 'config.json';
const LARGEST_CONFIG = 16 * 1024 * 1024;

const FAMILIES: readonly Family[] = [gpt2, llama];

/**
 * Reads `config.json`, `model.safetensors` (or the shards of `model.safetensors.index.json`) and `tokenizer.json`.
 * @throws InputError where a file is missing, truncated or wrong, or where a config key or a tensor changes the
 * computation and is not implemented.
 */
export async function loadCheckpointFrom(folder: Folder): Promise<DecoderSource> {
  const raw = await readJsonObject(folder, CONFIG, LARGEST_CONFIG);
  if (raw === undefined) {
    throw new InputError(`${folder.path}: expected a checkpoint with ${CONFIG}, got a folder without; check the path`);
  }
  const { family, blueprint } = describeModel(raw, `${folder.path}/${CONFIG}`);
  const { config } = blueprint;
  const store = await openTensors(folder);
  const prefix = store.tensors.has(family.prefix + family.anchor) ? family.prefix : '';
  const used = await usedTensors(blueprint, store, prefix, folder.path);
  const unusedTensors = [...store.tensors.keys()].filter((name) => !used.has(name));
  for (const name of unusedTensors) checkUnused(name, family, blueprint, folder.path);

  const parameters = storedParameters(store);
  const tokenizer = await openTokenizer(folder);
  return {
    config,
    parameters: [...used.values()].reduce((sum, size) => sum + size, 0),
    description: folder.path,
    unusedTensors,
    ...(tokenizer && { tokenizer: tokenizer.tokenizer }),
    async fileHashes() {
      const hashes: Record<string, string> = {};
      for (const name of [CONFIG, ...store.files, ...(tokenizer?.files ?? [])])
        hashes[name] = await folder.sha256(name);
      return hashes;
    },
    embedding: () => blueprint.embedding(parameters, prefix),
    async layer(index) {
      if (!Number.isInteger(index) || index < 0 || index >= config.layers) {
        throw new InputError(`${folder.path}: expected a layer from 0 to ${config.layers - 1}, got ${index}`);
      }
      return blueprint.layer(parameters, prefix, index);
    },
    head: () => blueprint.head(parameters, prefix),
  };
}

/**
 * The family and the model that a config.json describes.
 * @throws InputError where it describes another one, or one that is not implemented.
 */
export function describeModel(raw: JsonObject, where: string): { family: Family; blueprint: Blueprint } {
  const modelType = Object.hasOwn(raw, 'model_type') ? raw.model_type : undefined;
  const family = FAMILIES.find((candidate) => candidate.modelType === modelType);
  if (family === undefined) {
    const known = FAMILIES.map((candidate) => `'${candidate.modelType}'`).join(' or ');
    throw new InputError(`${where}: model_type: expected ${known}, got ${show(modelType)}; no other is implemented`);
  }
  const named = Object.hasOwn(raw, 'architectures') ? (raw.architectures ?? []) : [];
  if (!Array.isArray(named) || !named.every((name) => name === family.architecture)) {
    throw new InputError(
      `${where}: architectures: expected ["${family.architecture}"] for ${family.modelType}, got ${show(named)}; no other is implemented`,
    );
  }
  return { family, blueprint: family.describe(raw, where) };
}

/** Runs the description of every layer over the store's names, shapes and dtypes. Ends at the first missing layer. */
async function usedTensors(
  blueprint: Blueprint,
  store: TensorStore,
  prefix: string,
  path: string,
): Promise<Map<string, number>> {
  const check = checkedParameters(store, path);
  await blueprint.embedding(check, prefix);
  for (let i = 0; i < blueprint.config.layers; i++) await blueprint.layer(check, prefix, i);
  await blueprint.head(check, prefix);
  return check.used;
}

/**
 * A tensor that the program does not use is only listed where it cannot belong to the computation: saved masks and
 * tables, a second copy of a tied head, heads for other tasks.
 * @throws InputError for one of a block, of the model's own part, or of the head.
 */
function checkUnused(name: string, family: Family, blueprint: Blueprint, path: string): void {
  const own = name.startsWith(family.prefix) ? name.slice(family.prefix.length) : name;
  if (family.buffers.test(own) || (name === 'lm_head.weight' && blueprint.tied)) return;
  const block = family.block.exec(own);
  const { layers } = blueprint.config;
  if (block !== null && Number(block[1]) >= layers) {
    throw new InputError(
      `${path}: expected the tensors of ${layers} layers by config.json, got ${quote(name)} as well`,
    );
  }
  if (block !== null || own !== name || name.startsWith('lm_head.')) {
    throw new InputError(
      `${path}: expected the tensors of a ${family.modelType} model by config.json, got ${quote(name)} as well, which would change the computation and is not implemented`,
    );
  }
}
