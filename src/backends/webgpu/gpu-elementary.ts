/** exp, tanh and erf on the device: tables of all results for short formats, fixed point for the others. */
import { contextOf } from '../../arithmetic/softfloat.ts';
import { type Format, fitsFloat32 } from '../../formats/index.ts';
import { contextKey } from '../../softfloat/context.ts';
import { unaryFunction } from '../cpu/unary-tables.ts';
import { kernelMemory } from '../cpu/wasm.ts';
import { type Commands, groupsFor } from './commands.ts';
import type { GpuDevice } from './device.ts';
import { coefficientTable } from './elementary-tables.ts';
import type { Allocation, GpuMemory, GpuTensor } from './gpu-tensor.ts';
import { elementaryKernel, elementaryUniform, type FunctionSource } from './kernels/elementary.ts';
import { addressWords } from './kernels/parts.ts';
import type { GpuSite } from './site.ts';
import { settle, type UndecidedError, undecidedWords } from './undecided.ts';
import { type ElementaryName, elementaryNames, SETTLED_AT } from './wgsl/undecided.ts';

interface ResultTable {
  readonly allocation: Allocation;
  /** The entry of x is that of its bits without the last `shift`. */
  readonly shift: number;
}

/** What a kernel's function reads: `shift` is 0 for series. */
export interface Evaluation {
  readonly source: FunctionSource;
  readonly table: GPUBuffer;
  readonly shift: number;
}

export class GpuElementary {
  /** What fixed point could not decide, and what the CPU has settled (undecided.ts). */
  readonly undecided: GPUBuffer;
  private readonly device: GpuDevice;
  private readonly commands: Commands;
  private readonly memory: GpuMemory;
  private readonly coefficients = new Map<ElementaryName, Allocation>();
  private readonly results = new Map<string, ResultTable>();

  constructor(device: GpuDevice, commands: Commands, memory: GpuMemory) {
    this.commands = commands;
    this.memory = memory;
    const words = undecidedWords(device);
    this.undecided = device.storageOf(words, words.length);
    this.device = device;
  }

  /** Has the CPU settle what was undecided. */
  async settle(): Promise<UndecidedError> {
    const [words] = await this.commands.read([{ buffer: this.undecided, words: SETTLED_AT }]);
    return settle(this.device, words);
  }

  /** R(f(x)) of `count` numbers into `result`. */
  apply(site: GpuSite, name: ElementaryName, x: GpuTensor, count: number, result: Allocation): void {
    const at = site.claim(count, 1);
    const { source, table, shift } = this.evaluation(site, name, x.format, count);
    const uniform = elementaryUniform.words({
      ...{ count, name: elementaryNames.indexOf(name), flush: site.flushBelow(x.format), shift },
      ...{ out: site.rounding(site.spec.out), at: addressWords(at) },
    });
    const buffers = [x.allocation.buffer, table, this.undecided, result.buffer];
    this.commands.dispatch(elementaryKernel(source, site.core), buffers, uniform, groupsFor(count));
  }

  /** How a kernel evaluates `count` numbers of a format. */
  evaluation(site: GpuSite, name: ElementaryName, format: Format | undefined, count: number): Evaluation {
    const results = this.table(site, name, format, count);
    if (results !== undefined) {
      return { source: 'results', table: results.allocation.buffer, shift: results.shift };
    }
    return { source: 'series', table: this.coefficientsOf(name).buffer, shift: 0 };
  }

  private coefficientsOf(name: ElementaryName): Allocation {
    let table = this.coefficients.get(name);
    if (table === undefined) {
      table = this.memory.outside(() => this.memory.upload(coefficientTable(name)));
      this.coefficients.set(name, table);
    }
    return table;
  }

  /** The table that the CPU backend has for numbers of this format, once enough of them have been asked for. */
  private table(
    { spec }: GpuSite,
    name: ElementaryName,
    format: Format | undefined,
    count: number,
  ): ResultTable | undefined {
    if (spec.mode === 'stochastic' || format === undefined || !fitsFloat32(format)) return undefined;
    const context = contextOf(spec, spec.out);
    const key = `${name} ${contextKey({ ...context, format })} ${contextKey(context)}`;
    let table = this.results.get(key);
    if (table === undefined) {
      const memory = kernelMemory();
      const made = unaryFunction(name, context, format).table(memory, count);
      if (made === undefined) return undefined;
      const values = memory.float32(made.at, 2 ** (32 - made.shift)).slice();
      table = { allocation: this.memory.outside(() => this.memory.upload(values)), shift: made.shift };
      this.results.set(key, table);
    }
    return table;
  }
}
