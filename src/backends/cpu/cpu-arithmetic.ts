/**
 * The softfloat interpreter on WebAssembly SIMD kernels, with the bits of the scalar one. What no kernel is right for,
 * the scalar interpreter computes: slower, never otherwise.
 */
import type { Linear, MatmulOptions, Norm, RealTable, RotaryTables } from '../../arithmetic/arithmetic.ts';
import { matmulShape } from '../../arithmetic/axes.ts';
import { compositeConstants, epsilonConstant } from '../../arithmetic/composites.ts';
import { type Store, visible } from '../../arithmetic/scalar-arithmetic.ts';
import {
  contextOf,
  parameterContextOf,
  type RoundedTensor,
  SoftfloatArithmetic,
  type SpecOf,
} from '../../arithmetic/softfloat.ts';
import { type Format, fitsFloat32, formats, sameNumbers } from '../../formats/index.ts';
import type { RoundingContext } from '../../softfloat/scalar.ts';
import {
  allowsFma,
  type KeyMask,
  type Numbers,
  type OperationSpec,
  rowLength,
  sizeOf,
  type Tensor,
  tensor,
} from '../../tensor/index.ts';
import { overlay } from './broadcast.ts';
import { binaryFloat32, binaryFloat64, sqrtFloat32 } from './elementwise.ts';
import { finishOf } from './finish.ts';
import * as fused from './fused.ts';
import * as movements from './movements.ts';
import { planSum } from './plan.ts';
import { rowSumSpec } from './row-sums.ts';
import { type Operand, type Products, products, type RowMask } from './sums.ts';
import { type UnaryName, unaryFunction } from './unary-tables.ts';
import { type KernelMemory, kernelMemory, type Operation } from './wasm.ts';

type Value = Tensor<Store<number>>;

const { one, half, sqrtHalf, geluOuter, geluInner } = compositeConstants;

/** Float64's own operations, unrounded. */
function isFloat64(spec: OperationSpec): boolean {
  const { out, mode, overflow, subnormals } = spec;
  return sameNumbers(out, formats.fp64) && mode === 'nearest-even' && overflow === 'inf' && subnormals === 'keep';
}

function isFloat32(format: Format): boolean {
  return fitsFloat32(format) && format.signedZero;
}

export class CpuArithmetic extends SoftfloatArithmetic {
  private readonly memory: KernelMemory;

  constructor(name: string, specOf: SpecOf, memory: KernelMemory = kernelMemory()) {
    super(name, specOf);
    this.memory = memory;
  }

  override add(site: string, a: Value, b: Value): Value {
    return this.elementwise(site, 'add', a, b) ?? super.add(site, a, b);
  }
  override subtract(site: string, a: Value, b: Value): Value {
    return this.elementwise(site, 'subtract', a, b) ?? super.subtract(site, a, b);
  }
  override multiply(site: string, a: Value, b: Value): Value {
    return this.elementwise(site, 'multiply', a, b) ?? super.multiply(site, a, b);
  }
  override divide(site: string, a: Value, b: Value): Value {
    return this.elementwise(site, 'divide', a, b) ?? super.divide(site, a, b);
  }

  private elementwise(site: string, op: Operation, a: Value, b: Value): Value | undefined {
    const spec = this.specOf(site);
    if (isFloat64(spec)) {
      const over = overlay(a.shape, b.shape);
      return this.rounded(spec.out, over.shape, binaryFloat64(op, a.data, b.data, over));
    }
    if (!isFloat32(spec.out)) return undefined;
    const x = this.float32(site, a);
    const y = a === b ? x : this.float32(site, b);
    if (x === undefined || y === undefined) return undefined;
    const over = overlay(a.shape, b.shape);
    return this.rounded(spec.out, over.shape, binaryFloat32(this.memory, contextOf(spec, spec.out), op, x, y, over));
  }

