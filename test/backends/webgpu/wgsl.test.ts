/** The text that a device is given: any change shows in a snapshot, and every kernel compiles. */
import { describe, expect, it } from 'vitest';
import { GpuDevice, type Kernel } from '../../../src/backends/webgpu/device.ts';
import { activationKernel } from '../../../src/backends/webgpu/kernels/activation.ts';
import { attentionKernel } from '../../../src/backends/webgpu/kernels/attention.ts';
import { pairKernel, pairKernelNames } from '../../../src/backends/webgpu/kernels/double-float.ts';
import { elementaryKernel } from '../../../src/backends/webgpu/kernels/elementary.ts';
import { elementwiseKernel } from '../../../src/backends/webgpu/kernels/elementwise.ts';
import { matmulKernel } from '../../../src/backends/webgpu/kernels/matmul.ts';
import {
  copyKernel,
  negateKernel,
  reluKernel,
  rowMaxKernel,
  selectKernel,
} from '../../../src/backends/webgpu/kernels/movements.ts';
import { normKernel } from '../../../src/backends/webgpu/kernels/norm.ts';
import { probeKernel } from '../../../src/backends/webgpu/kernels/probe.ts';
import { rowSumKernel } from '../../../src/backends/webgpu/kernels/row-sum.ts';
import { softmaxKernel } from '../../../src/backends/webgpu/kernels/softmax.ts';
import { tiledMatmulKernel } from '../../../src/backends/webgpu/kernels/tiled-matmul.ts';
import { LARGE_TILE, SMALL_TILE } from '../../../src/backends/webgpu/kernels/tiled-text.ts';
import { coreWgsl } from '../../../src/backends/webgpu/wgsl/core.ts';
import { nodeGpu } from '../../../src/platform/node-gpu.ts';
import { gpu, needsGpu } from '../../support/gpu.ts';

/** Without the core that a text begins with, which has a snapshot of its own. */
function rest({ code }: Kernel): string {
  for (const core of ['integer', 'stochastic', 'quick'] as const) {
    if (code.startsWith(coreWgsl(core))) return `// Behind the ${core} core.\n${code.slice(coreWgsl(core).length)}`;
  }
  return code;
}

