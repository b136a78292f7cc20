/** A folder of files, as far as a checkpoint needs one: what differs between Node and a browser is passed in. */
import { InputError } from '../formats/index.ts';

export interface Folder {
  /** As given; for messages only. */
  readonly path: string;
  /** The size in bytes; undefined where there is no such file. */
  size(name: string): Promise<number | undefined>;
  /**
   * Exactly `length` bytes from `offset`.
   * @throws InputError where the file is shorter, or is none.
   */
  read(name: string, offset: number, length: number): Promise<Uint8Array>;
  /** In hexadecimal, streamed. */
  sha256(name: string): Promise<string>;
}

/**
 * The name, where it is that of a file in the folder itself.
 * @throws InputError for one with a separator, or `..`
 */
export function checkFileName(path: string, name: string): string {
  if (name !== '' && name !== '.' && name !== '..' && !/[/\\:\0]/.test(name)) return name;
  throw new InputError(`${path}: expected the name of a file in this folder, got ${JSON.stringify(name)}`);
}
