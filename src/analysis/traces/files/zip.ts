/**
 * Entries of a zip archive, read one at a time through its central directory: stored or deflated, with zip64 sizes. The
 * archive is not trusted: an entry never becomes longer than it says, and its checksum is compared.
 * References: PKWARE, APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12, 4.3.14 to 4.3.16, 4.5.3.
 */
import { Inflate } from 'fflate';
import { InputError } from '../../../formats/index.ts';
import { quote, reasonOf } from '../../../model/checkpoint/show.ts';
import type { Folder } from '../../../model/folder.ts';
import { crc32 } from './crc32.ts';

export interface ZipEntry {
  readonly name: string;
  readonly method: 0 | 8;
  readonly crc: number;
  readonly compressed: number;
  readonly size: number;
  /** Of the local header. */
  readonly offset: number;
}

/** Bytes of the directory at most: some hundred thousand entries. */
const LARGEST_DIRECTORY = 64 * 1024 * 1024;
/** The end record and the longest comment behind it. */
const TAIL = 22 + 0xffff;
/** Bytes read at a time. A deflated chunk unpacks to 1032 times its size at most. */
const CHUNK = { stored: 8 * 1024 * 1024, deflated: 64 * 1024 } as const;
const END = 0x06054b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const DIRECTORY = 0x02014b50;
const LOCAL = 0x04034b50;

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** @throws InputError where the file is no zip archive that can be read */
export async function zipEntries(folder: Folder, name: string): Promise<ZipEntry[]> {
  const where = `${folder.path}/${name}`;
  const fileSize = await folder.size(name);
  if (fileSize === undefined) throw new InputError(`${where}: expected a zip archive, got nothing there`);
  const tailStart = Math.max(0, fileSize - TAIL);
  const tail = await folder.read(name, tailStart, fileSize - tailStart);
  const { count, size, offset } = await directoryPlace(folder, name, tail, tailStart, where);
  if (size > LARGEST_DIRECTORY || offset + size > fileSize) {
    throw new InputError(
      `${where}: expected a zip directory inside the file, got ${size} bytes at ${offset}; get it again`,
    );
  }
  return parseDirectory(await folder.read(name, offset, size), count, fileSize, where);
}

interface Place {
  readonly count: number;
  readonly size: number;
  readonly offset: number;
}

async function directoryPlace(
  folder: Folder,
  name: string,
  tail: Uint8Array,
  tailStart: number,
  where: string,
): Promise<Place> {
  const view = viewOf(tail);
  for (let at = tail.length - 22; at >= 0; at--) {
    if (view.getUint32(at, true) !== END || at + 22 + view.getUint16(at + 20, true) !== tail.length) continue;
    const place = {
      count: view.getUint16(at + 10, true),
      size: view.getUint32(at + 12, true),
      offset: view.getUint32(at + 16, true),
    };
    if (place.count !== 0xffff && place.size !== 0xffffffff && place.offset !== 0xffffffff) return place;
    if (at < 20 || view.getUint32(at - 20, true) !== LOCATOR64) return place;
    const start = integer64(view, at - 20 + 8, where);
    if (start + 56 > tailStart + tail.length) break;
    const record = viewOf(await folder.read(name, start, 56));
    if (record.getUint32(0, true) !== END64) break;
    return {
      count: integer64(record, 32, where),
      size: integer64(record, 40, where),
      offset: integer64(record, 48, where),
    };
  }
  throw new InputError(`${where}: expected a zip archive, got a file without its end; it is truncated or another file`);
}

function integer64(view: DataView, at: number, where: string): number {
  const value = Number(view.getBigUint64(at, true));
  if (Number.isSafeInteger(value)) return value;
  throw new InputError(`${where}: expected sizes below 2^53, got ${value}; the archive is damaged`);
}