  override sqrt(site: string, v: Value): Value {
    const spec = this.specOf(site);
    const x = isFloat32(spec.out) ? this.float32(site, v) : undefined;
    if (x === undefined) return super.sqrt(site, v);
    return this.rounded(spec.out, v.shape, sqrtFloat32(this.memory, contextOf(spec, spec.out), x));
  }
  override exp(site: string, v: Value): Value {
    return this.elementary(site, 'exp', v) ?? super.exp(site, v);
  }
  override tanh(site: string, v: Value): Value {
    return this.elementary(site, 'tanh', v) ?? super.tanh(site, v);
  }
  override erf(site: string, v: Value): Value {
    return this.elementary(site, 'erf', v) ?? super.erf(site, v);
  }

  private elementary(site: string, name: UnaryName, v: Value): Value | undefined {
    const spec = this.specOf(site);
    const x = isFloat32(spec.out) ? this.float32(site, v) : undefined;
    if (x === undefined) return undefined;
    const result = x.slice();
    unaryFunction(name, contextOf(spec, spec.out), (v as RoundedTensor).format).apply(result, 0, result.length);
    return this.rounded(spec.out, v.shape, result);
  }

  override permute(v: Value, axes: readonly number[]): Value {
    return { ...v, ...movements.permute(v.data as Numbers, v.shape, axes) };
  }
  override slice(v: Value, from: number, to: number): Value {
    const data = movements.slice(v.data as Numbers, rowLength(v.shape), from, to);
    return { ...v, shape: [...v.shape.slice(0, -1), to - from], data };
  }
  override concat(a: Value, b: Value): Value {
    const [left, right] = [rowLength(a.shape), rowLength(b.shape)];
    const data = movements.concat(a.data as Numbers, left, b.data as Numbers, right);
    return { ...a, shape: [...a.shape.slice(0, -1), left + right], data };
  }
  override negate(v: Value): Value {
    return { ...v, data: movements.negate(v.data as Numbers) };
  }
  override relu(v: Value): Value {
    return { ...v, data: movements.relu(v.data as Numbers) };
  }
  override rowMax(v: Value, mask?: KeyMask): Value {
    return { ...v, shape: [...v.shape.slice(0, -1), 1], data: movements.rowMax(v.data as Numbers, v.shape, mask) };
  }
  override select(v: Value, mask: KeyMask, hidden: number): Value {
    return { ...v, data: movements.select(v.data as Numbers, v.shape, mask, hidden) };
  }

  override rowSum(site: string, v: Value): Value {
    const spec = this.specOf(site);
    const [rows, n] = [sizeOf(v.shape.slice(0, -1)), rowLength(v.shape)];
    const sumSpec = rowSumSpec(spec, formatOf(v));
    const plan = n < 1 ? undefined : planSum(sumSpec, n);
    const data = plan?.storage === 'float64' ? (v.data as Numbers) : this.float32(site, v);
    if (plan === undefined || data === undefined) return super.rowSum(site, v);
    // Rows are the columns of b, and a is a row of ones.
    const ones = plan.storage === 'float64' ? new Float64Array(n).fill(1) : new Float32Array(n).fill(1);
    const shape = { m: 1, n: rows, k: n, batches: 1, batchOfB: () => 0 };
    const what = { plan, spec: sumSpec, shape, transposed: true, mask: undefined, finish: undefined };
    const sums = products(this.memory, { data: ones, rounding: undefined }, { data, rounding: undefined }, what);
    return this.rounded(spec.accumulate, [...v.shape.slice(0, -1), 1], sums);
  }

  override matmul(site: string, a: Value, b: Value, options: MatmulOptions = {}): Value {
    const transposed = options.transposed === true;
    const shape = matmulShape(a.shape, b.shape, transposed);
    const { mask } = options;
    const rowMask: RowMask | undefined = mask && ((row) => visible(mask, a.shape, row));
    const { operand } = this.site(site);
    const [left, right] = [this.activation(site, operand(a)), this.activation(site, operand(b))];
    const result = this.product(site, left, right, { shape, transposed, mask: rowMask }, undefined);
    if (result === undefined) return super.matmul(site, a, b, options);
    return this.rounded(this.specOf(site).out, shape.shape, result);
  }

