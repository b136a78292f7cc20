/**
 * The sites that round stochastically, on kernels of their own; what no kernel rounds, and all other sites, as the scalar
 * interpreter has them. Composite operations are composed: a random word costs more than a pass over memory.
 */
import type { Linear, MatmulOptions } from '../../arithmetic/arithmetic.ts';
import { broadcastIndex, broadcastShapes, matmulShape } from '../../arithmetic/axes.ts';
import { type Store, visible } from '../../arithmetic/scalar-arithmetic.ts';
import { type RoundedTensor, SoftfloatArithmetic, type SpecOf } from '../../arithmetic/softfloat.ts';
import { partFrom, type SiteRoundings } from '../../arithmetic/stochastic.ts';
import { type Format, sameNumbers } from '../../formats/index.ts';
import {
  allowsFma,
  type Numbers,
  type OperationSpec,
  rowLength,
  sizeOf,
  specOfProduct,
  type Tensor,
  tensor,
} from '../../tensor/index.ts';
import { type EntryOperation, roundedEntries } from './stochastic-entries.ts';
import { isKernelFormat, type StochasticContext } from './stochastic-job.ts';
import { type StochasticSums, stepsOf, stochasticSums, sumsOnKernels } from './stochastic-sums.ts';
import { type KernelMemory, kernelMemory } from './wasm.ts';

type Value = Tensor<Store<number>>;

export class StochasticArithmetic extends SoftfloatArithmetic {
  protected readonly memory: KernelMemory;

  constructor(name: string, specOf: SpecOf, memory: KernelMemory = kernelMemory()) {
    super(name, specOf);
    this.memory = memory;
  }

  override add(site: string, a: Value, b: Value): Value {
    return this.stochasticEntries(site, 'add', a, b) ?? super.add(site, a, b);
  }
  override subtract(site: string, a: Value, b: Value): Value {
    return this.stochasticEntries(site, 'subtract', a, b) ?? super.subtract(site, a, b);
  }
  override multiply(site: string, a: Value, b: Value): Value {
    return this.stochasticEntries(site, 'multiply', a, b) ?? super.multiply(site, a, b);
  }
  override divide(site: string, a: Value, b: Value): Value {
    return this.stochasticEntries(site, 'divide', a, b) ?? super.divide(site, a, b);
  }

  private stochasticEntries(site: string, operation: EntryOperation, a: Value, b: Value): Value | undefined {
    const { roundings } = this.site(site);
    const spec = this.specOf(site);
    if (roundings === undefined || !isKernelFormat(spec.out)) return undefined;
    const shape = broadcastShapes(a.shape, b.shape);
    const [x, y] = [this.float32(site, a), this.float32(site, b)];
    if (x === undefined || y === undefined) return undefined;
    const [left, right] = [expanded(x, a.shape, shape), expanded(y, b.shape, shape)];
    const data = roundings.operation(() => {
      const addresses = roundings.claim(left.length, 1);
      return roundedEntries(this.memory, operation, contextFor(spec, spec.out), left, right, addresses);
    });
    return this.rounded(spec.out, shape, data);
  }

  override rowSum(site: string, v: Value): Value {
    const { roundings } = this.site(site);
    const spec = this.specOf(site);
    const n = rowLength(v.shape);
    const data = this.float32(site, v);
    if (roundings === undefined || data === undefined || n < 1 || !isKernelFormat(spec.accumulate)) {
      return super.rowSum(site, v);
    }
    // Rows are the columns of b, and a is a row of ones: 1·t is t.
    const rows = data.length / n;
    const shape = { m: 1, n: rows, k: n, batches: 1, batchOfB: () => 0 };
    const sumSpec: OperationSpec = { ...spec, product: 'exact', fma: false };
    const what = { spec: sumSpec, shape, transposed: true, mask: undefined, finishes: false, bias: undefined };
    const ones = new Float32Array(n).fill(1);
    const sums = roundings.operation(() => this.randomSums(roundings, ones, data, what));
    return this.rounded(spec.accumulate, [...v.shape.slice(0, -1), 1], sums);
  }

