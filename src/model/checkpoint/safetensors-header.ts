/**
 * The header of a safetensors file: 8 bytes with its length (little-endian), then JSON with name, dtype, shape and
 * byte range of every tensor. Checked as the format demands, so that no tensor can lie outside the file or on another.
 * References: https://github.com/huggingface/safetensors, "Format".
 */
import { InputError } from '../../formats/index.ts';
import { DTYPE_BITS } from './dtypes.ts';
import { isObject, parseJsonObject } from './json.ts';
import { quote, show } from './show.ts';

/** The format's own limit. */
export const LONGEST_HEADER = 100_000_000;

export interface TensorEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** First byte in the file. */
  readonly offset: number;
  readonly bytes: number;
}

/**
 * The length of the header from the first 8 bytes of a file.
 * @throws InputError where it cannot be.
 */
export function headerLength(first: Uint8Array, fileSize: number, where: string): number {
  if (fileSize < 8 || first.length < 8) {
    throw new InputError(`${where}: expected a safetensors file, got only ${fileSize} bytes; get the file again`);
  }
  const length = new DataView(first.buffer, first.byteOffset, 8).getBigUint64(0, true);
  const most = Math.min(fileSize - 8, LONGEST_HEADER);
  if (length > BigInt(most)) {
    throw new InputError(
      `${where}: expected a safetensors header of at most ${most} bytes, got a length of ${length}; the file is truncated or no safetensors file`,
    );
  }
  return Number(length);
}

export interface SafetensorsHeader {
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** The texts of `__metadata__`. */
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * The tensors of a header, by name, and its metadata.
 * @param json the header without its length
 * @throws InputError where it breaks the format's rules.
 */
export function parseHeader(json: Uint8Array, fileSize: number, where: string): SafetensorsHeader {
  if (json[0] !== 0x7b) {
    throw new InputError(`${where}: expected a safetensors header that begins with '{'; this is no safetensors file`);
  }
  const dataStart = 8 + json.length;
  const tensors = new Map<string, TensorEntry>();
  let metadata: ReadonlyMap<string, string> = new Map();
  for (const [name, value] of Object.entries(parseJsonObject(json, `${where}: header`))) {
    if (name === '__metadata__') metadata = parseMetadata(value, where);
    else tensors.set(name, parseEntry(value, dataStart, fileSize, `${where}: tensor ${quote(name)}`));
  }
  checkCover(tensors, dataStart, fileSize, where);
  return { tensors, metadata };
}

function parseMetadata(value: unknown, where: string): Map<string, string> {
  if (!isObject(value) || !Object.values(value).every((text) => typeof text === 'string')) {
    throw new InputError(`${where}: expected __metadata__ to be an object of strings, got ${show(value)}`);
  }
  return new Map(Object.entries(value as Record<string, string>));
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && !Object.is(value, -0);
}

function parseEntry(value: unknown, dataStart: number, fileSize: number, where: string): TensorEntry {
  if (!isObject(value)) throw new InputError(`${where}: expected an object, got ${show(value)}`);
  for (const key of Object.keys(value)) {
    if (key !== 'dtype' && key !== 'shape' && key !== 'data_offsets') {
      throw new InputError(`${where}: expected dtype, shape and data_offsets, got the key ${quote(key)}`);
    }
  }
  const { dtype, shape, data_offsets: range } = value;
  const bits = typeof dtype === 'string' ? DTYPE_BITS.get(dtype) : undefined;
  if (bits === undefined) {
    throw new InputError(`${where}: expected a dtype of ${[...DTYPE_BITS.keys()].join(', ')}, got ${show(dtype)}`);
  }
  if (!Array.isArray(shape) || !shape.every(isCount)) {
    throw new InputError(`${where}: expected a shape of non-negative integers, got ${show(shape)}`);
  }
  if (!Array.isArray(range) || range.length !== 2 || !range.every(isCount) || range[0] > range[1]) {
    throw new InputError(`${where}: expected data_offsets of two integers [begin, end], got ${show(range)}`);
  }
  const [begin, end] = range as number[];
  if (end > fileSize - dataStart) {
    throw new InputError(
      `${where}: expected data_offsets within the ${fileSize - dataStart} bytes of data, got ${show(range)}; the file is truncated`,
    );
  }
  const elements = countElements(shape);
  if (elements === undefined || BigInt(elements) * BigInt(bits) !== BigInt(end - begin) * 8n) {
    const expected = elements === undefined ? 'more bytes than a file can have' : `${(elements * bits) / 8} bytes`;
    throw new InputError(`${where}: expected ${expected} for ${dtype} ${show(shape)}, got ${end - begin} bytes`);
  }
  return { dtype: dtype as string, shape, offset: dataStart + begin, bytes: end - begin };
}

/** The product of a shape; undefined above 2^53, where no file reaches (the rest is then not multiplied out). */
function countElements(shape: readonly number[]): number | undefined {
  if (shape.includes(0)) return 0;
  let product = 1;
  for (const n of shape) {
    product *= n;
    // A product that is rounded lies above 2^53 too.
    if (product > Number.MAX_SAFE_INTEGER) return undefined;
  }
  return product;
}

/** The tensors must cover the data without overlap and without a hole. */
function checkCover(tensors: Map<string, TensorEntry>, dataStart: number, fileSize: number, where: string): void {
  const sorted = [...tensors].sort(([, a], [, b]) => a.offset - b.offset || a.bytes - b.bytes);
  let end = dataStart;
  let previous = 'the header';
  for (const [name, entry] of sorted) {
    if (entry.offset !== end) {
      const fault = entry.offset < end ? 'one that overlaps' : `a hole of ${entry.offset - end} bytes after`;
      throw new InputError(
        `${where}: tensor ${quote(name)}: expected data right after that of ${previous}, got ${fault} it; the header is wrong`,
      );
    }
    end = entry.offset + entry.bytes;
    previous = quote(name);
  }
  if (end !== fileSize) {
    throw new InputError(
      `${where}: expected the file to end with its last tensor at byte ${end}, got ${fileSize} bytes; get the file again`,
    );
  }
}
