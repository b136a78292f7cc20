/** The element types of safetensors: the size of all of them, and the numbers of those that are read. */
import type { Numbers } from '../../tensor/tensor.ts';

/** Bits an element; the names of safetensors 0.6. */
export const DTYPE_BITS: ReadonlyMap<string, number> = new Map([
  ['BOOL', 8],
  ['F4', 4],
  ['F6_E2M3', 6],
  ['F6_E3M2', 6],
  ['U8', 8],
  ['I8', 8],
  ['F8_E5M2', 8],
  ['F8_E4M3', 8],
  ['F8_E8M0', 8],
  ['F8_E4M3FNUZ', 8],
  ['F8_E5M2FNUZ', 8],
  ['U16', 16],
  ['I16', 16],
  ['F16', 16],
  ['BF16', 16],
  ['U32', 32],
  ['I32', 32],
  ['F32', 32],
  ['U64', 64],
  ['I64', 64],
  ['F64', 64],
  ['C64', 64],
]);

/** One element type whose numbers are read: bytes an element, where they go, how one is decoded. */
export interface ReadableDtype {
  readonly bytes: number;
  readonly allocate: (length: number) => Numbers;
  /** Decodes all of `source` into `target` from `start` on. */
  readonly decode: (source: DataView, target: Numbers, start: number) => void;
}

const float32 = (length: number): Numbers => new Float32Array(length);
const float64 = (length: number): Numbers => new Float64Array(length);

function readable(
  bytes: number,
  allocate: (length: number) => Numbers,
  at: (s: DataView, o: number) => number,
): ReadableDtype {
  return {
    bytes,
    allocate,
    decode: (source, target, start) => {
      const count = source.byteLength / bytes;
      for (let i = 0; i < count; i++) target[start + i] = at(source, i * bytes);
    },
  };
}

const scratch = new DataView(new ArrayBuffer(4));

/** The number of a bfloat16's bits: the upper half of a float32. */
export function fromBfloat16(bits: number): number {
  scratch.setUint32(0, bits * 0x10000);
  return scratch.getFloat32(0);
}

/** The number of an IEEE binary16's bits. */
export function fromBinary16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  // 1024 + fraction is below 2^11 and the powers of two are exact.
  return sign * (1024 + fraction) * BINARY16_SCALE[exponent];
}

const BINARY16_SCALE = Float64Array.from({ length: 31 }, (_, exponent) =>
  exponent <= 25 ? 1 / 2 ** (25 - exponent) : 2 ** (exponent - 25),
);

/** The bits of a number of IEEE binary16, the inverse of `fromBinary16`; a NaN as the positive quiet one. */
export function toBinary16(x: number): number {
  if (Number.isNaN(x)) return 0x7e00;
  const sign = x < 0 || Object.is(x, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(x);
  // Multiples of 2^-24 below 2^-14: subnormal, the code is the multiple.
  if (magnitude < 2 ** -14) return sign | (magnitude * 2 ** 24);
  // A float32 has the same fields, 13 bits of fraction and 112 of exponent further.
  scratch.setFloat32(0, magnitude);
  return sign | (magnitude === Number.POSITIVE_INFINITY ? 0x7c00 : (scratch.getUint32(0) - (112 << 23)) >>> 13);
}

/** The types whose numbers are read; every one of them without rounding. */
export const READABLE: ReadonlyMap<string, ReadableDtype> = new Map([
  ['F64', readable(8, float64, (s, o) => s.getFloat64(o, true))],
  ['F32', readable(4, float32, (s, o) => s.getFloat32(o, true))],
  ['F16', readable(2, float32, (s, o) => fromBinary16(s.getUint16(o, true)))],
  ['BF16', readable(2, float32, (s, o) => fromBfloat16(s.getUint16(o, true)))],
]);
