/** A file of named tensors as a trace reads it: headers at once, numbers of one tensor when they are asked for. */
import { InputError } from '../../../formats/index.ts';
import { sizeOf } from '../../../tensor/index.ts';
import { LARGEST_TAP } from '../../options.ts';
import type { StoredType } from './stored-types.ts';

export interface StoredTensor {
  readonly shape: readonly number[];
  readonly type: StoredType;
}

export interface TensorFile {
  /** For messages. */
  readonly where: string;
  /** Texts about the whole file. */
  readonly metadata: ReadonlyMap<string, string>;
  /** In the file's order. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /**
   * The numbers, row-major, unrounded.
   * @throws InputError where they cannot be read, or an integer is beyond 2^53
   */
  read(name: string): Promise<Float64Array>;
}

/**
 * Room for the numbers of a tensor.
 * @throws InputError where there is none
 */
export function allocate(shape: readonly number[], where: string): Float64Array {
  const size = sizeOf(shape);
  if (size > LARGEST_TAP) {
    throw new InputError(`${where}: expected at most ${LARGEST_TAP} numbers, got ${size}; record a smaller batch`);
  }
  try {
    return new Float64Array(size);
  } catch {
    throw new InputError(`${where}: expected a tensor that fits into memory, got ${size} numbers`);
  }
}

/**
 * Decodes all numbers of `bytes` into `target` from `start` on.
 * @throws InputError where an integer is no float64
 */
export function decodeNumbers(
  { at, bytes: size, format }: StoredType,
  bytes: Uint8Array,
  littleEndian: boolean,
  target: Float64Array,
  start: number,
  where: string,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = Math.floor(bytes.byteLength / size);
  for (let i = 0; i < count; i++) target[start + i] = at(view, i * size, littleEndian);
  if (format !== null || size < 8) return;
  for (let i = start; i < start + count; i++) {
    if (Number.isSafeInteger(target[i])) continue;
    throw new InputError(`${where}: expected integers up to 2^53, got one of about ${target[i]}`);
  }
}
