/** Files in a browser: a folder of a checkpoint, from files that a user chose, from bytes, or from an address. */
import { InputError } from '../formats/index.ts';
import { checkFileName, type Folder } from '../model/folder.ts';

/** Files with their names, or blobs or bytes by name. */
export type CheckpointFiles = Iterable<File> | Readonly<Record<string, Blob | Uint8Array<ArrayBuffer>>>;

/** Its functions throw InputError for what is not there, or is shorter than what is asked for. */
export function filesFolder(files: CheckpointFiles, path = 'checkpoint'): Folder {
  const blobs = new Map<string, Blob>(
    Symbol.iterator in files
      ? Array.from(files as Iterable<File>, (file) => [file.name, file])
      : Object.entries(files).map(([name, file]) => [name, file instanceof Blob ? file : new Blob([file])]),
  );
  const existing = (name: string): Blob => {
    const blob = blobs.get(name);
    if (blob === undefined) throw new InputError(`${path}/${name}: expected a file, got nothing there`);
    return blob;
  };
  return {
    path,
    size: async (name) => blobs.get(checkFileName(path, name))?.size,
    read: async (name, offset, length) => partOf(existing(name), `${path}/${name}`, offset, length),
    sha256: async (name) => sha256Of(existing(name)),
  };
}

/**
 * The folder at an address. Parts of files are asked for by range; where a server knows no ranges, the whole file is kept.
 * Its functions throw InputError for what is not there, cannot be fetched, or is shorter than what is asked for.
 */
export function urlFolder(address: string | URL): Folder {
  const path = String(address).replace(/\/+$/, '');
  const wholes = new Map<string, Promise<Blob | undefined>>();
  const request = async (name: string, init: RequestInit = {}): Promise<Response | undefined> => {
    const url = `${path}/${encodeURIComponent(checkFileName(path, name))}`;
    let response: Response;
    try {
      response = await fetch(url, init);
    } catch (error) {
      throw new InputError(`${url}: expected a file that can be fetched, got ${(error as Error).message}`);
    }
    if (response.ok) return response;
    if (response.status === 404) return undefined;
    throw new InputError(`${url}: expected a file that can be fetched, got status ${response.status}`);
  };
  const whole = (name: string): Promise<Blob | undefined> => {
    const blob = wholes.get(name) ?? request(name).then((response) => response?.blob());
    wholes.set(name, blob);
    return blob;
  };
  const existing = async (name: string): Promise<Blob> => {
    const blob = await whole(name);
    if (blob === undefined) throw new InputError(`${path}/${name}: expected a file, got nothing there`);
    return blob;
  };
  return {
    path,
    async size(name) {
      const response = await request(name, { method: 'HEAD' });
      if (response === undefined) return undefined;
      const length = response.headers.get('Content-Length');
      const takesRanges = response.headers.get('Accept-Ranges') === 'bytes';
      // The length of what is sent compressed is not the file's.
      const plain = !response.headers.has('Content-Encoding');
      return takesRanges && plain && length !== null ? Number(length) : (await whole(name))?.size;
    },
    async read(name, offset, length) {
      if (length === 0) return new Uint8Array(0);
      if (!wholes.has(name)) {
        const response = await request(name, { headers: { Range: `bytes=${offset}-${offset + length - 1}` } });
        if (response?.status === 206) {
          return checked(new Uint8Array(await response.arrayBuffer()), `${path}/${name}`, offset, length);
        }
        // A server that sends all of it is not asked again.
        if (response !== undefined) wholes.set(name, response.blob());
      }
      return partOf(await existing(name), `${path}/${name}`, offset, length);
    },
    sha256: async (name) => sha256Of(await existing(name)),
  };
}

async function partOf(blob: Blob, where: string, offset: number, length: number): Promise<Uint8Array> {
  return checked(new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer()), where, offset, length);
}

function checked(bytes: Uint8Array, where: string, offset: number, length: number): Uint8Array {
  if (bytes.length === length) return bytes;
  throw new InputError(
    `${where}: expected ${length} bytes at ${offset}, got ${bytes.length}; the file is truncated, or changed meanwhile`,
  );
}

async function sha256Of(blob: Blob): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer()));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
