/** What `--backend` offers. */
import type { Arithmetic } from '../arithmetic/arithmetic.ts';
import { SoftfloatArithmetic } from '../arithmetic/softfloat.ts';
import { CpuArithmetic } from '../backends/cpu/cpu-arithmetic.ts';
import type { MakeArithmetic } from '../backends/probe/index.ts';
import type { GpuBackend } from '../backends/webgpu/backend.ts';
import { nodeGpu } from '../platform/node-gpu.ts';

/** The backends that need no device. */
export const backends = Object.freeze({
  cpu: (spec) => new CpuArithmetic('cpu', () => spec) as Arithmetic<unknown>,
  scalar: (spec) => new SoftfloatArithmetic('scalar', () => spec) as Arithmetic<unknown>,
} satisfies Record<string, MakeArithmetic>);

export type BackendName = keyof typeof backends | 'webgpu';

export const backendNames: readonly BackendName[] = [...(Object.keys(backends) as (keyof typeof backends)[]), 'webgpu'];

/**
 * The GPU, measured; the caller closes it.
 * @throws InputError where there is none; GpuError where it fails
 */
export async function openGpu(): Promise<GpuBackend> {
  // Loaded here: its shaders' texts are of no use to other commands.
  const { GpuBackend } = await import('../backends/webgpu/backend.ts');
  return GpuBackend.open(await nodeGpu());
}
