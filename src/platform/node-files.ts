/** Files in Node: a folder of a checkpoint. Never leaves the folder by a name; symbolic links are followed. */
import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../formats/index.ts';
import { checkFileName, type Folder } from '../model/folder.ts';

/** The code of a file system's error, as `ENOENT`; anything else is thrown again. */
function errorCode(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  throw error;
}

/**
 * The folder at a path.
 * @throws InputError where there is none. Its functions throw InputError for a name with a separator or `..`, for what
 * is no regular file, for a file that is shorter than what is asked for, and where reading is not allowed.
 */
export function nodeFolder(path: string): Folder {
  let isFolder: boolean;
  try {
    isFolder = statSync(path).isDirectory();
  } catch (error) {
    const code = errorCode(error);
    throw new InputError(`${path}: expected a folder with a checkpoint, got ${reason(code)}; check the path`);
  }
  if (!isFolder) {
    throw new InputError(`${path}: expected a folder with a checkpoint, got a file; give the folder it lies in`);
  }

  const locate = (name: string): string => join(path, checkFileName(path, name));

  const size = async (name: string): Promise<number | undefined> => {
    const file = locate(name);
    try {
      const status = await stat(file);
      if (status.isFile()) return status.size;
    } catch (error) {
      const code = errorCode(error);
      if (code === 'ENOENT') return undefined;
      throw new InputError(`${file}: expected a file that can be read, got ${reason(code)}`);
    }
    throw new InputError(`${file}: expected a regular file, got a folder or a device`);
  };

  /** Throws unless the file is there and regular (opening a pipe would wait for ever). */
  const existing = async (name: string): Promise<string> => {
    const file = locate(name);
    if ((await size(name)) === undefined) throw new InputError(`${file}: expected a file, got nothing there`);
    return file;
  };

  return {
    path,
    size,
    async read(name, offset, length) {
      const file = await existing(name);
      try {
        const handle = await open(file, 'r');
        try {
          const bytes = new Uint8Array(length);
          let filled = 0;
          while (filled < length) {
            const { bytesRead } = await handle.read(bytes, filled, length - filled, offset + filled);
            if (bytesRead === 0) {
              throw new InputError(
                `${file}: expected ${length} bytes at ${offset}, got only ${filled}; the file is truncated`,
              );
            }
            filled += bytesRead;
          }
          return bytes;
        } finally {
          await handle.close();
        }
      } catch (error) {
        if (error instanceof InputError) throw error;
        if (error instanceof RangeError) {
          throw new InputError(`${file}: expected a part that fits into memory, got ${length} bytes at ${offset}`);
        }
        throw new InputError(`${file}: expected a file that can be read, got ${reason(errorCode(error))}`);
      }
    },
    async sha256(name) {
      const file = await existing(name);
      const hash = createHash('sha256');
      try {
        for await (const chunk of createReadStream(file)) hash.update(chunk);
      } catch (error) {
        throw new InputError(`${file}: expected a file that can be read, got ${reason(errorCode(error))}`);
      }
      return hash.digest('hex');
    },
  };
}

function reason(code: string): string {
  if (code === 'ENOENT') return 'nothing there';
  if (code === 'EACCES' || code === 'EPERM') return 'no permission to read it';
  return `the error ${code}`;
}
