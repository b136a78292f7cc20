/** The kernels' module, made once in a process, and its memory: operands are copied in, results out. */

import type { Numbers } from '../../tensor/index.ts';
import { TABLES_END, type Table } from './elementary-tables.ts';
import { KERNELS } from './kernels.generated.ts';
import { Pool, type WorkerSource } from './pool.ts';
import { type NumberSize, type Resident, ResultArrays } from './result-arrays.ts';

/** An address in the kernels' memory. */
export type Address = number;

export type { NumberSize };

/** In the order of assembly/vectors.ts. */
export const operations = ['add', 'subtract', 'multiply', 'divide'] as const;
export type Operation = (typeof operations)[number];

/** What assembly/index.ts exports. */
export interface KernelExports {
  readonly memory: WebAssembly.Memory;
  /** Of a job (assembly/tasks.ts). */
  runTask(kind: number, job: Address, task: number): void;
  /** Of the pool (assembly/pool.ts). */
  takeTasks(thread: number): void;
  unary(root: number, format: Address, n: number, out: Address, x: Address): void;
  narrow(format: Address, n: number, out: Address, x: Address): void;
  settleNormal(job: Address, index: number, log: number): void;
  evaluateParts(name: number, x: number, out: Address): void;
  evaluateCodes(name: number, firstCode: number, n: number, out: Address, undecided: Address): void;
  /** Of a job of stochastic entries (assembly/stochastic/entries.ts). */
  roundEntries(job: Address, i: number, words: Address): void;
}

/** The module's own data and the tables of the elementary functions lie below. */
const BASE = TABLES_END;
const PAGE = 0x10000;
/** As in scripts/build-kernels.js. */
const FIRST_PAGES = 16;
const MOST_PAGES = 65536;
/** Kernels may read a vector beyond the end of what they were given. */
const SLACK = 64;

/** Jobs of fewer multiplications are for one thread: a sleeping worker takes as long to wake up. */
const TASK_SIZE = 1 << 19;
/** The least task of a job, of that: long beside what it takes to take it. */
const LEAST_TASK = 1 / 4;
/** Tasks of a job, at most or a little above: enough to keep threads equally busy to the end. */
const TASKS = 128;

export interface KernelMemoryOptions {
  /** Asked when the first large job comes; without, all is done by the calling thread. */
  readonly workers?: () => WorkerSource | undefined;
  readonly taskSize?: number;
  /** The pool's. */
  readonly patience?: number;
}

/** Kinds of jobs, as in assembly/layout.ts. */
export const jobKinds = {
  ...{ matmul: 0, round: 1, pack: 2, statistics: 3, elementary: 4, normal: 5, logits: 6, errors: 7 },
  ...{ rows: 10, steps: 11, softmax: 12, norm: 13, rotary: 14 },
  doubleDouble: 50,
  decimal: 51,
  ...{ stochasticEntries: 8, stochasticSums: 9 },
} as const;

/** A job in tasks, none of which reads what another writes. */
export interface TaskedJob {
  readonly kind: (typeof jobKinds)[keyof typeof jobKinds];
  readonly tasks: number;
  /** Bytes of what the kernels read of the job; each thread has a copy. */
  readonly bytes: number;
  /** Writes one thread's copy; scratch that tasks write to is allocated here, for each thread its own. */
  write(job: Address): void;
  /** What the calling thread does while others have begun; no task needs it. */
  readonly meanwhile?: (() => void) | undefined;
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/**
 * The bytes of a text in base64. Not by `atob`: where Node decodes with AVX, it leaves the thread's vector registers in a
 * state in which every kernel is slower by an eighth for as long as the thread lives (measured on Skylake, Node 20).
 */
function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const digits = new Uint8Array(128);
  for (let i = 0; i < 64; i++) digits[DIGITS.charCodeAt(i)] = i;
  const bytes = new Uint8Array((text.length / 4) * 3);
  for (let i = 0, j = 0; i < text.length; ) {
    let word = 0;
    for (const end = i + 4; i < end; i++) word = (word << 6) | digits[text.charCodeAt(i)];
    bytes[j++] = word >> 16;
    bytes[j++] = word >> 8;
    bytes[j++] = word;
  }
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  return bytes.subarray(0, bytes.length - padding);
}

