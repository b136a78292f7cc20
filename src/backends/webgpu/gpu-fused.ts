/**
 * Softmax, norms and activations with one kernel each, in place of the operations that they are composed of
 * (arithmetic/composites.ts): the same roundings with the same random words, but what lies between them stays in the kernel.
 */

import type { RealTable } from '../../arithmetic/arithmetic.ts';
import { compositeConstants, epsilonConstant } from '../../arithmetic/composites.ts';
import { parameterContextOf } from '../../arithmetic/softfloat.ts';
import { type Addresses, partFrom } from '../../arithmetic/stochastic.ts';
import { scalarsOf } from '../../softfloat/scalar.ts';
import { type KeyMask, rowLength, sizeOf } from '../../tensor/index.ts';
import { type Commands, GROUP, type Groups, groupsFor } from './commands.ts';
import type { Evaluation, GpuElementary } from './gpu-elementary.ts';
import type { GpuMovements } from './gpu-movements.ts';
import { orderWords } from './gpu-sums.ts';
import { type Allocation, float32Of, type GpuMemory, type GpuTensor } from './gpu-tensor.ts';
import { type ActivationName, activationKernel, activationSteps, activationUniform } from './kernels/activation.ts';
import { FUSED_ROWS } from './kernels/fused-rows.ts';
import { normKernel, normUniform } from './kernels/norm.ts';
import { addressWords } from './kernels/parts.ts';
import { softmaxKernel, softmaxUniform } from './kernels/softmax.ts';
import type { GpuSite } from './site.ts';
import type { ElementaryName } from './wgsl/elementary.ts';
import { bitsOf } from './wgsl/rounding.ts';
import { sumShape, sumSteps } from './wgsl/sums.ts';

const { one, half, sqrtHalf, geluOuter, geluInner } = compositeConstants;

const activations: Readonly<Record<ActivationName, { f: ElementaryName; constants: readonly RealTable[] }>> = {
  'gelu-tanh': { f: 'tanh', constants: [one, half, geluOuter, geluInner] },
  'gelu-erf': { f: 'erf', constants: [one, half, sqrtHalf, sqrtHalf] },
  silu: { f: 'exp', constants: [one, one, one, one] },
};

/** A norm's parameters on the device, as long as its rows. */
export interface GpuNorm {
  readonly gamma: Allocation;
  readonly beta: Allocation | undefined;
}

/** Where an operation's roundings take their words: those of elements, and those of rows, counted behind the elements. */
interface RowAddresses {
  readonly at: Addresses | undefined;
  readonly rowAt: Addresses | undefined;
}

/**
 * `fused` wherever there is a kernel; `chosen` leaves composed what was measured to be slower fused on a device in software
 * (docs/webgpu.md): norms, and softmax whose exp comes from a table of results; and on any device attention whose products run
 * on float32 hardware.
 */
export type Composites = 'composed' | 'fused' | 'chosen';

export class GpuFused {
  private readonly spares: boolean;
  private readonly commands: Commands;
  private readonly memory: GpuMemory;
  private readonly functions: GpuElementary;
  private readonly movements: GpuMovements;

  /** @param spares whether what a device in software does faster composed is left to that */
  constructor(
    commands: Commands,
    memory: GpuMemory,
    functions: GpuElementary,
    movements: GpuMovements,
    spares: boolean,
  ) {
    this.spares = spares;
    this.commands = commands;
    this.memory = memory;
    this.functions = functions;
    this.movements = movements;
  }

  /** Undefined where it is better composed. */
  softmax(site: GpuSite, x: GpuTensor, mask: KeyMask | undefined): GpuTensor | undefined {
    const count = sizeOf(x.shape);
    const evaluation = this.exponential(site, x);
    if (this.spares && evaluation.source === 'results') return undefined;
    const { fields, family } = this.softmaxRun(site, x, mask, evaluation);
    const result = this.memory.allocate(count, site.name);
    const ranges = mask === undefined ? x.allocation : this.movements.onDevice(mask, x.shape).ranges;
    const buffers = [x.allocation, ranges].map(({ buffer }) => buffer);
    buffers.push(evaluation.table, this.functions.undecided, result.buffer);
    const kernel = softmaxKernel(family, evaluation.source, site.core);
    this.commands.dispatch(kernel, buffers, softmaxUniform.words(fields), rowGroups(fields.rows));
    return { shape: x.shape, allocation: result, format: site.spec.out };
  }

  /** How a softmax of x takes exp. */
  exponential(site: GpuSite, x: Pick<GpuTensor, 'shape' | 'format'>): Evaluation {
    const { out, softmax } = site.spec;
    return this.functions.evaluation(site, 'exp', softmax === 'shifted' ? out : x.format, sizeOf(x.shape));
  }

