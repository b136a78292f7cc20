/** Tensors on the GPU, and the buffers that hold them. */
import { type Format, InputError } from '../../formats/index.ts';
import { type Numbers, sizeOf } from '../../tensor/index.ts';
import type { Commands } from './commands.ts';
import type { GpuDevice } from './device.ts';

/** A buffer in use. Where nothing reaches this object any more, the buffer is used again. */
export interface Allocation {
  readonly buffer: GPUBuffer;
  readonly words: number;
}

/** Float32 numbers, row-major; of `format`, or any float32 where it is undefined (they came from outside). */
export interface GpuTensor {
  readonly shape: readonly number[];
  readonly allocation: Allocation;
  readonly format: Format | undefined;
}

/** Words of a buffer are a multiple of this, so that buffers of nearly equal size serve each other. */
const GRAIN = 64;
/** From this many words on, numbers go into a buffer that is free, if there is one; fewer into a new one, which is faster. */
const LARGE = 1 << 18;
/** Words of free buffers that are kept. */
const KEPT = 1 << 26;

/**
 * Buffers for tensors. Commands run in the order in which they are queued, so a buffer that no tensor needs any more takes
 * the next result, without waiting.
 */
export class GpuMemory {
  private readonly device: GpuDevice;
  private readonly commands: Commands;
  private kept = 0;
  private readonly free = new Map<number, GPUBuffer[]>();
  private readonly forgotten: FinalizationRegistry<Allocation>;
  /** Allocated since the outermost, the next, … scope began. */
  private readonly scopes: Set<Allocation>[] = [];

  constructor(device: GpuDevice, commands: Commands) {
    this.device = device;
    this.commands = commands;
    this.forgotten = new FinalizationRegistry(({ buffer, words }) => this.recycle(buffer, words));
  }

  /** Numbers of a tensor, at most. */
  get mostWords(): number {
    return Math.floor(this.device.bufferLimit / (4 * GRAIN)) * GRAIN;
  }

  allocate(count: number): Allocation {
    const words = wordsFor(count);
    return this.track(this.reuse(words) ?? this.device.storage(words), words);
  }

  /** A buffer with these numbers. */
  upload(data: Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer>): Allocation {
    const words = wordsFor(data.length);
    const buffer = words < LARGE ? undefined : this.reuse(words);
    if (buffer === undefined) return this.track(this.device.storageOf(data, words), words);
    this.commands.write(buffer, data);
    return this.track(buffer, words);
  }

  /** What `compute` allocates is free again afterwards, but for its result. */
  scope(compute: () => GpuTensor): GpuTensor {
    return this.scopeOf(() => [compute()])[0];
  }

  /** The same with several results. */
  scopeOf<T extends readonly GpuTensor[]>(compute: () => T): T {
    this.scopes.push(new Set());
    let kept: readonly Allocation[] = [];
    try {
      const results = compute();
      kept = results.map(({ allocation }) => allocation);
      return results;
    } finally {
      const made = this.scopes.pop() as Set<Allocation>;
      for (const allocation of made) {
        if (kept.includes(allocation)) {
          this.scopes.at(-1)?.add(allocation);
        } else {
          this.forgotten.unregister(allocation);
          this.recycle(allocation.buffer, allocation.words);
        }
      }
    }
  }

  /** What `compute` allocates lives on, whatever scope it is called in. */
  outside<T>(compute: () => T): T {
    const scopes = this.scopes.splice(0);
    try {
      return compute();
    } finally {
      this.scopes.push(...scopes);
    }
  }

  private track(buffer: GPUBuffer, words: number): Allocation {
    const allocation = { buffer, words };
    // The registry may not hold the allocation itself, or it would stay reachable.
    this.forgotten.register(allocation, { buffer, words }, allocation);
    this.scopes.at(-1)?.add(allocation);
    return allocation;
  }

  private reuse(words: number): GPUBuffer | undefined {
    const buffer = this.free.get(words)?.pop();
    if (buffer !== undefined) this.kept -= words;
    return buffer;
  }

  private recycle(buffer: GPUBuffer, words: number): void {
    if (this.kept + words > KEPT) {
      // What was queued may still use it.
      this.commands.submit();
      buffer.destroy();
      return;
    }
    this.kept += words;
    const list = this.free.get(words);
    if (list === undefined) this.free.set(words, [buffer]);
    else list.push(buffer);
  }
}

function wordsFor(count: number): number {
  return Math.ceil(Math.max(count, 1) / GRAIN) * GRAIN;
}

/** @throws InputError where a number is no float32 */
export function float32Of(data: Numbers, where: string): Float32Array<ArrayBuffer> {
  if (data instanceof Float32Array) return data as Float32Array<ArrayBuffer>;
  const result = Float32Array.from(data);
  const at = data.findIndex((x, i) => x !== result[i] && !Number.isNaN(x));
  if (at >= 0) {
    throw new InputError(
      `${where}: expected numbers of float32 on the webgpu backend, got ${data[at]} (at ${at}); use --backend cpu`,
    );
  }
  return result;
}

/** Row-major strides, 0 for axes of length 1 that are broadcast, with 0s in front up to `rank`. */
export function stridesOf(shape: readonly number[], rank: number): number[] {
  const strides = shape.map((n, i) => (n === 1 ? 0 : sizeOf(shape.slice(i + 1))));
  return [...new Array<number>(rank - shape.length).fill(0), ...strides];
}

/**
 * A shape with 1s in front up to `rank`.
 * @throws InputError where it has more axes
 */
export function paddedShape(shape: readonly number[], rank: number): number[] {
  if (shape.length > rank) {
    throw new InputError(`webgpu: expected at most ${rank} axes, got [${shape}]; reshape it, or use --backend cpu`);
  }
  return [...new Array<number>(rank - shape.length).fill(1), ...shape];
}
