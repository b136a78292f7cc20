/** Sums on the device: of rows, and of products with what follows them. */
import { matmulShape } from '../../arithmetic/axes.ts';
import { partFrom } from '../../arithmetic/stochastic.ts';
import { type Format, InputError } from '../../formats/index.ts';
import { orderOfProduct, rowLength, sizeOf } from '../../tensor/index.ts';
import { type Commands, type Groups, groupsFor } from './commands.ts';
import type { GpuDevice, Kernel } from './device.ts';
import type { GpuMask } from './gpu-movements.ts';
import type { Allocation, GpuMemory, GpuTensor } from './gpu-tensor.ts';
import { elementwiseKernel } from './kernels/elementwise.ts';
import { BIAS, matmulKernel, matmulUniform, type ProductKind, TILE } from './kernels/matmul.ts';
import { addressWords } from './kernels/parts.ts';
import { rowSumKernel, rowSumUniform } from './kernels/row-sum.ts';
import { tiledMatmulKernel, tiledUniform } from './kernels/tiled-matmul.ts';
import { columnsOf, LARGE_TILE, rowsOf, SMALL_TILE, type TileShape } from './kernels/tiled-text.ts';
import type { GpuSite } from './site.ts';
import { tiledPlan } from './tiled-plan.ts';
import { convertUniform } from './uniforms.ts';
import { isQuick } from './wgsl/quick.ts';
import { type SumFamily, type SumShape, sumShape, sumSteps } from './wgsl/sums.ts';

export interface ProductOptions {
  readonly transposed: boolean;
  readonly mask?: GpuMask | undefined;
  readonly bias?: Allocation | undefined;
  /** Rows and columns of the whole product, where this is a part of it: what its order is chosen by. */
  readonly whole?: Readonly<Record<'m' | 'n', number>>;
}

/** Workgroups along an axis of a dispatch. */
const MAX_GROUPS = 65535;

export function orderWords(n: number, { size, reversed }: SumShape): number[] {
  return [n, size, reversed ? 1 : 0];
}

/** Of sums of products of numbers of two formats. */
export function roundings(site: GpuSite, kind: ProductKind, a: Format | undefined, b: Format | undefined) {
  const { product, accumulate, out } = site.spec;
  const [rounded, terms] = kind === 'rounded' ? [product as Format, product as Format] : [accumulate, undefined];
  return {
    product: site.rounding(rounded, a, b),
    accumulate:
      kind === 'rounded' ? site.rounding(accumulate, accumulate, terms) : site.fusedRounding(accumulate, a, b),
    out: site.rounding(out, out, out),
  };
}

/** Whether a kernel of float32 operations comes before the integer one. */
function isQuickProduct(product: ProductKind, rounded: ReturnType<typeof roundings>): boolean {
  return isQuick(rounded.accumulate) && (product !== 'rounded' || isQuick(rounded.product));
}

/** Whether float32 operations are tried for a site's products of numbers of its input format. */
export function triesFloat32(
  site: GpuSite,
  shape: { readonly m: number; readonly n: number; readonly k: number },
): boolean {
  const { input } = site.spec;
  const { product, sum } = productOf(site, shape);
  if (tiledPlan(site, product, input, input, shape.k, sum.family) !== undefined) return true;
  return isQuickProduct(product, roundings(site, product, input, input));
}

/**
 * How a site forms each element of a product of m rows and n columns with k terms: `steps`, the roundings of the products and
 * of the sum, come before R_out.
 */
export function productOf({ spec }: GpuSite, shape: { readonly m: number; readonly n: number; readonly k: number }) {
  const product: ProductKind = spec.fma ? 'fma' : spec.product === 'exact' ? 'exact' : 'rounded';
  const order = orderOfProduct(spec, shape);
  const steps = [product === 'rounded' ? shape.k : 0, sumSteps(order, shape.k)] as const;
  return { product, sum: sumShape(order, shape.k), steps };
}

