/** A safetensors file: its header is read at once, its tensors by offset when they are asked for. */
import { InputError } from '../../formats/index.ts';
import { type Numbers, sizeOf, type Tensor, tensor } from '../../tensor/tensor.ts';
import type { Folder } from '../folder.ts';
import { READABLE } from './dtypes.ts';
import { headerLength, parseHeader, type TensorEntry } from './safetensors-header.ts';
import { quote } from './show.ts';

/** Bytes read at a time: what a tensor needs beside its own numbers. A multiple of every element size. */
const CHUNK = 8 * 1024 * 1024;

export interface SafetensorsFile {
  readonly name: string;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** The texts of `__metadata__`. */
  readonly metadata: ReadonlyMap<string, string>;
  /**
   * The numbers of a tensor, unrounded: F64 in a Float64Array; F32, F16 and BF16 in a Float32Array.
   * @throws InputError where the file does not hold it, or its dtype is another.
   */
  read(tensor: string): Promise<Tensor>;
}

/** @throws InputError where the file is missing, truncated, or breaks the format's rules. */
export async function openSafetensors(folder: Folder, name: string): Promise<SafetensorsFile> {
  const where = `${folder.path}/${name}`;
  const fileSize = await folder.size(name);
  if (fileSize === undefined) throw new InputError(`${where}: expected a safetensors file, got nothing there`);
  const length = headerLength(await folder.read(name, 0, Math.min(8, fileSize)), fileSize, where);
  const { tensors, metadata } = parseHeader(await folder.read(name, 8, length), fileSize, where);
  return {
    name,
    tensors,
    metadata,
    async read(key) {
      const entry = tensors.get(key);
      if (entry === undefined) throw new InputError(`${where}: expected a tensor ${quote(key)}, got none of that name`);
      return readEntry(folder, name, entry, `${where}: tensor ${quote(key)}`);
    },
  };
}

/** @throws InputError unless the dtype is one whose numbers are read. */
export function checkReadable(entry: TensorEntry, where: string): void {
  if (READABLE.has(entry.dtype)) return;
  throw new InputError(
    `${where}: expected a dtype of ${[...READABLE.keys()].join(', ')}, got ${entry.dtype}; convert the checkpoint first`,
  );
}

async function readEntry(folder: Folder, name: string, entry: TensorEntry, where: string): Promise<Tensor> {
  checkReadable(entry, where);
  const dtype = READABLE.get(entry.dtype)!;
  let data: Numbers;
  try {
    data = dtype.allocate(sizeOf(entry.shape));
  } catch {
    throw new InputError(`${where}: expected a tensor that fits into memory, got ${entry.bytes} bytes`);
  }
  for (let done = 0; done < entry.bytes; done += CHUNK) {
    const length = Math.min(CHUNK, entry.bytes - done);
    const bytes = await folder.read(name, entry.offset + done, length);
    dtype.decode(new DataView(bytes.buffer, bytes.byteOffset, length), data, done / dtype.bytes);
  }
  return tensor(entry.shape, data);
}
