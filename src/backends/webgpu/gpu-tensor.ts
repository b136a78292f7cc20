/** Tensors on the GPU, and the buffers that hold them. */
import { type Format, InputError } from '../../formats/index.ts';
import { type Numbers, sizeOf, type Tensor } from '../../tensor/index.ts';
import type { Commands } from './commands.ts';
import { type GpuDevice, tooLarge } from './device.ts';
import { type Span, spansOf } from './spans.ts';

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
  /** Where it is larger than a buffer; it has no allocation of its own then. */
  readonly parts?: Parts;
}

/** What a tensor consists of that the operation at `site` made: tensors whose numbers follow each other in it. */
export interface Parts {
  readonly site: string;
  readonly tensors: readonly GpuTensor[];
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
  private readonly wordsOfNumber: number;
  private kept = 0;
  private readonly free = new Map<number, GPUBuffer[]>();
  private readonly forgotten: FinalizationRegistry<Allocation>;
  /** Allocated since the outermost, the next, … scope began. */
  private readonly scopes: Set<Allocation>[] = [];

  constructor(device: GpuDevice, commands: Commands, wordsOfNumber = 1) {
    this.device = device;
    this.commands = commands;
    this.wordsOfNumber = wordsOfNumber;
    this.forgotten = new FinalizationRegistry(({ buffer, words }) => this.recycle(buffer, words));
  }

  private get mostWords(): number {
    return Math.floor(this.device.bufferLimit / (4 * GRAIN)) * GRAIN;
  }
  /** Numbers of a buffer, at most. */
  get mostNumbers(): number {
    return Math.floor(this.mostWords / this.wordsOfNumber);
  }

  /**
   * A buffer of `count` words, for the result of an operation at a site.
   * @throws InputError where the device has no buffers that large
   */
  allocate(count: number, site?: string): Allocation {
    const words = this.wordsFor(count, site);
    return this.track(this.reuse(words) ?? this.device.storage(words), words);
  }

  /**
   * A buffer with these numbers.
   * @throws InputError where the device has no buffers that large
   */
  upload(data: Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer>, site?: string): Allocation {
    const words = this.wordsFor(data.length, site);
    const buffer = words < LARGE ? undefined : this.reuse(words);
    if (buffer === undefined) return this.track(this.device.storageOf(data, words), words);
    this.commands.write(buffer, data);
    return this.track(buffer, words);
  }

  private wordsFor(count: number, site: string | undefined): number {
    if (count > this.mostWords) throw tooLarge(4 * this.mostWords, 4 * count, site);
    return Math.ceil(Math.max(count, 1) / GRAIN) * GRAIN;
  }

  /**
   * The rows of a tensor, in as few spans as have buffers.
   * @throws InputError where not even one row has
   */
  rowSpans(site: string, rows: number, width: number): readonly Span[] {
    if (width > this.mostNumbers) throw this.tooLarge(rows * width, site);
    return spansOf(rows, Math.floor(this.mostNumbers / Math.max(width, 1)));
  }

  /** The tensor of a shape whose numbers are those of the parts. What takes only whole tensors refuses it, where it has several. */
  joined(shape: readonly number[], parts: Parts): GpuTensor {
    const [first, ...others] = parts.tensors;
    if (others.length === 0) return { ...first, shape };
    const refusal = (): InputError => this.tooLarge(sizeOf(shape), parts.site);
    return {
      ...{ shape, parts, format: first.format },
      get allocation(): Allocation {
        throw refusal();
      },
    };
  }

  private tooLarge(numbers: number, site: string): InputError {
    return tooLarge(4 * this.mostWords, 4 * this.wordsOfNumber * numbers, site);
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
      kept = results.flatMap((result) => result.parts?.tensors ?? [result]).map(({ allocation }) => allocation);
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

/** The numbers of a tensor in parts, read one after the other, as the largest buffer to read them into is one part's. */
export async function loweredParts(
  shape: readonly number[],
  { tensors }: Parts,
  data: Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>,
  lower: (part: GpuTensor) => Promise<Tensor>,
): Promise<Tensor> {
  let at = 0;
  for (const part of tensors) {
    data.set((await lower(part)).data, at);
    at += sizeOf(part.shape);
  }
  return { shape, data };
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
