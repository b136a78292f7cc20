/** WebGPU in Node: Dawn, from the optional package `webgpu`. */
import { InputError } from '../formats/index.ts';

/**
 * What `navigator.gpu` is in a browser. The caller keeps it, and what it makes, reachable (src/backends/webgpu/device.ts).
 * @throws InputError where the package is not installed, or has no build for this machine
 */
export async function nodeGpu(): Promise<GPU> {
  try {
    const { create } = await import('webgpu');
    return create([]);
  } catch (error) {
    const [reason] = String((error as Error).message).split('\n');
    throw new InputError(
      `webgpu: expected the optional package webgpu, which did not load (${reason}); run npm install webgpu, or use --backend cpu`,
    );
  }
}
