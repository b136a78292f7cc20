/** Taps as a safetensors file, written one at a time as they are computed. */
import { type AtomicFile, atomicFile } from '../platform/node-output.ts';
import { safetensorsHeader } from '../report/safetensors-writer.ts';
import type { Tensor } from '../tensor/index.ts';

export interface Dump {
  /** The next tap, in the order of `taps`. */
  add(tensor: Tensor): void;
  commit(): void;
  abort(): void;
}

/** @throws InputError where the file cannot be written */
export function dumpTo(
  option: string,
  path: string,
  taps: readonly { readonly tap: string; readonly shape: readonly number[] }[],
  dtype: 'F32' | 'F64',
  metadata: Readonly<Record<string, string>>,
): Dump {
  const file: AtomicFile = atomicFile(option, path);
  const entries = taps.map(({ tap, shape }) => ({ name: tap, dtype, shape }));
  file.write(safetensorsHeader(entries, metadata));
  return {
    add: ({ data }) => file.write(littleEndian(dtype === 'F32' ? Float32Array.from(data) : Float64Array.from(data))),
    commit: () => file.commit(),
    abort: () => file.abort(),
  };
}

const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** Bytes of the numbers, a NaN as the canonical quiet one. */
function littleEndian(data: Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>): Uint8Array {
  const bytes = new Uint8Array(data.buffer);
  const view = new DataView(data.buffer);
  for (let i = 0; i < data.length; i++) {
    if (Number.isNaN(data[i])) {
      if (data instanceof Float32Array) view.setUint32(4 * i, 0x7fc00000, LITTLE_ENDIAN);
      else view.setBigUint64(8 * i, 0x7ff8000000000000n, LITTLE_ENDIAN);
    }
  }
  if (!LITTLE_ENDIAN) {
    for (let at = 0; at < bytes.length; at += data.BYTES_PER_ELEMENT)
      bytes.subarray(at, at + data.BYTES_PER_ELEMENT).reverse();
  }
  return bytes;
}