  override linear(site: string, x: Value, layer: Linear): Value {
    const { weight, layout, bias } = layer;
    const spec = this.specOf(site);
    const transposed = layout === 'out-in';
    const [rows, inputs] = [sizeOf(x.shape.slice(0, -1)), rowLength(x.shape)];
    const shape = matmulShape([rows, inputs], weight.shape, transposed);
    const left = this.activation(site, this.site(site).operand(x));
    const right = operandOf(weight, spec, parameterContextOf(spec, spec.input));
    const shift = bias === undefined ? undefined : (this.parameter(site, bias).data as Numbers);
    const result = this.product(site, left, right, { shape, transposed, mask: undefined }, shift);
    if (result === undefined) return super.linear(site, x, layer);
    return this.rounded(spec.out, [...x.shape.slice(0, -1), shape.n], result);
  }

  /** R_out of sums of products, with the bias; undefined where no kernel is right. */
  private product(
    site: string,
    a: Operand,
    b: Operand,
    where: Pick<Products, 'shape' | 'transposed' | 'mask'>,
    bias: Numbers | undefined,
  ): Numbers | undefined {
    const spec = this.specOf(site);
    const sumSpec = { ...spec, a: spec.input, b: spec.input };
    if (spec.fma && !allowsFma(spec.order)) return undefined;
    const plan = planSum(sumSpec, where.shape.k);
    if (plan === undefined || (plan.storage === 'float32' && !isFloat32(spec.out))) return undefined;
    const scalars = this.site(site);
    if (plan.storage === 'float64') {
      if (!isFloat64(spec) || !sameNumbers(spec.input, formats.fp64)) return undefined;
      const plain = (v: Operand): Operand => ({ data: v.data, rounding: undefined });
      const sums = products(this.memory, plain(a), plain(b), { ...where, plan, spec: sumSpec, finish: undefined });
      if (bias !== undefined)
        for (let i = 0; i < sums.length; i++) sums[i] = scalars.out.add(sums[i], bias[i % bias.length]);
      return sums;
    }
    const finish = finishOf(this.memory, spec, where.shape.n, bias as Float32Array | undefined);
    return products(this.memory, a, b, { ...where, plan, spec: sumSpec, finish });
  }

  private activation(site: string, v: Value): Operand {
    const spec = this.specOf(site);
    return operandOf(v as RoundedTensor, spec, contextOf(spec, spec.input));
  }

  override softmax(site: string, x: Value, mask?: KeyMask): Value {
    const spec = this.specOf(site);
    const input = this.rowsIn(site, x);
    const sum = this.rowSumPlan(spec, spec.out, rowLength(x.shape));
    if (input === undefined || sum === undefined) return super.softmax(site, x, mask);
    const rowMask: RowMask | undefined = mask && ((row) => visible(mask, x.shape, row));
    const exp = unaryFunction('exp', input.out, spec.softmax === 'shifted' ? spec.out : (x as RoundedTensor).format);
    return this.rounded(spec.out, x.shape, fused.softmax(input, sum, exp, rowMask));
  }

  override layerNorm(site: string, x: Value, norm: Norm, epsilon: number): Value {
    const mean = this.rowSumPlan(this.specOf(site), formatOf(x), rowLength(x.shape));
    const result = mean && this.norm(site, x, mean, norm, epsilon);
    return result ?? super.layerNorm(site, x, norm, epsilon);
  }
  override rmsNorm(site: string, x: Value, norm: Norm, epsilon: number): Value {
    return this.norm(site, x, undefined, norm, epsilon) ?? super.rmsNorm(site, x, norm, epsilon);
  }

  private norm(
    site: string,
    x: Value,
    mean: fused.RowSumPlan | undefined,
    { gamma, beta }: Norm,
    epsilon: number,
  ): Value | undefined {
    const spec = this.specOf(site);
    const input = this.rowsIn(site, x);
    const squares = this.rowSumPlan(spec, spec.out, rowLength(x.shape));
    // The number of features is an exact integer.
    if (input === undefined || squares === undefined || rowLength(x.shape) >= 2 ** 24) return undefined;
    const vector = (t: Tensor): Float32Array => this.parameter(site, t).data as Float32Array;
    const constants = {
      gamma: vector(gamma),
      beta: beta && vector(beta),
      epsilon: this.scalar(site, epsilonConstant(epsilon)),
      one: this.scalar(site, one),
    };
    return this.rounded(spec.out, x.shape, fused.norm(input, mean, squares, constants));
  }

