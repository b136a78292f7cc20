/** Sums on the device: of rows, and of products with what follows them. */
import { matmulShape } from '../../arithmetic/axes.ts';
import { partFrom } from '../../arithmetic/stochastic.ts';
import { type Format, InputError } from '../../formats/index.ts';
import { orderOfProduct, rowLength, sizeOf } from '../../tensor/index.ts';
import { type Commands, groupsFor } from './commands.ts';
import type { GpuMask } from './gpu-movements.ts';
import type { Allocation, GpuMemory, GpuTensor } from './gpu-tensor.ts';
import { elementwiseKernel } from './kernels/elementwise.ts';
import { BIAS, matmulKernel, matmulUniform, type ProductKind, TILE } from './kernels/matmul.ts';
import { addressWords } from './kernels/parts.ts';
import { rowSumKernel, rowSumUniform } from './kernels/row-sum.ts';
import type { GpuSite } from './site.ts';
import { convertUniform } from './uniforms.ts';
import type { Core } from './wgsl/core.ts';
import { isQuick } from './wgsl/quick.ts';
import { type SumShape, sumShape, sumSteps } from './wgsl/sums.ts';

export interface ProductOptions {
  readonly transposed: boolean;
  readonly mask?: GpuMask | undefined;
  readonly bias?: Allocation | undefined;
  /** Of the whole product, where this is a part of it: what its kernels are chosen by. */
  readonly columns?: number;
  /** Whether a's input rounding is done already. */
  readonly isRounded?: boolean;
}

/** Workgroups along an axis of a dispatch. */
const MAX_GROUPS = 65535;

function orderWords(n: number, { size, reversed }: SumShape): number[] {
  return [n, size, reversed ? 1 : 0];
}

/** Of sums of products of numbers of two formats. */
function roundings(site: GpuSite, kind: ProductKind, a: Format | undefined, b: Format | undefined) {
  const { product, accumulate, out } = site.spec;
  const [rounded, terms] = kind === 'rounded' ? [product as Format, product as Format] : [accumulate, undefined];
  return {
    product: site.rounding(rounded, a, b),
    accumulate:
      kind === 'rounded' ? site.rounding(accumulate, accumulate, terms) : site.fusedRounding(accumulate, a, b),
    out: site.rounding(out, out, out),
  };
}

export class GpuSums {
  private readonly commands: Commands;
  private readonly memory: GpuMemory;
  /** Bound where a kernel has no bias or mask to read. */
  private readonly nothing: Allocation;

  constructor(commands: Commands, memory: GpuMemory) {
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
    const result = this.memory.allocate(rows);
    const sum = sumShape(order, n);
    const at = addressWords(site.claim(rows, sumSteps(order, n)));
    const rounding = site.rounding(accumulate, accumulate, x.format);
    this.passes(site, isQuick(rounding), (core, repair) => {
      const uniform = rowSumUniform.words({
        ...{ rows, flush: site.flushBelow(x.format), repair, order: orderWords(n, sum), accumulate: rounding, at },
      });
      const kernel = rowSumKernel(sum.family, core);
      this.commands.dispatch(kernel, [x.allocation.buffer, result.buffer], uniform, groupsFor(rows));
    });
    return { shape, allocation: result, format: accumulate };
  }

  /** R_out of a·b; b's input rounding is done already where `weights`. */
  product(site: GpuSite, a: GpuTensor, b: GpuTensor, options: ProductOptions, weights: boolean): GpuTensor {
    const { spec } = site;
    const { shape, m, n, k, batches } = matmulShape(a.shape, b.shape, options.transposed);
    const [size, sizeA] = [sizeOf(shape), sizeOf(a.shape)];
    return this.memory.scope(() =>
      site.operation(() => {
        const left = options.isRounded ? a : this.input(site, a, size);
        const right = weights ? b : this.input(site, b, size + sizeA);
        const product: ProductKind = spec.fma ? 'fma' : spec.product === 'exact' ? 'exact' : 'rounded';
        const order = orderOfProduct(spec, { m, n: options.columns ?? n, k });
        const sum = sumShape(order, k);
        const [productSteps, terms] = [product === 'rounded' ? k : 0, sumSteps(order, k)];
        const at = site.claim(size, productSteps + terms + (options.bias === undefined ? 1 : 2));
        const result = this.memory.allocate(size);
        const groups = [Math.ceil(n / TILE), Math.ceil(m / TILE), batches] as const;
        if (groups.some((count) => count > MAX_GROUPS)) {
          throw new InputError(
            `webgpu: expected a product of at most ${MAX_GROUPS * TILE} rows and columns and ${MAX_GROUPS} matrices, got [${shape}]; take fewer or shorter sequences`,
          );
        }
        const bOfA = sizeOf(b.shape.slice(0, -2));
        const rounded = roundings(site, product, left.format, right.format);
        const fields = {
          ...{ m, n, groups: bOfA === 0 ? 1 : batches / bOfA },
          strideB: options.transposed ? [k * n, 1, k] : [k * n, n, 1],
          mask: options.mask === undefined ? [0, 0] : [options.mask.rowsOfSequence, options.mask.queries],
          bias: options.bias === undefined ? BIAS.none : BIAS[spec.bias],
          ...{ productSteps, sumSteps: terms, order: orderWords(k, sum) },
          ...rounded,
          at: addressWords(at),
        };
        const buffers = [
          ...[left.allocation, right.allocation, options.bias ?? this.nothing],
          ...[options.mask?.ranges ?? this.nothing, result],
        ].map(({ buffer }) => buffer);
        const quickly = isQuick(rounded.accumulate) && (product !== 'rounded' || isQuick(rounded.product));
        this.passes(site, quickly, (core, repair) => {
          const uniform = matmulUniform.words({ ...fields, repair });
          this.commands.dispatch(matmulKernel(sum.family, product, core), buffers, uniform, groups);
        });
        return { shape, allocation: result, format: spec.out };
      }),
    );
  }

  /** Once in integers, or quickly and then in integers what that left. */
  private passes(site: GpuSite, quickly: boolean, run: (core: Core, repair: number) => void): void {
    if (quickly) run('quick', 0);
    run(site.core, quickly ? 1 : 0);
  }

  /** R_input of an activation, whose entries are counted from `start` on. */
  input(site: GpuSite, x: GpuTensor, start: number): GpuTensor {
    const count = sizeOf(x.shape);
    const at = site.within(partFrom(start), () => site.claim(count, 1));
    if (site.keepsInput(x.format)) return x;
    const result = this.memory.allocate(count);
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
