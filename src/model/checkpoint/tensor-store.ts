/** All tensors of a checkpoint folder, in one safetensors file or in shards with an index. */
import { InputError } from '../../formats/index.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Folder } from '../folder.ts';
import { isObject, readJsonObject } from './json.ts';
import { openSafetensors, type SafetensorsFile } from './safetensors.ts';
import type { TensorEntry } from './safetensors-header.ts';
import { quote, show } from './show.ts';

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
const LARGEST_INDEX = 64 * 1024 * 1024;

export interface StoredTensor extends TensorEntry {
  readonly file: string;
}

export interface TensorStore {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** The files that the tensors come from, the index among them. */
  readonly files: readonly string[];
  /** @throws InputError where there is no such tensor, or its dtype is not read. */
  read(name: string): Promise<Tensor>;
}

/**
 * The tensors of a folder: `model.safetensors`, else the shards of `model.safetensors.index.json`.
 * @throws InputError where neither is there, or one breaks a rule.
 */
export async function openTensors(folder: Folder): Promise<TensorStore> {
  if ((await folder.size(SINGLE)) !== undefined) return collect(folder, [await openSafetensors(folder, SINGLE)], []);
  const index = await readJsonObject(folder, INDEX, LARGEST_INDEX);
  if (index === undefined) {
    throw new InputError(
      `${folder.path}: expected ${SINGLE} or ${INDEX}, got neither; convert the checkpoint to safetensors`,
    );
  }
  const placed = readIndex(index, `${folder.path}/${INDEX}`);
  const shards: SafetensorsFile[] = [];
  for (const shard of new Set(placed.values())) shards.push(await openSafetensors(folder, shard));
  const store = collect(folder, shards, [INDEX]);
  for (const [name, shard] of placed) {
    if (store.tensors.get(name)?.file !== shard) {
      throw new InputError(
        `${folder.path}/${shard}: expected the tensor ${quote(name)}, which ${INDEX} places there, got none of that name`,
      );
    }
  }
  return store;
}

/** The file of every tensor. A shard lies in the same folder: the folder itself refuses paths. */
function readIndex(index: Readonly<Record<string, unknown>>, where: string): Map<string, string> {
  const placed = new Map<string, string>();
  const map = Object.hasOwn(index, 'weight_map') ? index.weight_map : undefined;
  if (!isObject(map)) throw new InputError(`${where}: expected weight_map to be an object, got ${show(map)}`);
  for (const [name, file] of Object.entries(map)) {
    if (typeof file !== 'string' || !/^[^/\\:\0]+\.safetensors$/.test(file)) {
      throw new InputError(
        `${where}: weight_map: expected the name of a .safetensors file in this folder for ${quote(name)}, got ${show(file)}`,
      );
    }
    placed.set(name, file);
  }
  return placed;
}

/** A tensor that an index does not name but a shard holds belongs to the checkpoint too, as for other readers. */
function collect(folder: Folder, shards: readonly SafetensorsFile[], others: readonly string[]): TensorStore {
  const tensors = new Map<string, StoredTensor>();
  const files = new Map(shards.map((file) => [file.name, file]));
  for (const file of shards) {
    for (const [name, entry] of file.tensors) {
      const first = tensors.get(name);
      if (first !== undefined) {
        throw new InputError(
          `${folder.path}: expected the tensor ${quote(name)} in one file, got it in ${quote(first.file)} and ${quote(file.name)}`,
        );
      }
      tensors.set(name, { ...entry, file: file.name });
    }
  }
  return {
    tensors,
    files: [...others, ...files.keys()],
    read(name) {
      const entry = tensors.get(name);
      if (entry === undefined) throw new InputError(`${folder.path}: expected a tensor ${quote(name)}, got none`);
      return files.get(entry.file)!.read(name);
    },
  };
}
