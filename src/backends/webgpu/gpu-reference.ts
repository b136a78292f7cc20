/**
 * The reference on a GPU: double-float numbers of at least 46 bits (wgsl/double-float.ts), sums in ascending order. A tensor's
 * allocation holds its high halves and then its low ones.
 */
import type { Linear, MatmulOptions, RealTable } from '../../arithmetic/arithmetic.ts';
import { broadcastShapes, matmulShape } from '../../arithmetic/axes.ts';
import { formats, InputError } from '../../formats/index.ts';
import { scalarsOf } from '../../softfloat/scalar.ts';
import { type KeyMask, type Numbers, rowLength, sizeOf, type Tensor, tensor } from '../../tensor/index.ts';
import { Commands, groupsFor } from './commands.ts';
import type { GpuDevice } from './device.ts';
import { coefficientTable } from './elementary-tables.ts';
import { GpuMovements } from './gpu-movements.ts';
import { groupsOf } from './gpu-sums.ts';
import { type Allocation, GpuMemory, type GpuTensor, loweredParts, paddedShape, stridesOf } from './gpu-tensor.ts';
import {
  PAIR_TILE,
  type PairBinary,
  type PairKernel,
  pairKernel,
  pairProductUniform,
  pairRowUniform,
  pairUniform,
} from './kernels/double-float.ts';
import { MAX_RANK } from './kernels/elementwise.ts';
import { linearInBlocks } from './linear-blocks.ts';
import { ScopedComposites } from './scoped-composites.ts';
import { type ElementaryName, elementaryNames } from './wgsl/elementary.ts';
import type { TrustedOperations } from './wgsl/quick.ts';
import { bitsOf } from './wgsl/rounding.ts';

const float64 = scalarsOf({ format: formats.fp64, mode: 'nearest-even', overflow: 'inf', subnormals: 'keep' });

/** The halves of numbers, 48 bits of each; what is beyond float32 is infinite. */
function halves(data: Numbers): Float32Array<ArrayBuffer> {
  const words = new Float32Array(2 * data.length);
  for (let i = 0; i < data.length; i++) {
    const hi = Math.fround(data[i]);
    words[i] = hi;
    words[data.length + i] = Number.isFinite(hi) ? data[i] - hi : 0;
  }
  return words;
}

/** Of the planes of the halves, the one tensor that movements of numbers take. */
const planes = (v: GpuTensor): GpuTensor => ({ ...v, shape: [2, ...v.shape] });
const whole = (v: GpuTensor): GpuTensor => ({ ...v, shape: v.shape.slice(1) });

/** Undefined where a or b is one tensor, or they consist of different parts. */
function pairsOfParts(a: GpuTensor, b: GpuTensor): readonly (readonly [GpuTensor, GpuTensor])[] | undefined {
  const pairs = a.parts?.tensors.map((part, i) => [part, b.parts?.tensors[i]] as const);
  if (pairs?.every(([x, y]) => String(x.shape) === String(y?.shape))) return pairs as [GpuTensor, GpuTensor][];
  return undefined;
}

export class GpuReference extends ScopedComposites {
  readonly name = 'double-float';
  private readonly commands: Commands;
  protected readonly memory: GpuMemory;
  private readonly movements: GpuMovements;
  /** Bound where a kernel has no mask to read, and where it counts what nobody asks for. */
  private readonly nothing: Allocation;
  private readonly parameters = new WeakMap<Tensor, GpuTensor>();
  private readonly tables = new WeakMap<RealTable, GpuTensor>();
  private readonly coefficients = new Map<ElementaryName, Allocation>();

  /** @throws InputError where the device's float32 operations are not those that double-float numbers rest on */
  constructor(device: GpuDevice, trusted: TrustedOperations) {
    super();
    if (!(trusted.add && trusted.multiply && trusted.shifts)) {
      throw new InputError(
        `reference: expected float32 + − × of ${device.description} to round to nearest even, as double-float needs, which its probe denies (ulpwise probe --backend webgpu); use --reference float64`,
      );
    }
    this.commands = new Commands(device);
    this.memory = new GpuMemory(device, this.commands, 2);
    this.movements = new GpuMovements(this.commands, this.memory);
    this.nothing = this.memory.allocate(1);
  }

  protected shiftsSoftmax(): boolean {
    return true;
  }
  protected usesFloat32Angles(): boolean {
    return false;
  }

