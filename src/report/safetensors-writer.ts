/** Safetensors files as output: the header of one, for numbers that are written after it one tensor at a time. */
import { InputError } from '../formats/index.ts';

export interface SafetensorsEntry {
  readonly name: string;
  readonly dtype: 'F32' | 'F64';
  readonly shape: readonly number[];
}

/**
 * The bytes in front of the numbers: length and JSON, filled up with spaces so that the data begins at a multiple of
 * 8. After them come the tensors' own bytes in this order, little-endian, row-major, nothing between them (an F32 of
 * odd length before an F64 leaves the F64 unaligned; the format allows it).
 * @throws InputError where a name comes twice or is `__metadata__`.
 */
export function safetensorsHeader(
  entries: readonly SafetensorsEntry[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const names = new Set(['__metadata__']);
  const fields = Object.keys(metadata).length > 0 ? [`"__metadata__":${JSON.stringify(metadata)}`] : [];
  let offset = 0;
  for (const { name, dtype, shape } of entries) {
    if (names.has(name)) {
      throw new InputError(`safetensors: expected every tensor name once, got ${JSON.stringify(name)} again`);
    }
    names.add(name);
    const end = offset + shape.reduce((size, n) => size * n, dtype === 'F32' ? 4 : 8);
    // Written field by field: as a key of an object, a name like __proto__ would be lost.
    fields.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [offset, end] })}`);
    offset = end;
  }
  const json = new TextEncoder().encode(`{${fields.join(',')}}`);
  const length = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, 8);
  return bytes;
}
