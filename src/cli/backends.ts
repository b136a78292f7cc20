/** What `--backend` offers. */
import type { AnalyzeOptions } from '../analysis/options.ts';
import type { Arithmetic } from '../arithmetic/arithmetic.ts';
import { SoftfloatArithmetic } from '../arithmetic/softfloat.ts';
import { CpuArithmetic } from '../backends/cpu/cpu-arithmetic.ts';
import type { MakeArithmetic } from '../backends/probe/index.ts';
import type { GpuBackend } from '../backends/webgpu/backend.ts';
import { GpuError } from '../backends/webgpu/device.ts';
import { openBackend } from '../backends/webgpu/open.ts';
import { type Format, fitsFloat32, InputError } from '../formats/index.ts';
import { nodeGpu } from '../platform/node-gpu.ts';
import type { Policy } from '../tensor/index.ts';

/** The backends that need no device. */
export const backends = Object.freeze({
  cpu: (spec) => new CpuArithmetic('cpu', () => spec) as Arithmetic<unknown>,
  scalar: (spec) => new SoftfloatArithmetic('scalar', () => spec) as Arithmetic<unknown>,
} satisfies Record<string, MakeArithmetic>);

export type BackendName = keyof typeof backends | 'webgpu';

export const backendNames: readonly BackendName[] = [...(Object.keys(backends) as (keyof typeof backends)[]), 'webgpu'];

/** `auto`: `webgpu` on a GPU in hardware that can compute what is asked for, else `cpu`. */
export type BackendChoice = BackendName | 'auto';

export const backendChoices: readonly BackendChoice[] = [...backendNames, 'auto'];

/**
 * The GPU, measured; the caller closes it.
 * @throws InputError where there is none; GpuError where it fails
 */
export async function openGpu(): Promise<GpuBackend> {
  return openBackend(await nodeGpu());
}

/** A backend to compute with; `gpu` is there for `webgpu` alone, and the caller closes it. */
export interface ChosenBackend {
  readonly name: BackendName;
  readonly gpu?: GpuBackend;
}

/** As `analyze` takes it. */
export function analyzeBackend({ name, gpu }: ChosenBackend): NonNullable<AnalyzeOptions['backend']> {
  return gpu ?? (name === 'scalar' ? 'scalar' : 'cpu');
}

/**
 * @param refusal why a GPU cannot compute what is asked for, where it cannot
 * @param say is told what `auto` is, and why
 * @throws InputError and GpuError for `webgpu`, where there is no GPU or it fails
 */
export async function chooseBackend(
  choice: BackendChoice,
  refusal: string | undefined,
  say: (line: string) => void,
  open: () => Promise<GpuBackend> = openGpu,
): Promise<ChosenBackend> {
  if (choice === 'webgpu') return { name: choice, gpu: await open() };
  if (choice !== 'auto') return { name: choice };
  const chosen = refusal === undefined ? await gpuInHardware(open) : refusal;
  const [name, because] =
    typeof chosen === 'string' ? (['cpu', chosen] as const) : (['webgpu', chosen.device.description] as const);
  say(`ulpwise: --backend auto: ${name} (${because})\n`);
  return typeof chosen === 'string' ? { name } : { name, gpu: chosen };
}

/** The GPU, or why there is none worth its while. */
async function gpuInHardware(open: () => Promise<GpuBackend>): Promise<GpuBackend | string> {
  let gpu: GpuBackend;
  try {
    gpu = await open();
  } catch (error) {
    if (error instanceof InputError || error instanceof GpuError) return error.message;
    throw error;
  }
  if (!gpu.device.info.software) return gpu;
  gpu.close();
  return `${gpu.device.description} computes on the CPU too, and slower`;
}

/** Why a GPU cannot compute under a policy; undefined where it can. */
export function gpuRefusal({ specFor }: Policy, sites: readonly string[]): string | undefined {
  for (const site of sites) {
    const { input, product, accumulate, out, linear } = specFor(site);
    const wide = [input, product, accumulate, out].find((format) => format !== 'exact' && !fitsFloat32(format));
    if (wide !== undefined) return `${site} is in ${(wide as Format).name}, which is not inside float32`;
    if (linear !== 'plain') return `${site} has linear=${linear.kind}, which the CPU alone computes`;
  }
  return undefined;
}