  shape(v: GpuTensor): readonly number[] {
    return v.shape;
  }
  lift(t: Tensor): GpuTensor {
    return this.lifted('lift', t);
  }
  private lifted(site: string, { shape, data }: Tensor): GpuTensor {
    const width = rowLength(shape);
    const spans = this.memory.rowSpans(site, sizeOf(shape.slice(0, -1)), width);
    const tensors = spans.map(({ from, to }) => {
      const part = spans.length === 1 ? data : data.subarray(from * width, to * width);
      return { shape: [to - from, width], allocation: this.memory.upload(halves(part), site), format: undefined };
    });
    return this.memory.joined(shape, { site, tensors });
  }
  async lower(v: GpuTensor): Promise<Tensor> {
    const { shape } = v;
    if (v.parts !== undefined) {
      return loweredParts(shape, v.parts, new Float64Array(sizeOf(shape)), (part) => this.lower(part));
    }
    const { allocation } = v;
    const count = sizeOf(shape);
    const [words] = await this.commands.read([{ buffer: allocation.buffer, words: 2 * count }]);
    const numbers = new Float32Array(words.buffer, words.byteOffset, 2 * count);
    return { shape, data: Float64Array.from({ length: count }, (_, i) => numbers[i] + numbers[count + i]) };
  }
  parameter(site: string, t: Tensor): GpuTensor {
    let result = this.parameters.get(t);
    if (result === undefined) {
      result = this.memory.outside(() => this.lifted(site, t));
      this.parameters.set(t, result);
    }
    return result;
  }
  constants(site: string, table: RealTable): GpuTensor {
    let result = this.tables.get(table);
    if (result === undefined) {
      const numbers = tensor(
        table.shape,
        Float64Array.from(table.reals, (real) => float64.fromReal(real)),
      );
      result = this.memory.outside(() => this.lifted(site, numbers));
      this.tables.set(table, result);
    }
    return result;
  }

  reshape(v: GpuTensor, shape: readonly number[]): GpuTensor {
    tensor(shape, { length: sizeOf(v.shape) });
    return v.parts === undefined ? { ...v, shape } : this.memory.joined(shape, v.parts);
  }
  permute(v: GpuTensor, axes: readonly number[]): GpuTensor {
    return whole(this.movements.permute(planes(v), [0, ...axes.map((axis) => axis + 1)]));
  }
  slice(v: GpuTensor, from: number, to: number): GpuTensor {
    return whole(this.movements.slice(planes(v), from, to));
  }
  concat(a: GpuTensor, b: GpuTensor): GpuTensor {
    return whole(this.movements.concat(planes(a), planes(b)));
  }
  negate(v: GpuTensor): GpuTensor {
    return whole(this.movements.negate(planes(v)));
  }
  relu(v: GpuTensor): GpuTensor {
    return this.elements('relu', [v.allocation], v.shape, [v.shape]);
  }

  rowMax(v: GpuTensor, mask?: KeyMask): GpuTensor {
    return this.rows('rowMax', v, [...v.shape.slice(0, -1), 1], mask);
  }
  select(v: GpuTensor, mask: KeyMask, hidden: number): GpuTensor {
    return this.rows('select', v, v.shape, mask, hidden);
  }
  rowSum(_site: string, v: GpuTensor): GpuTensor {
    return this.rows('rowSum', v, [...v.shape.slice(0, -1), 1]);
  }
  private rows(kernel: PairKernel, v: GpuTensor, shape: readonly number[], mask?: KeyMask, hidden = 0): GpuTensor {
    const count = sizeOf(shape);
    const result = this.memory.allocate(2 * count);
    const seen = mask && this.movements.onDevice(mask, v.shape);
    const uniform = pairRowUniform.words({
      ...{ count, zero: 0, width: rowLength(v.shape), size: sizeOf(v.shape), hidden: bitsOf(hidden) },
      ...{ rowsOfSequence: seen?.rowsOfSequence ?? 0, queries: seen?.queries ?? 0 },
    });
    const masks = kernel === 'rowSum' ? [] : [(seen?.ranges ?? this.nothing).buffer];
    this.commands.dispatch(
      pairKernel(kernel),
      [v.allocation.buffer, ...masks, result.buffer],
      uniform,
      groupsFor(count),
    );
    return { shape, allocation: result, format: undefined };
  }

