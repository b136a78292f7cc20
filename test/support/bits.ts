/** Comparison of bits: −0 is not +0, and every NaN is the canonical one. */
import type { Numbers } from '../../src/tensor/index.ts';

/** Little-endian bytes, NaN as 7fc00000 (7ff8000000000000). */
export function canonicalBytes(data: Numbers): Uint8Array {
  const bytes = new Uint8Array(data.byteLength);
  const view = new DataView(bytes.buffer);
  const size = data.BYTES_PER_ELEMENT;
  data.forEach((x, i) => {
    if (size === 4 && Number.isNaN(x)) view.setUint32(4 * i, 0x7fc00000, true);
    else if (size === 4) view.setFloat32(4 * i, x, true);
    else if (Number.isNaN(x)) view.setBigUint64(8 * i, 0x7ff8000000000000n, true);
    else view.setFloat64(8 * i, x, true);
  });
  return bytes;
}

/** The first index where two arrays differ in a bit; −1 where they do not. */
export function firstDifference(a: Numbers, b: Numbers): number {
  if (a.length !== b.length) return Math.min(a.length, b.length);
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return i;
  return -1;
}