/** @throws InputError where there are more tiles than the device takes */
export function groupsOf(
  shape: readonly number[],
  m: number,
  n: number,
  batches: number,
  rows: number,
  columns: number,
): Groups {
  const groups = [Math.ceil(n / columns), Math.ceil(m / rows), batches] as const;
  if (groups.some((count) => count > MAX_GROUPS)) {
    throw new InputError(
      `webgpu: expected a product of at most ${MAX_GROUPS * rows} rows, ${MAX_GROUPS * columns} columns and ${MAX_GROUPS} matrices, got [${shape}]; take fewer or shorter sequences`,
    );
  }
  return groups;
}

/** Tiles that fill a large device, where there are that many. */
const MANY_TILES = 128;

function tileFor(family: SumFamily, m: number, n: number, batches: number): TileShape {
  // Each element of a sum by lanes has a stack of its own.
  if (family === 'lanes') return SMALL_TILE;
  const tiles = Math.ceil(m / rowsOf(LARGE_TILE)) * Math.ceil(n / columnsOf(LARGE_TILE)) * batches;
  return tiles >= MANY_TILES ? LARGE_TILE : SMALL_TILE;
}

/** A quick kernel's run, which an integer one follows. */
interface QuickRun {
  readonly kernel: Kernel;
  readonly uniform: number[];
  readonly groups: Groups;
}

const wordsOf = ([x, y, z = 1]: Groups): number[] => [x, y, z];

export class GpuSums {
  private readonly commands: Commands;
  private readonly memory: GpuMemory;
  /** Bound where a kernel has no bias or mask to read. */
  private readonly nothing: Allocation;
  /** Workgroups for what a quick kernel left. */
  private readonly left: GPUBuffer;

  constructor(device: GpuDevice, commands: Commands, memory: GpuMemory) {
    this.left = device.indirect();
    this.commands = commands;
    this.memory = memory;
    this.nothing = memory.allocate(1);
  }

  /** The sum of each row, in `accumulate`. */
  rowSum(site: GpuSite, x: GpuTensor): GpuTensor {
    const { order, accumulate } = site.spec;
    const n = rowLength(x.shape);
    const shape = [...x.shape.slice(0, -1), 1];
    const rows = sizeOf(shape);
    const result = this.memory.allocate(rows, site.name);
    const sum = sumShape(order, n);
    const at = addressWords(site.claim(rows, sumSteps(order, n)));
    const rounding = site.rounding(accumulate, accumulate, x.format);
    const groups = groupsFor(rows);
    const uniform = (repair: number): number[] =>
      rowSumUniform.words({
        ...{ rows, flush: site.flushBelow(x.format), repair, repairGroups: wordsOf(groups) },
        ...{ order: orderWords(n, sum), accumulate: rounding, at },
      });
    const buffers = [x.allocation.buffer, result.buffer];
    const quick = isQuick(rounding) && { kernel: rowSumKernel(sum.family, 'quick'), uniform: uniform(0), groups };
    this.run(rowSumKernel(sum.family, site.core), uniform, buffers, groups, quick);
    return { shape, allocation: result, format: accumulate };
  }