const kernels: Readonly<Record<string, Kernel>> = {
  'add-stochastic': elementwiseKernel('add', 'stochastic'),
  root: elementwiseKernel('root', 'integer'),
  elementary: elementaryKernel('series', 'integer'),
  lookup: elementaryKernel('results', 'integer'),
  'softmax-chunks-lookup': softmaxKernel('chunks', 'results', 'integer'),
  'layer-norm-lanes': normKernel('layer', 'lanes', 'integer'),
  'rms-norm-kahan-stochastic': normKernel('rms', 'kahan', 'stochastic'),
  'gelu-tanh-lookup': activationKernel('gelu-tanh', 'results', 'integer'),
  'gelu-erf-lookup': activationKernel('gelu-erf', 'results', 'integer'),
  'silu-lookup': activationKernel('silu', 'results', 'integer'),
  attention: attentionKernel({
    scores: { family: 'chunks', product: 'rounded' },
    softmax: { family: 'lanes', source: 'results' },
    context: { family: 'kahan', product: 'exact', rounds: true },
    core: 'integer',
  }),
  'row-sum-chunks': rowSumKernel('chunks', 'integer'),
  'row-sum-kahan-quick': rowSumKernel('kahan', 'quick'),
  'matmul-chunks-rounded-quick': matmulKernel('chunks', 'rounded', 'quick'),
  'matmul-lanes-exact': matmulKernel('lanes', 'exact', 'integer'),
  'matmul-chunks-fma-stochastic': matmulKernel('chunks', 'fma', 'stochastic'),
  'tiled-bf16': tiledMatmulKernel({
    rounding: {
      ...{ product: { tail: 7, emin: -126 }, tail: 7, emin: -126, mode: 'nearest-even', negated: false },
      ...{ flushes: false, keepsTerms: true, fromZero: false, scale: 64, peak: false },
    },
    ...{ tile: LARGE_TILE, transposed: false, masked: false, family: 'chunks', single: true, paired: false },
  }),
  'tiled-fp16-lanes-masked': tiledMatmulKernel({
    rounding: {
      ...{ product: { tail: 10, emin: -14 }, tail: 10, emin: -14, mode: 'nearest-even', negated: false },
      ...{ flushes: true, keepsTerms: false, fromZero: false, scale: 0, peak: true },
    },
    ...{ tile: SMALL_TILE, transposed: true, masked: true, family: 'lanes', single: false, paired: false },
  }),
  'tiled-bf16-pairwise': tiledMatmulKernel({
    rounding: {
      ...{ product: { tail: 7, emin: -126 }, tail: 7, emin: -126, mode: 'nearest-even', negated: false },
      ...{ flushes: false, keepsTerms: true, fromZero: false, scale: 64, peak: false },
    },
    ...{ tile: SMALL_TILE, transposed: false, masked: true, family: 'lanes', single: false, paired: true },
  }),
  'tiled-fp32-chunks': tiledMatmulKernel({
    rounding: {
      ...{ product: undefined, tail: 23, emin: -126, mode: 'nearest-even', negated: false },
      ...{ flushes: false, keepsTerms: true, fromZero: true, scale: 64, peak: false },
    },
    ...{ tile: SMALL_TILE, transposed: false, masked: false, family: 'chunks', single: false, paired: false },
  }),
  'tiled-fp32-kahan': tiledMatmulKernel({
    rounding: {
      ...{ product: undefined, tail: 23, emin: -126, mode: 'nearest-even', negated: false },
      ...{ flushes: false, keepsTerms: true, fromZero: false, scale: 64, peak: true },
    },
    ...{ tile: SMALL_TILE, transposed: false, masked: false, family: 'kahan', single: false, paired: false },
  }),
  ...Object.fromEntries(
    (['toward-zero', 'nearest-away', 'odd'] as const).map((mode) => [
      `tiled-bf16-${mode}`,
      tiledMatmulKernel({
        rounding: {
          ...{ product: { tail: 7, emin: -126 }, tail: 7, emin: -126, mode, negated: false },
          ...{ flushes: false, keepsTerms: true, fromZero: false, scale: 64, peak: mode === 'odd' },
        },
        ...{ tile: SMALL_TILE, transposed: false, masked: false, family: 'chunks', single: true, paired: false },
      }),
    ]),
  ),
  'tiled-bf16-down-kahan': tiledMatmulKernel({
    rounding: {
      ...{ product: { tail: 7, emin: -126 }, tail: 7, emin: -126, mode: 'up', negated: true },
      ...{ flushes: true, keepsTerms: false, fromZero: false, scale: 64, peak: true },
    },
    ...{ tile: SMALL_TILE, transposed: false, masked: true, family: 'kahan', single: false, paired: false },
  }),
  ...Object.fromEntries(pairKernelNames.map((name) => [`double-float-${name}`, pairKernel(name)])),
  copy: copyKernel,
  negate: negateKernel,
  relu: reluKernel,
  'row-max': rowMaxKernel,
  select: selectKernel,
  probe: probeKernel,
};

const folder = '../../__snapshots__/wgsl';

describe('WGSL', () => {
  it.each(['integer', 'stochastic', 'quick'] as const)('of the %s core', async (core) => {
    await expect(coreWgsl(core)).toMatchFileSnapshot(`${folder}/core-${core}.wgsl`);
  });
  it.each(Object.keys(kernels))('of the kernel %s', async (name) => {
    await expect(rest(kernels[name])).toMatchFileSnapshot(`${folder}/${name}.wgsl`);
  });
});

describe.skipIf(gpu === undefined)(needsGpu('every kernel'), () => {
  it.each(Object.keys(kernels))('%s compiles', async (name) => {
    const device = await GpuDevice.open(await nodeGpu());
    try {
      device.pipeline(kernels[name]);
      await device.settle();
    } finally {
      device.close();
    }
  });
});
