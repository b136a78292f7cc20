/** The kernels' module, made once in a process, and its memory: operands are copied in, results out. */
import { KERNELS } from './kernels.generated.ts';
import { Pool, type WorkerSource } from './pool.ts';

/** An address in the kernels' memory. */
export type Address = number;

export type Operation = 'add' | 'subtract' | 'multiply' | 'divide';

/** R(a ∘ b) of rows; strides in bytes (assembly/vectors.ts). */
export type BinaryKernel = (
  ...args: [
    format: Address,
    count: number,
    width: number,
    out: Address,
    outRow: number,
    a: Address,
    aRow: number,
    aStep: number,
    b: Address,
    bRow: number,
    bStep: number,
  ]
) => void;

/** In float32 itself, to nearest even, in any mode. */
export type Way = 'Float32' | 'Nearest' | 'Any';

/** What assembly/index.ts exports. */
export interface KernelExports extends Readonly<Record<`${Operation}${Way}`, BinaryKernel>> {
  readonly memory: WebAssembly.Memory;
  matmulTask(job: Address, task: number): void;
  /** Of the pool (assembly/pool.ts). */
  takeTasks(thread: number): void;
  packColumns(b: Address, stride: number, terms: number, columns: number, panel: Address): void;
  packRows(b: Address, stride: number, terms: number, columns: number, panel: Address): void;
  packDoubles(
    ...args: [b: Address, termStride: number, columnStride: number, terms: number, columns: number, panel: Address]
  ): void;
  statistics(x: Address, stride: number, n: number, count: number, result: Address): void;
  unary(root: number, format: Address, n: number, out: Address, x: Address): void;
  narrow(format: Address, n: number, out: Address, x: Address): void;
}

/** The module's own data lie below. */
const BASE = 0x10000;
const PAGE = 0x10000;
/** As in scripts/build-kernels.js. */
const FIRST_PAGES = 16;
const MOST_PAGES = 65536;
/** Kernels may read a vector beyond the end of what they were given. */
const SLACK = 64;

/** A tenth of a millisecond or more: well above what a sleeping worker takes to wake up. */
const TASK_SIZE = 1 << 19;

export interface KernelMemoryOptions {
  /** Asked when the first large job comes; without, all is done by the calling thread. */
  readonly workers?: () => WorkerSource | undefined;
  readonly taskSize?: number;
  /** The pool's. */
  readonly patience?: number;
}

/** Linear memory with a bump allocator: everything is freed at once, by going back to a mark. */
export class KernelMemory {
  readonly kernels: KernelExports;
  /** Multiplications of a task, at least. */
  readonly taskSize: number;
  readonly module: WebAssembly.Module;
  private top = BASE;
  /** What lies below is never free again. */
  private floor = BASE;
  private readonly options: KernelMemoryOptions;
  private startedPool: Pool | undefined;
  private poolFailed = false;

  constructor(options: KernelMemoryOptions = {}) {
    this.options = options;
    this.taskSize = options.taskSize ?? TASK_SIZE;
    this.module = new WebAssembly.Module(Uint8Array.from(atob(KERNELS), (c) => c.charCodeAt(0)));
    const memory = new WebAssembly.Memory({ initial: FIRST_PAGES, maximum: MOST_PAGES, shared: true });
    this.kernels = new WebAssembly.Instance(this.module, { env: { memory } }).exports as unknown as KernelExports;
  }

  /** The threads of this memory, started at the first call; undefined where there is but this one. */
  pool(): Pool | undefined {
    if (this.poolFailed) return undefined;
    if (this.startedPool === undefined) {
      const source = this.options.workers?.();
      if (source === undefined || source.threads < 2) return undefined;
      const { kernels, module } = this;
      const setup = { module, memory: kernels.memory };
      this.startedPool = new Pool(source, setup, kernels.takeTasks, this.options.patience);
    }
    return this.startedPool.threads > 1 ? this.startedPool : undefined;
  }

  /** One thread from now on. What is allocated now stays so: a lost worker may still write there. */
  abandonPool(): void {
    this.poolFailed = true;
    this.startedPool?.stop();
    this.floor = this.top;
  }

  /** Runs an operation; what it allocates is free afterwards. */
  scope<T>(operation: () => T): T {
    const mark = this.top;
    try {
      return operation();
    } finally {
      this.top = Math.max(mark, this.floor);
    }
  }

  /** Room for so many bytes, aligned to 16. Views made earlier are detached if the memory has to grow. */
  allocate(bytes: number): Address {
    const address = this.top;
    this.top = Math.ceil((address + bytes + SLACK) / 16) * 16;
    const { memory } = this.kernels;
    const missing = this.top - memory.buffer.byteLength;
    // Growing by a quarter more keeps the number of growths small.
    if (missing > 0) memory.grow(Math.min(Math.ceil(missing / PAGE + memory.buffer.byteLength / PAGE / 4), MOST_PAGES));
    return address;
  }

  float32(address: Address, length: number): Float32Array {
    return new Float32Array(this.kernels.memory.buffer, address, length);
  }
  float64(address: Address, length: number): Float64Array {
    return new Float64Array(this.kernels.memory.buffer, address, length);
  }
  int32(address: Address, length: number): Int32Array {
    return new Int32Array(this.kernels.memory.buffer, address, length);
  }

  /** A copy of the numbers in memory. */
  copyIn(numbers: Float32Array): Address {
    const address = this.allocate(numbers.byteLength);
    this.float32(address, numbers.length).set(numbers);
    return address;
  }
}

let shared: KernelMemory | undefined;
let source: WorkerSource | undefined;

/** Where large jobs of this process find their workers; without, all is done by the calling thread, with the same bits. */
export function useWorkers(workers: WorkerSource): void {
  source = workers;
}

/** The memory of this process (or of this worker). */
export function kernelMemory(): KernelMemory {
  shared ??= new KernelMemory({ workers: () => source });
  return shared;
}