  /** R_out of a·b; the input roundings are done already where `isRounded`. */
  product(site: GpuSite, a: GpuTensor, b: GpuTensor, options: ProductOptions, isRounded: boolean): GpuTensor {
    const { spec } = site;
    const { shape, m, n, k, batches } = matmulShape(a.shape, b.shape, options.transposed);
    const [size, sizeA] = [sizeOf(shape), sizeOf(a.shape)];
    return this.memory.scope(() =>
      site.operation(() => {
        const left = isRounded ? a : this.input(site, a, size);
        const right = isRounded ? b : this.input(site, b, size + sizeA);
        const { product, sum, steps: ofElement } = productOf(site, { m, n, ...options.whole, k });
        const [productSteps, terms] = ofElement;
        const at = site.claim(size, productSteps + terms + (options.bias === undefined ? 1 : 2));
        const result = this.memory.allocate(size, site.name);
        const buffers = [
          ...[left.allocation, right.allocation, options.bias ?? this.nothing],
          ...[options.mask?.ranges ?? this.nothing, result],
        ].map(({ buffer }) => buffer);
        const bOfA = sizeOf(b.shape.slice(0, -2));
        const rounded = roundings(site, product, left.format, right.format);
        const mask = options.mask === undefined ? [0, 0] : [options.mask.rowsOfSequence, options.mask.queries];
        const bias = options.bias === undefined ? BIAS.none : BIAS[spec.bias];
        const fields = { m, n, groups: bOfA === 0 ? 1 : batches / bOfA, mask, bias, order: orderWords(k, sum) };
        const plan = tiledPlan(site, product, left.format, right.format, k, sum.family);
        const groups = groupsOf(shape, m, n, batches, TILE, TILE);
        const repairGroups = wordsOf(groups);
        const steps = { productSteps, sumSteps: terms, at: addressWords(at) };
        const strideB = options.transposed ? [k * n, 1, k] : [k * n, n, 1];
        const uniform = (repair: number): number[] =>
          matmulUniform.words({ ...fields, ...rounded, ...steps, strideB, repair, repairGroups });
        let quick: QuickRun | false = isQuickProduct(product, rounded) && {
          ...{ kernel: matmulKernel(sum.family, product, 'quick'), uniform: uniform(0), groups },
        };
        if (plan !== undefined) {
          const { most, least, peak } = plan.limits;
          const { accumulate, out } = rounded;
          const tile = tileFor(sum.family, m, n, batches);
          const text = {
            ...{ rounding: plan.rounding, tile, transposed: options.transposed },
            ...{
              masked: options.mask !== undefined,
              family: sum.family,
              single: sum.family === 'chunks' && sum.size >= k,
              paired: sum.family === 'lanes' && sum.size >= k,
            },
          };
          quick = {
            kernel: tiledMatmulKernel(text),
            uniform: tiledUniform.words({
              ...{ ...fields, accumulate, out, batchStrideB: k * n },
              ...{ limits: [most, least, peak], zero: 0, repairGroups },
            }),
            groups: groupsOf(shape, m, n, batches, rowsOf(tile), columnsOf(tile)),
          };
        }
        this.run(matmulKernel(sum.family, product, site.core), uniform, buffers, groups, quick);
        return { shape, allocation: result, format: spec.out };
      }),
    );
  }

  /** Once in integers, or quickly and then in integers what that left. */
  private run(
    kernel: Kernel,
    uniform: (repair: number) => number[],
    buffers: readonly GPUBuffer[],
    groups: Groups,
    quick: QuickRun | false,
  ): void {
    if (quick === false) {
      this.commands.dispatch(kernel, buffers, uniform(0), groups);
      return;
    }
    this.commands.clear(this.left);
    this.commands.dispatch(quick.kernel, [...buffers, this.left], quick.uniform, quick.groups);
    this.commands.dispatchIndirect(kernel, buffers, uniform(1), this.left);
  }

  /** R_input of an activation, whose entries are counted from `start` on. */
  input(site: GpuSite, x: GpuTensor, start: number): GpuTensor {
    const count = sizeOf(x.shape);
    const at = site.within(partFrom(start), () => site.claim(count, 1));
    if (site.keepsInput(x.format)) return x;
    const result = this.memory.allocate(count, site.name);
    const uniform = convertUniform(count, site.flushBelow(x.format), site.rounding(site.spec.input), at);
    this.commands.dispatch(
      elementwiseKernel('convert', site.core),
      [x.allocation.buffer, result.buffer],
      uniform,
      groupsFor(count),
    );
    return { shape: x.shape, allocation: result, format: site.spec.input };
  }
}
