/** Safetensors as traces: every element type that has numbers, read by offset. */
import { InputError } from '../../../formats/index.ts';
import { openSafetensors } from '../../../model/checkpoint/safetensors.ts';
import { quote } from '../../../model/checkpoint/show.ts';
import type { Folder } from '../../../model/folder.ts';
import { storedTypes } from './stored-types.ts';
import { allocate, decodeNumbers, type StoredTensor, type TensorFile } from './tensor-file.ts';

/** Bytes read at a time; a multiple of every element size. */
const CHUNK = 8 * 1024 * 1024;

/** @throws InputError where the file breaks the format's rules, or a tensor is of a type without numbers. */
export async function openSafetensorsTrace(folder: Folder, name: string): Promise<TensorFile> {
  const where = `${folder.path}/${name}`;
  const file = await openSafetensors(folder, name);
  const tensors = new Map<string, StoredTensor>();
  for (const [key, { dtype, shape }] of file.tensors) {
    const type = storedTypes.get(dtype);
    if (type === undefined) {
      throw new InputError(
        `${where}: tensor ${quote(key)}: expected a dtype of ${[...storedTypes.keys()].join(', ')}, got ${dtype}; convert it first`,
      );
    }
    tensors.set(key, { shape, type });
  }
  return {
    where,
    metadata: file.metadata,
    tensors,
    async read(key) {
      const entry = file.tensors.get(key);
      const tensor = tensors.get(key);
      const at = `${where}: tensor ${quote(key)}`;
      if (entry === undefined || tensor === undefined)
        throw new InputError(`${at}: expected it, got none of that name`);
      const numbers = allocate(entry.shape, at);
      for (let done = 0; done < entry.bytes; done += CHUNK) {
        const bytes = await folder.read(name, entry.offset + done, Math.min(CHUNK, entry.bytes - done));
        decodeNumbers(tensor.type, bytes, true, numbers, done / tensor.type.bytes, at);
      }
      return numbers;
    },
  };
}