  override gelu(site: string, x: Value, form: 'tanh' | 'erf'): Value {
    const input = this.rowsIn(site, x);
    if (input === undefined) return super.gelu(site, x, form);
    const { out } = this.specOf(site);
    const constants = form === 'tanh' ? [one, half, geluOuter, geluInner] : [one, half, sqrtHalf];
    const values = constants.map((table) => this.scalar(site, table));
    return this.rounded(out, x.shape, fused.gelu(input, unaryFunction(form, input.out, out), values));
  }

  override silu(site: string, x: Value): Value {
    const input = this.rowsIn(site, x);
    if (input === undefined) return super.silu(site, x);
    const exp = unaryFunction('exp', input.out, (x as RoundedTensor).format);
    return this.rounded(this.specOf(site).out, x.shape, fused.silu(input, exp, this.scalar(site, one)));
  }

  override rotate(site: string, x: Value, tables: RotaryTables): Value {
    const input = this.rowsIn(site, x);
    if (input === undefined || x.shape.length !== 4) return super.rotate(site, x, tables);
    const { cos, sin } = this.usesFloat32Angles(site) ? tables.float32Angles() : tables.exact;
    const [sequences, , tokens, d] = x.shape;
    // One table serves every sequence where all have the same positions.
    const [c, s] = [cos, sin].map((table) => {
      const { data } = this.constants(site, table) as RoundedTensor;
      return movements.repeat(data as Float32Array, (sequences * tokens * d) / 2 / data.length);
    });
    return this.rounded(
      this.specOf(site).out,
      x.shape,
      fused.rotate(this.memory, input.out, input.data, x.shape, c, s),
    );
  }

  /** A composite's operand; undefined where its kernels are not right. */
  private rowsIn(site: string, v: Value): fused.RowsIn | undefined {
    const spec = this.specOf(site);
    const data = isFloat32(spec.out) ? this.float32(site, v) : undefined;
    if (data === undefined) return undefined;
    return { memory: this.memory, out: contextOf(spec, spec.out), spec, data, width: rowLength(v.shape) };
  }

  private rowSumPlan(spec: OperationSpec, format: Format, n: number): fused.RowSumPlan | undefined {
    const plan = n < 1 ? undefined : planSum(rowSumSpec(spec, format), n);
    return plan?.storage === 'float32' ? { plan, format } : undefined;
  }

  private scalar(site: string, table: RealTable): number {
    return this.constants(site, table).data[0];
  }

  /** The operand as the site reads it, in float32; undefined where it does not fit. */
  private float32(site: string, v: Value): Float32Array | undefined {
    const { data } = this.site(site).operand(v);
    if (data instanceof Float32Array) return data;
    const narrow = Float32Array.from(data as Float64Array);
    for (let i = 0; i < narrow.length; i++) {
      if (narrow[i] !== data[i] && !Number.isNaN(narrow[i])) return undefined;
    }
    return narrow;
  }

  private rounded(format: Format, shape: readonly number[], data: Numbers): RoundedTensor {
    return { ...tensor(shape, data), format };
  }
}

/** The format of a value; numbers from outside are any float32. */
function formatOf(v: Value): Format {
  return (v as RoundedTensor).format ?? formats.fp32;
}

/** An operand of a product with its rounding, none where it changes nothing. */
function operandOf(v: RoundedTensor, spec: OperationSpec, rounding: RoundingContext): Operand {
  const format = v.format ?? (v.data instanceof Float32Array ? formats.fp32 : formats.fp64);
  const kept = sameNumbers(format, spec.input) && spec.overflow === 'inf' && spec.subnormals === 'keep';
  return { data: v.data, rounding: kept ? undefined : rounding };
}