  override matmul(site: string, a: Value, b: Value, options: MatmulOptions = {}): Value {
    const { roundings } = this.site(site);
    const spec = this.specOf(site);
    if (roundings === undefined || !this.multipliesOnKernels(spec)) return super.matmul(site, a, b, options);
    const { mask, transposed = false } = options;
    const shape = matmulShape(a.shape, b.shape, transposed);
    const size = sizeOf(shape.shape);
    const data = roundings.operation(() => {
      const x = this.inputs(site, roundings, a, size);
      const y = this.inputs(site, roundings, b, size + sizeOf(a.shape));
      const rowMask = mask && ((row: number) => visible(mask, a.shape, row));
      const what = {
        spec: specOfProduct(spec, shape),
        shape,
        transposed,
        mask: rowMask,
        finishes: true,
        bias: undefined,
      };
      return this.randomSums(roundings, x, y, what);
    });
    return this.rounded(spec.out, shape.shape, data);
  }

  override linear(site: string, x: Value, layer: Linear): Value {
    const { roundings, weightToInput } = this.site(site);
    const spec = this.specOf(site);
    if (roundings === undefined || !this.multipliesOnKernels(spec)) return super.linear(site, x, layer);
    const { weight, layout, bias } = layer;
    const transposed = layout === 'out-in';
    const rows = sizeOf(x.shape.slice(0, -1));
    const shape = matmulShape([rows, rowLength(x.shape)], weight.shape, transposed);
    const weights = Float32Array.from(weight.data as ArrayLike<number>, weightToInput);
    const shift = bias && (this.parameter(site, bias).data as Float32Array);
    const data = roundings.operation(() => {
      const activations = this.inputs(site, roundings, x, rows * shape.n);
      const settled = specOfProduct(spec, shape);
      const what = { spec: settled, shape, transposed, mask: undefined, finishes: true, bias: shift };
      return this.randomSums(roundings, activations, weights, what);
    });
    return this.rounded(spec.out, [...x.shape.slice(0, -1), shape.n], data);
  }

  private multipliesOnKernels(spec: OperationSpec): boolean {
    return isKernelFormat(spec.input) && sumsOnKernels(spec) && (!spec.fma || allowsFma(spec.order));
  }

  private randomSums(
    roundings: SiteRoundings,
    a: Float32Array,
    b: Float32Array,
    what: Omit<StochasticSums, 'addresses'>,
  ): Float32Array {
    const { m, n, batches } = what.shape;
    const addresses = roundings.claim(batches * m * n, stepsOf(what));
    return stochasticSums(this.memory, a, b, { ...what, addresses });
  }

  /** R_input of an activation, whose entries are counted from `start` on. */
  private inputs(site: string, roundings: SiteRoundings, v: Value, start: number): Float32Array {
    const { operand, toInput } = this.site(site);
    const spec = this.specOf(site);
    const { data, format } = operand(v) as RoundedTensor;
    return roundings.within(partFrom(start), () => {
      if (!(data instanceof Float32Array)) {
        return Float32Array.from(roundings.entries(data.length, (i) => toInput(data[i])));
      }
      const addresses = roundings.claim(data.length, 1);
      const exact = format !== undefined && sameNumbers(format, spec.input) && spec.overflow === 'inf';
      if (exact && spec.subnormals === 'keep') return data;
      return roundedEntries(this.memory, 'round', contextFor(spec, spec.input), data, undefined, addresses);
    });
  }

  /** The operand as the site reads it, in float32; undefined where it does not fit. */
  protected float32(site: string, v: Value): Float32Array | undefined {
    const { data } = this.site(site).operand(v);
    if (data instanceof Float32Array) return data;
    const narrow = Float32Array.from(data as Float64Array);
    for (let i = 0; i < narrow.length; i++) {
      if (narrow[i] !== data[i] && !Number.isNaN(narrow[i])) return undefined;
    }
    return narrow;
  }

  protected rounded(format: Format, shape: readonly number[], data: Numbers): RoundedTensor {
    return { ...tensor(shape, data), format };
  }
}

/** The numbers of a tensor, repeated along the axes in which it has only one. */
function expanded(data: Float32Array, from: readonly number[], to: readonly number[]): Float32Array {
  const size = sizeOf(to);
  if (data.length === size) return data;
  const index = broadcastIndex(from, to);
  const result = new Float32Array(size);
  for (let i = 0; i < size; i++) result[i] = data[index(i)];
  return result;
}

function contextFor({ overflow, subnormals }: OperationSpec, format: Format): StochasticContext {
  return { format, overflow, subnormals };
}
