/** What moves numbers on the device, or chooses among them, without rounding any; and masks there. */
import { permuted } from '../../arithmetic/axes.ts';
import { type KeyMask, rowLength, sizeOf } from '../../tensor/index.ts';
import { type Commands, groupsFor } from './commands.ts';
import type { Kernel } from './device.ts';
import { type Allocation, type GpuMemory, type GpuTensor, paddedShape } from './gpu-tensor.ts';
import {
  copyKernel,
  copyUniform,
  countUniform,
  MAX_AXES,
  negateKernel,
  reluKernel,
  rowMaxKernel,
  rowMaxUniform,
  selectKernel,
  selectUniform,
} from './kernels/movements.ts';
import type { Span } from './spans.ts';
import { bitsOf } from './wgsl/rounding.ts';

/** A mask's ranges on the device, and how rows of a tensor find theirs. */
export interface GpuMask {
  readonly ranges: Allocation;
  readonly queries: number;
  readonly rowsOfSequence: number;
}

/** Where a copy reads and writes the elements of a tensor with these `dims`. */
interface Copy {
  readonly dims: readonly number[];
  readonly read: readonly number[];
  readonly write: readonly number[];
  readonly readFrom?: number;
  readonly writeTo?: number;
}

export class GpuMovements {
  private readonly commands: Commands;
  private readonly memory: GpuMemory;
  private readonly masks = new WeakMap<KeyMask, Allocation>();

  constructor(commands: Commands, memory: GpuMemory) {
    this.commands = commands;
    this.memory = memory;
  }

  permute(v: GpuTensor, axes: readonly number[]): GpuTensor {
    const { shape } = permuted(v.shape, axes);
    const strides = strictStrides(v.shape);
    const result = this.memory.allocate(sizeOf(shape), v.parts?.site);
    this.copy(v.allocation, result, {
      ...{ dims: shape, read: axes.map((axis) => strides[axis]), write: strictStrides(shape) },
    });
    return { shape, allocation: result, format: v.format };
  }
  slice(v: GpuTensor, from: number, to: number): GpuTensor {
    const shape = [...v.shape.slice(0, -1), to - from];
    const result = this.memory.allocate(sizeOf(shape), v.parts?.site);
    const [read, write] = [strictStrides(v.shape), strictStrides(shape)];
    this.copy(v.allocation, result, { dims: shape, read, write, readFrom: from });
    return { shape, allocation: result, format: v.format };
  }
  /** Entries of the last axis but one, from `from` up to `to`. */
  rows(v: GpuTensor, { from, to }: Span): GpuTensor {
    const width = rowLength(v.shape);
    const shape = [...v.shape.slice(0, -2), to - from, width];
    const result = this.memory.allocate(sizeOf(shape), v.parts?.site);
    const [read, write] = [strictStrides(v.shape), strictStrides(shape)];
    this.copy(v.allocation, result, { dims: shape, read, write, readFrom: from * width });
    return { shape, allocation: result, format: v.format };
  }
  concat(a: GpuTensor, b: GpuTensor): GpuTensor {
    const left = rowLength(a.shape);
    const shape = [...a.shape.slice(0, -1), left + rowLength(b.shape)];
    const result = this.memory.allocate(sizeOf(shape), (a.parts ?? b.parts)?.site);
    const write = strictStrides(shape);
    this.copy(a.allocation, result, { dims: a.shape, read: strictStrides(a.shape), write });
    this.copy(b.allocation, result, { dims: b.shape, read: strictStrides(b.shape), write, writeTo: left });
    return { shape, allocation: result, format: a.format };
  }
  private copy(from: Allocation, to: Allocation, { dims, read, write, readFrom = 0, writeTo = 0 }: Copy): void {
    const count = sizeOf(dims);
    const padded = (strides: readonly number[]) => [...new Array(MAX_AXES - strides.length).fill(0), ...strides];
    const uniform = copyUniform.words({
      ...{ count, dims: paddedShape(dims, MAX_AXES), read: padded(read), write: padded(write) },
      ...{ readFrom, writeTo },
    });
    this.commands.dispatch(copyKernel, [from.buffer, to.buffer], uniform, groupsFor(count));
  }

  negate(v: GpuTensor): GpuTensor {
    return this.entries(negateKernel, v);
  }
  relu(v: GpuTensor): GpuTensor {
    return this.entries(reluKernel, v);
  }
  private entries(kernel: Kernel, v: GpuTensor): GpuTensor {
    const count = sizeOf(v.shape);
    const result = this.memory.allocate(count, v.parts?.site);
    const uniform = countUniform.words({ count });
    this.commands.dispatch(kernel, [v.allocation.buffer, result.buffer], uniform, groupsFor(count));
    return { ...v, allocation: result };
  }

  rowMax(v: GpuTensor, mask?: KeyMask): GpuTensor {
    const shape = [...v.shape.slice(0, -1), 1];
    const count = sizeOf(shape);
    const uniform = rowMaxUniform.words({ count, width: rowLength(v.shape), ...this.maskFields(v, mask) });
    return { ...v, shape, allocation: this.masked(rowMaxKernel, v, mask, uniform, count) };
  }
  select(v: GpuTensor, mask: KeyMask, hidden: number): GpuTensor {
    const count = sizeOf(v.shape);
    const uniform = selectUniform.words({
      ...{ count, width: rowLength(v.shape), ...this.maskFields(v, mask), hidden: bitsOf(hidden) },
    });
    return { ...v, allocation: this.masked(selectKernel, v, mask, uniform, count) };
  }
  /** Of a kernel's uniform. */
  maskFields(v: Pick<GpuTensor, 'shape'>, mask: KeyMask | undefined): { rowsOfSequence: number; queries: number } {
    return mask === undefined ? { rowsOfSequence: 0, queries: 0 } : this.onDevice(mask, v.shape);
  }
  private masked(
    kernel: Kernel,
    v: GpuTensor,
    mask: KeyMask | undefined,
    uniform: number[],
    count: number,
  ): Allocation {
    const result = this.memory.allocate(count, v.parts?.site);
    const ranges = mask === undefined ? v.allocation : this.onDevice(mask, v.shape).ranges;
    this.commands.dispatch(kernel, [v.allocation.buffer, ranges.buffer, result.buffer], uniform, groupsFor(count));
    return result;
  }

  /** For a tensor of a shape whose first axis is the sequence and whose last but one is the query. */
  onDevice(mask: KeyMask, shape: readonly number[]): GpuMask {
    let ranges = this.masks.get(mask);
    if (ranges === undefined) {
      const { from, to } = mask;
      const words = Uint32Array.from({ length: 2 * from.length }, (_, i) => (i % 2 === 0 ? from : to)[i >> 1]);
      ranges = this.memory.outside(() => this.memory.upload(words));
      this.masks.set(mask, ranges);
    }
    return { ranges, queries: mask.queries, rowsOfSequence: sizeOf(shape.slice(1, -1)) };
  }
}

/** Row-major strides of every axis. */
function strictStrides(shape: readonly number[]): number[] {
  return shape.map((_, i) => sizeOf(shape.slice(i + 1)));
}
