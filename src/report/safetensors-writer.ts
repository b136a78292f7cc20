/** Safetensors files as output: the header of one, for numbers that are written after it one tensor at a time. */
import { InputError } from '../formats/index.ts';
import { toBinary16 } from '../model/checkpoint/dtypes.ts';
import { type Numbers, withCanonicalNaN } from '../tensor/index.ts';

export interface SafetensorsEntry {
  readonly name: string;
  readonly dtype: WrittenDtype;
  readonly shape: readonly number[];
}

/** Bytes an element. */
const BYTES = { F64: 8, F32: 4, F16: 2, BF16: 2 } as const;
export type WrittenDtype = keyof typeof BYTES;

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
    const end = offset + shape.reduce((size, n) => size * n, BYTES[dtype]);
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

const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** The little-endian bytes of numbers that the type holds, a NaN as the canonical quiet one. */
export function safetensorsBytes(dtype: WrittenDtype, data: Numbers): Uint8Array {
  if (dtype === 'F64') return littleEndian(withCanonicalNaN(Float64Array.from(data)));
  const single = withCanonicalNaN(Float32Array.from(data));
  if (dtype === 'F32') return littleEndian(single);
  if (dtype === 'F16') return littleEndian(Uint16Array.from(single, toBinary16));
  // A bfloat16 is the upper half of a float32.
  return littleEndian(Uint16Array.from(new Uint32Array(single.buffer), (bits) => bits >>> 16));
}

function littleEndian(data: Float64Array | Float32Array | Uint16Array): Uint8Array {
  const bytes = new Uint8Array(data.buffer);
  if (LITTLE_ENDIAN) return bytes;
  for (let at = 0; at < bytes.length; at += data.BYTES_PER_ELEMENT)
    bytes.subarray(at, at + data.BYTES_PER_ELEMENT).reverse();
  return bytes;
}
