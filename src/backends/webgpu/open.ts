/** Opens the backend, and loads it only then: its shaders' texts are of no use to those who compute on the CPU. */
import type { GpuBackend } from './backend.ts';
import type { DeviceOptions } from './device.ts';

/**
 * A GPU, measured; the caller closes it.
 * @throws InputError where there is no adapter; GpuError where the device fails, or its integer arithmetic is wrong
 */
export async function openBackend(gpu: GPU, options: DeviceOptions = {}): Promise<GpuBackend> {
  const { GpuBackend: Backend } = await import('./backend.ts');
  return Backend.open(gpu, options);
}