  /** A kernel's `softmaxFields`, with the random words of one softmax of x, and how its rows are summed. */
  softmaxRun(site: GpuSite, x: Pick<GpuTensor, 'shape' | 'format'>, mask: KeyMask | undefined, { shift }: Evaluation) {
    const { out, accumulate, order, softmax } = site.spec;
    const shifted = softmax === 'shifted';
    const [count, width] = [sizeOf(x.shape), rowLength(x.shape)];
    const rows = count / width;
    const sum = sumShape(order, width);
    const { at, rowAt } = this.claim(site, count, shifted ? 3 : 2, rows, sumSteps(order, width));
    const fields = {
      ...{ rows, width, ...this.movements.maskFields(x, mask), shifted: shifted ? 1 : 0, shift },
      ...{ flush: [x.format, shifted ? out : x.format, out, accumulate].map((format) => site.flushBelow(format)) },
      ...{ order: orderWords(width, sum), out: site.rounding(out), accumulate: site.rounding(accumulate) },
      ...{ at: addressWords(at), rowAt: addressWords(rowAt) },
    };
    return { fields, family: sum.family };
  }

  /** LayerNorm where rows are `centred`, else RMSNorm. Undefined where it is better composed. */
  norm(
    site: GpuSite,
    x: GpuTensor,
    { gamma, beta }: GpuNorm,
    epsilon: number,
    centred: boolean,
  ): GpuTensor | undefined {
    if (this.spares) return undefined;
    const { out, accumulate, order } = site.spec;
    const [count, width] = [sizeOf(x.shape), rowLength(x.shape)];
    const rows = count / width;
    const sum = sumShape(order, width);
    const steps = sumSteps(order, width);
    const perElement = (centred ? 1 : 0) + (beta === undefined ? 3 : 4);
    const perRow = (centred ? steps + 1 : 0) + steps + 4;
    const { at, rowAt } = this.claim(site, count, perElement, rows, perRow);
    const features = bitsOf(float32Of(Float64Array.of(width), 'norm')[0]);
    const uniform = normUniform.words({
      ...{
        rows,
        width,
        centres: centred ? 1 : 0,
        shifts: beta === undefined ? 0 : 1,
        sumSteps: steps,
        order: orderWords(width, sum),
      },
      ...{ flush: [x.format, out, accumulate].map((format) => site.flushBelow(format)) },
      ...{ constants: [features, constantBits(site, epsilonConstant(epsilon)), constantBits(site, one)] },
      ...{ out: site.rounding(out), accumulate: site.rounding(accumulate) },
      ...{ at: addressWords(at), rowAt: addressWords(rowAt) },
    });
    const result = this.memory.allocate(count, site.name);
    const buffers = [x.allocation, gamma, beta ?? gamma, result].map(({ buffer }) => buffer);
    const kernel = normKernel(centred ? 'layer' : 'rms', sum.family, site.core);
    this.commands.dispatch(kernel, buffers, uniform, rowGroups(rows));
    return { shape: x.shape, allocation: result, format: out };
  }

  activation(site: GpuSite, x: GpuTensor, name: ActivationName): GpuTensor {
    const { out } = site.spec;
    const { f, constants } = activations[name];
    const count = sizeOf(x.shape);
    const at = site.claim(count, activationSteps(name));
    const operand = name === 'silu' ? x.format : out;
    const { source, table, shift } = this.functions.evaluation(site, f, operand, count);
    const uniform = activationUniform.words({
      ...{ count, shift, flush: [site.flushBelow(x.format), site.flushBelow(out)] },
      ...{ constants: constants.map((constant) => constantBits(site, constant)) },
      ...{ out: site.rounding(out), at: addressWords(at) },
    });
    const result = this.memory.allocate(count, site.name);
    const buffers = [x.allocation.buffer, table, this.functions.undecided, result.buffer];
    this.commands.dispatch(activationKernel(name, source, site.core), buffers, uniform, groupsFor(count));
    return { shape: x.shape, allocation: result, format: out };
  }

  private claim(site: GpuSite, count: number, perElement: number, rows: number, perRow: number): RowAddresses {
    return site.operation(() => ({
      at: site.claim(count, perElement),
      rowAt: site.within(partFrom(count), () => site.claim(rows, perRow)),
    }));
  }
}

/** The bits of a constant as a site has it. */
export function constantBits({ spec }: GpuSite, { reals: [real] }: RealTable): number {
  return bitsOf(scalarsOf(parameterContextOf(spec, spec.out)).fromReal(real));
}

export function rowGroups(rows: number): Groups {
  return groupsFor(Math.ceil(rows / FUSED_ROWS) * GROUP);
}
