/** The element types that traces are stored in, by safetensors' names: each is read without rounding. */
import { decode, type Format, formats } from '../../../formats/index.ts';
import { fromBfloat16, fromBinary16 } from '../../../model/checkpoint/dtypes.ts';

export interface StoredType {
  readonly name: string;
  readonly bytes: number;
  /** null for integers. */
  readonly format: Format | null;
  /** The number at a byte. A 64-bit integer beyond 2^53 comes rounded; the reader refuses it. */
  readonly at: (view: DataView, offset: number, littleEndian: boolean) => number;
}

type At = StoredType['at'];

/** All numbers of an 8-bit format, by code. */
function codes(format: Format): At {
  const numbers = Float64Array.from({ length: 256 }, (_, code) => decode(BigInt(code), format));
  return (view, offset) => numbers[view.getUint8(offset)];
}

const rows: readonly (readonly [string, number, Format | null, At])[] = [
  ['F64', 8, formats.fp64, (v, o, little) => v.getFloat64(o, little)],
  ['F32', 4, formats.fp32, (v, o, little) => v.getFloat32(o, little)],
  ['F16', 2, formats.fp16, (v, o, little) => fromBinary16(v.getUint16(o, little))],
  ['BF16', 2, formats.bf16, (v, o, little) => fromBfloat16(v.getUint16(o, little))],
  ['F8_E5M2', 1, formats.e5m2, codes(formats.e5m2)],
  ['F8_E4M3', 1, formats.e4m3, codes(formats.e4m3)],
  ['I64', 8, null, (v, o, little) => Number(v.getBigInt64(o, little))],
  ['U64', 8, null, (v, o, little) => Number(v.getBigUint64(o, little))],
  ['I32', 4, null, (v, o, little) => v.getInt32(o, little)],
  ['U32', 4, null, (v, o, little) => v.getUint32(o, little)],
  ['I16', 2, null, (v, o, little) => v.getInt16(o, little)],
  ['U16', 2, null, (v, o, little) => v.getUint16(o, little)],
  ['I8', 1, null, (v, o) => v.getInt8(o)],
  ['U8', 1, null, (v, o) => v.getUint8(o)],
  ['BOOL', 1, null, (v, o) => v.getUint8(o)],
];

export const storedTypes: ReadonlyMap<string, StoredType> = new Map(
  rows.map(([name, bytes, format, at]) => [name, { name, bytes, format, at }]),
);
