/** The kernels' module, made once in a process, and its memory: operands are copied in, results out. */
import { KERNELS } from './kernels.generated.ts';

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
  matmul(job: Address): void;
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
/** Kernels may read a vector beyond the end of what they were given. */
const SLACK = 64;

/** Linear memory with a bump allocator: everything is freed at once, by going back to a mark. */
export class KernelMemory {
  readonly kernels: KernelExports;
  private top = BASE;

  constructor() {
    const bytes = Uint8Array.from(atob(KERNELS), (c) => c.charCodeAt(0));
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes));
    this.kernels = instance.exports as unknown as KernelExports;
  }

  /** Runs an operation; what it allocates is free afterwards. */
  scope<T>(operation: () => T): T {
    const mark = this.top;
    try {
      return operation();
    } finally {
      this.top = mark;
    }
  }

  /** Room for so many bytes, aligned to 16. Views made earlier are detached if the memory has to grow. */
  allocate(bytes: number): Address {
    const address = this.top;
    this.top = Math.ceil((address + bytes + SLACK) / 16) * 16;
    const { memory } = this.kernels;
    const missing = this.top - memory.buffer.byteLength;
    // Growing by a quarter more keeps the number of growths small.
    if (missing > 0) memory.grow(Math.min(Math.ceil(missing / PAGE + memory.buffer.byteLength / PAGE / 4), 65536));
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

/** The memory of this process (or of this worker). */
export function kernelMemory(): KernelMemory {
  shared ??= new KernelMemory();
  return shared;
}