function parseDirectory(bytes: Uint8Array, count: number, fileSize: number, where: string): ZipEntry[] {
  const view = viewOf(bytes);
  const entries: ZipEntry[] = [];
  const damaged = (): InputError => new InputError(`${where}: expected ${count} directory entries, got a damaged one`);
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== DIRECTORY) throw damaged();
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((o) => view.getUint16(at + o, true));
    const end = at + 46 + nameLength + extraLength + commentLength;
    if (end > bytes.length) throw damaged();
    const entryName = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    const extra = bytes.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength);
    const of = `${where}: entry ${quote(entryName)}`;
    const [size, compressed, offset] = wideFields(
      [24, 20, 42].map((o) => view.getUint32(at + o, true)),
      extra,
      of,
    );
    const method = view.getUint16(at + 10, true);
    if ((view.getUint16(at + 8, true) & 1) !== 0) throw new InputError(`${of}: expected no encryption, got some`);
    if (method !== 0 && method !== 8) {
      throw new InputError(
        `${of}: expected it stored or deflated, got method ${method}; save it again with numpy.savez`,
      );
    }
    if (offset + 30 + compressed > fileSize || (method === 0 && size !== compressed)) {
      throw new InputError(`${of}: expected data inside the file, got ${compressed} bytes at ${offset}; get it again`);
    }
    entries.push({ name: entryName, method, crc: view.getUint32(at + 16, true), compressed, size, offset });
    at = end;
  }
  return entries;
}

/** Size, compressed size and offset, each from the zip64 field where it is full. */
function wideFields(fields: readonly number[], extra: Uint8Array, where: string): number[] {
  if (!fields.includes(0xffffffff)) return [...fields];
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; ) {
    const [id, length] = [view.getUint16(at, true), view.getUint16(at + 2, true)];
    const end = at + 4 + length;
    if (id === 1 && end <= extra.length) {
      let next = at + 4;
      return fields.map((field) => {
        if (field !== 0xffffffff) return field;
        if (next + 8 > end) throw new InputError(`${where}: expected a zip64 field of its size, got a shorter one`);
        next += 8;
        return integer64(view, next - 8, where);
      });
    }
    at = end;
  }
  throw new InputError(`${where}: expected a zip64 field, got none; the archive is damaged`);
}

/**
 * The first `most` bytes of an entry, or all of it. All of it is held against its checksum.
 * @throws InputError where it does not unpack to its size
 */
export async function readZipEntry(
  folder: Folder,
  file: string,
  entry: ZipEntry,
  most = entry.size,
): Promise<Uint8Array> {
  const where = `${folder.path}/${file}: entry ${quote(entry.name)}`;
  const local = viewOf(await folder.read(file, entry.offset, 30));
  if (local.getUint32(0, true) !== LOCAL) throw new InputError(`${where}: expected its header, got something else`);
  const start = entry.offset + 30 + local.getUint16(26, true) + local.getUint16(28, true);
  const wanted = Math.min(most, entry.size);
  const bytes = allocateBytes(wanted, where);
  const whole = wanted === entry.size;
  const filled = await unpack(folder, file, entry, start, bytes, whole, where);
  if (whole ? filled !== wanted : filled < wanted) {
    throw new InputError(`${where}: expected ${entry.size} bytes, got ${filled} or more; the archive is damaged`);
  }
  if (whole && crc32(bytes) !== entry.crc) {
    throw new InputError(`${where}: expected bytes of its checksum, got others; the archive is damaged`);
  }
  return bytes;
}

function allocateBytes(length: number, where: string): Uint8Array {
  try {
    return new Uint8Array(length);
  } catch {
    throw new InputError(`${where}: expected an entry that fits into memory, got ${length} bytes`);
  }
}

/**
 * Unpacks into `target` until it is full; to the entry's end, or to the first chunk that is too much, where that is `whole`.
 * @returns how many bytes there were
 */
async function unpack(
  folder: Folder,
  file: string,
  { method, compressed }: ZipEntry,
  start: number,
  target: Uint8Array,
  whole: boolean,
  where: string,
): Promise<number> {
  let filled = 0;
  const add = (piece: Uint8Array): void => {
    if (filled < target.length) target.set(piece.subarray(0, target.length - filled), filled);
    filled += piece.length;
  };
  const inflate = new Inflate(add);
  const chunk = method === 0 ? CHUNK.stored : CHUNK.deflated;
  for (let done = 0; done < compressed; done += chunk) {
    if (whole ? filled > target.length : filled >= target.length) break;
    const piece = await folder.read(file, start + done, Math.min(chunk, compressed - done));
    if (method === 0) {
      add(piece);
      continue;
    }
    try {
      inflate.push(piece, done + chunk >= compressed);
    } catch (error) {
      throw new InputError(`${where}: expected deflated bytes, got what is not (${reasonOf(error)})`);
    }
  }
  return filled;
}