/** Linear memory with a bump allocator: everything is freed at once, by going back to a mark. */
export class KernelMemory {
  readonly kernels: KernelExports;
  /** Multiplications of a task, at least. */
  readonly taskSize: number;
  readonly module: WebAssembly.Module;
  /** What results are written to. */
  readonly results = new ResultArrays((length, size) => this.resident(length, size));
  private top = BASE;
  /** What lies below is never free again. */
  private floor = BASE;
  private readonly options: KernelMemoryOptions;
  private startedPool: Pool | undefined;
  private poolFailed = false;
  private readonly loaded = new Set<Table>();

  constructor(options: KernelMemoryOptions = {}) {
    this.options = options;
    this.taskSize = options.taskSize ?? TASK_SIZE;
    this.module = new WebAssembly.Module(bytesOf(KERNELS));
    const memory = new WebAssembly.Memory({ initial: FIRST_PAGES, maximum: MOST_PAGES, shared: true });
    this.kernels = new WebAssembly.Instance(this.module, { env: { memory } }).exports as unknown as KernelExports;
  }

  /** What a task of a job of `size` multiplications should be, at least, for as many as keep all threads busy to the end. */
  shareOf(size: number): number {
    return size < this.taskSize ? size : Math.max(LEAST_TASK * this.taskSize, size / TASKS);
  }

  /** Runs a job's tasks on all threads. */
  run({ kind, tasks, bytes, write, meanwhile }: TaskedJob): void {
    const pool = tasks > 1 ? this.pool() : undefined;
    const stride = Math.ceil(bytes / 64) * 64;
    const threads = pool?.threads ?? 1;
    const jobs = this.allocate(threads * stride);
    for (let thread = 0; thread < threads; thread++) write(jobs + thread * stride);
    if (pool !== undefined) {
      if (pool.run(kind, jobs, stride, tasks, meanwhile)) return;
      this.abandonPool();
    } else {
      meanwhile?.();
    }
    for (let task = 0; task < tasks; task++) this.kernels.runTask(kind, jobs, task);
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

  /** Whether a worker may still write to what a job was to write to. */
  get hasLostWorkers(): boolean {
    return this.poolFailed;
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
  /** An array that stays in memory; undefined in the middle of an operation. */
  private resident(length: number, size: NumberSize): Resident | undefined {
    if (this.top !== this.floor) return undefined;
    const address = this.allocateForever(length * size);
    return { address, numbers: this.numbers(address, length, size) };
  }

  /** Numbers of `size` bytes. */
  numbers(address: Address, length: number, size: NumberSize): Numbers {
    return size === 8 ? this.float64(address, length) : this.float32(address, length);
  }

  /** Puts tables where they belong, once. */
  load(tables: readonly Table[]): void {
    for (const table of tables) {
      if (this.loaded.has(table)) continue;
      new Uint8Array(this.kernels.memory.buffer, table.address, table.bytes.length).set(table.bytes);
      this.loaded.add(table);
    }
  }

  /** A copy in memory of numbers that `size` bytes hold exactly. */
  copyIn(numbers: ArrayLike<number>, size: NumberSize): Address {
    const address = this.allocate(numbers.length * size);
    this.numbers(address, numbers.length, size).set(numbers);
    return address;
  }

  /** A copy of integers. */
  integersIn(integers: ArrayLike<number>): Address {
    const address = this.allocate(integers.length * 4);
    this.int32(address, integers.length).set(integers);
    return address;
  }

  /** Room for as long as the memory lives; only outside of operations. */
  allocateForever(bytes: number): Address {
    if (this.top !== this.floor) throw new Error('memory: what is to stay cannot be allocated in a scope');
    const address = this.allocate(bytes);
    this.floor = this.top;
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
