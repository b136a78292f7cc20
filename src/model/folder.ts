/** A folder of files, as far as a checkpoint needs one: what differs between Node and a browser is passed in. */

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
