/** WebGPU in a browser. */
import { InputError } from '../formats/index.ts';

/** @throws InputError where the browser has none, or the page may not use it */
export function browserGpu(): GPU {
  const gpu: GPU | undefined = globalThis.navigator?.gpu;
  if (gpu !== undefined) return gpu;
  throw new InputError(
    'webgpu: expected a browser with WebGPU, and a page from https or localhost, got no navigator.gpu; use the cpu backend',
  );
}
