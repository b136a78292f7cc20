/** ulpwise: how wrong a transformer is in low precision, and where the error comes from. In Node. */
import { useWorkers } from './backends/cpu/wasm.ts';
import type { GpuBackend } from './backends/webgpu/backend.ts';
import type { DeviceOptions } from './backends/webgpu/device.ts';
import { openBackend } from './backends/webgpu/open.ts';
import { nodeGpu } from './platform/node-gpu.ts';
import { nodeWorkers } from './platform/node-workers.ts';

useWorkers(nodeWorkers);

export * from './api.ts';
export { openTraceAt as openTrace } from './cli/open-trace.ts';
export { loadCheckpoint } from './platform/node-checkpoint.ts';

/**
 * A GPU, measured, as a backend for `analyze`. The caller closes it, or the process does not end.
 * @throws InputError where there is no GPU, or not the optional package `webgpu`; GpuError where the GPU fails, or its integer
 * arithmetic is wrong
 *
 * @example
 * const backend = await openGpu();
 * const { taps } = await analyze(randomDecoder(), [[1, 5, 9]], { backend });
 * backend.close();
 */
export async function openGpu(options: DeviceOptions = {}): Promise<GpuBackend> {
  return openBackend(await nodeGpu(), options);
}
