/** NumPy's .npz (a zip archive of arrays) and single .npy files as traces. */
import { InputError } from '../../../formats/index.ts';
import { parseJsonObject } from '../../../model/checkpoint/json.ts';
import { quote, show } from '../../../model/checkpoint/show.ts';
import type { Folder } from '../../../model/folder.ts';
import { LONGEST_NPY_HEADER, type NpyHeader, npyNumbers, parseNpyHeader } from './npy.ts';
import type { TensorFile } from './tensor-file.ts';
import { readZipEntry, zipEntries } from './zip.ts';

const MOST_ARRAYS = 65536;
/** The array of bytes that holds a JSON object of texts: an archive has no other place for metadata. */
const METADATA = '__metadata__';
const LONGEST_METADATA = 16 * 1024 * 1024;

/** What an archive or a single array gives: its header, and all of its bytes. */
interface ArrayFile {
  readonly header: NpyHeader;
  readonly bytes: () => Promise<Uint8Array>;
}

/** @throws InputError where the archive is damaged, an entry is no array, or two have one name. */
export async function openNpz(folder: Folder, file: string): Promise<TensorFile> {
  const where = `${folder.path}/${file}`;
  const entries = await zipEntries(folder, file);
  if (entries.length > MOST_ARRAYS) {
    throw new InputError(`${where}: expected at most ${MOST_ARRAYS} arrays, got ${entries.length}`);
  }
  const arrays = new Map<string, ArrayFile>();
  for (const entry of entries) {
    const name = entry.name.replace(/\.npy$/, '');
    const at = `${where}: array ${quote(name)}`;
    if (arrays.has(name)) throw new InputError(`${at}: expected it once, got it twice`);
    const start = await readZipEntry(folder, file, entry, Math.min(entry.size, 12 + LONGEST_NPY_HEADER));
    arrays.set(name, { header: parseNpyHeader(start, at), bytes: () => readZipEntry(folder, file, entry) });
  }
  const metadata = await readMetadata(arrays, where);
  arrays.delete(METADATA);
  return fileOf(where, arrays, metadata);
}

/** @throws InputError where the file is no array. */
export async function openNpy(folder: Folder, file: string): Promise<TensorFile> {
  const where = `${folder.path}/${file}`;
  const size = await folder.size(file);
  if (size === undefined) throw new InputError(`${where}: expected a NumPy array, got nothing there`);
  const header = parseNpyHeader(await folder.read(file, 0, Math.min(size, 12 + LONGEST_NPY_HEADER)), where);
  const array = { header, bytes: () => folder.read(file, 0, size) };
  return fileOf(where, new Map([[file.replace(/\.npy$/, ''), array]]), new Map());
}

function fileOf(
  where: string,
  arrays: ReadonlyMap<string, ArrayFile>,
  metadata: ReadonlyMap<string, string>,
): TensorFile {
  return {
    where,
    metadata,
    tensors: new Map([...arrays].map(([name, { header }]) => [name, header])),
    async read(name) {
      const at = `${where}: array ${quote(name)}`;
      const array = arrays.get(name);
      if (array === undefined) throw new InputError(`${at}: expected it, got none of that name`);
      const bytes = await array.bytes();
      return npyNumbers(array.header, bytes.subarray(array.header.offset), at);
    },
  };
}

async function readMetadata(arrays: ReadonlyMap<string, ArrayFile>, where: string): Promise<Map<string, string>> {
  const array = arrays.get(METADATA);
  if (array === undefined) return new Map();
  const { header } = array;
  const [length = 0] = header.shape;
  if (header.type.name !== 'U8' || header.shape.length !== 1 || length > LONGEST_METADATA) {
    throw new InputError(
      `${where}: ${METADATA}: expected at most ${LONGEST_METADATA} bytes (uint8) of JSON, got ${header.type.name} [${header.shape}]`,
    );
  }
  const bytes = (await array.bytes()).subarray(header.offset);
  const object = parseJsonObject(bytes, `${where}: ${METADATA}`);
  for (const [key, value] of Object.entries(object)) {
    if (typeof value !== 'string') {
      throw new InputError(`${where}: ${METADATA}: ${quote(key)}: expected a text, got ${show(value)}`);
    }
  }
  return new Map(Object.entries(object as Record<string, string>));
}