  add(site: string, a: GpuTensor, b: GpuTensor): GpuTensor {
    return this.binary(site, 'add', a, b);
  }
  subtract(site: string, a: GpuTensor, b: GpuTensor): GpuTensor {
    return this.binary(site, 'subtract', a, b);
  }
  multiply(site: string, a: GpuTensor, b: GpuTensor): GpuTensor {
    return this.binary(site, 'multiply', a, b);
  }
  divide(site: string, a: GpuTensor, b: GpuTensor): GpuTensor {
    return this.binary(site, 'divide', a, b);
  }
  private binary(site: string, name: PairBinary, a: GpuTensor, b: GpuTensor): GpuTensor {
    const shape = broadcastShapes(a.shape, b.shape);
    const pairs = pairsOfParts(a, b);
    if (pairs !== undefined) {
      const tensors = pairs.map(([x, y]) => this.binary(site, name, x, y));
      return this.memory.joined(shape, { site, tensors });
    }
    return this.elements(name, [a.allocation, b.allocation], shape, [a.shape, b.shape], site);
  }
  sqrt(site: string, v: GpuTensor): GpuTensor {
    return this.elements('root', [v.allocation], v.shape, [v.shape], site);
  }
  exp(site: string, v: GpuTensor): GpuTensor {
    return this.elementary(site, 'exp', v);
  }
  tanh(site: string, v: GpuTensor): GpuTensor {
    return this.elementary(site, 'tanh', v);
  }
  erf(site: string, v: GpuTensor): GpuTensor {
    return this.elementary(site, 'erf', v);
  }
  private elementary(site: string, name: ElementaryName, v: GpuTensor): GpuTensor {
    let table = this.coefficients.get(name);
    if (table === undefined) {
      table = this.memory.outside(() => this.memory.upload(coefficientTable(name)));
      this.coefficients.set(name, table);
    }
    return this.elements('elementary', [v.allocation, table, this.nothing], v.shape, [v.shape], site, name);
  }
  private elements(
    kernel: PairKernel,
    operands: readonly Allocation[],
    shape: readonly number[],
    shapes: readonly (readonly number[])[],
    site?: string,
    name: ElementaryName = 'exp',
  ): GpuTensor {
    const count = sizeOf(shape);
    const result = this.memory.allocate(2 * count, site);
    const [a, b = a] = shapes;
    const uniform = pairUniform.words({
      ...{ count, zero: 0, name: elementaryNames.indexOf(name), sizes: [sizeOf(a), sizeOf(b)] },
      dims: paddedShape(shape, MAX_RANK),
      strides: [...stridesOf(a, MAX_RANK), ...stridesOf(b, MAX_RANK)],
    });
    const buffers = [...operands, result].map(({ buffer }) => buffer);
    this.commands.dispatch(pairKernel(kernel), buffers, uniform, groupsFor(count));
    return { shape, allocation: result, format: undefined };
  }

  matmul(site: string, a: GpuTensor, b: GpuTensor, { transposed = false, mask }: MatmulOptions = {}): GpuTensor {
    const { shape, m, n, k, batches } = matmulShape(a.shape, b.shape, transposed);
    const size = sizeOf(shape);
    const groups = groupsOf(shape, m, n, batches, PAIR_TILE, PAIR_TILE);
    const result = this.memory.allocate(2 * size, site);
    const seen = mask && this.movements.onDevice(mask, a.shape);
    const ofB = sizeOf(b.shape.slice(0, -2));
    const uniform = pairProductUniform.words({
      ...{ m, n, terms: k, groups: ofB === 0 ? 1 : batches / ofB },
      strideB: transposed ? [k * n, 1, k] : [k * n, n, 1],
      mask: seen === undefined ? [0, 0] : [seen.rowsOfSequence, seen.queries],
      ...{ sizes: [sizeOf(a.shape), sizeOf(b.shape), size], zero: 0 },
    });
    const buffers = [a.allocation, b.allocation, seen?.ranges ?? this.nothing, result].map(({ buffer }) => buffer);
    this.commands.dispatch(pairKernel('product'), buffers, uniform, groups);
    return { shape, allocation: result, format: undefined };
  }
  linear(site: string, x: GpuTensor, layer: Linear): GpuTensor {
    return this.memory.scope(() => {
      const rows = { ...x, shape: [sizeOf(x.shape.slice(0, -1)), rowLength(x.shape)] };
      const y = linearInBlocks(this.memory, site, rows, layer, {
        rows: (all, span) => whole(this.movements.rows(planes(all), span)),
        product: (some, block) => this.block(site, some, block.layer),
        concat: (a, b) => this.concat(a, b),
      });
      return this.reshape(y, [...x.shape.slice(0, -1), rowLength(y.shape)]);
    });
  }
  private block(site: string, rows: GpuTensor, { weight, layout, bias }: Linear): GpuTensor {
    const product = this.matmul(site, rows, this.parameter(site, weight), { transposed: layout === 'out-in' });
    return bias === undefined ? product : this.add(site, product, this.parameter(site, bias));
  }
}
