/** Taps as a safetensors file, written one at a time as they are computed. */
import { type AtomicFile, atomicFile } from '../platform/node-output.ts';
import { type SafetensorsEntry, safetensorsBytes, safetensorsHeader } from '../report/safetensors-writer.ts';
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
  taps: readonly SafetensorsEntry[],
  metadata: Readonly<Record<string, string>>,
): Dump {
  const file: AtomicFile = atomicFile(option, path);
  let next = 0;
  file.write(safetensorsHeader(taps, metadata));
  return {
    add: ({ data }) => file.write(safetensorsBytes(taps[next++].dtype, data)),
    commit: () => file.commit(),
    abort: () => file.abort(),
  };
}
