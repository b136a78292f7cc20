/**
 * The softfloat interpreter on WebAssembly SIMD kernels, with the bits of the scalar one. What no kernel is right for,
 * the scalar interpreter computes: slower, never otherwise.
 */
import type { Linear, MatmulOptions, Norm, RealTable, RotaryTables } from '../../arithmetic/arithmetic.ts';
import { type MatmulShape, matmulShape } from '../../arithmetic/axes.ts';
import { compositeConstants, epsilonConstant } from '../../arithmetic/composites.ts';
import { type Store, visible } from '../../arithmetic/scalar-arithmetic.ts';
import {
  contextOf,
  parameterContextOf,
  type RoundedTensor,
  type SoftfloatArithmetic,
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
  specOfProduct,
  type Tensor,
  withCanonicalNaN,
} from '../../tensor/index.ts';
import { elementary, gelu, silu } from './activations.ts';
import { overlay } from './broadcast.ts';
import { decimalBinary, decimalRowSums, decimalUnary, isDecimal } from './decimal-elementwise.ts';
import { decimalOf, decimalProducts } from './decimal-products.ts';
import { binary, type Operand, sqrtFloat32 } from './elementwise.ts';
import { type Afterwards, finishOf } from './finish.ts';
import * as movements from './movements.ts';
import { norm } from './norm.ts';
import { planSum } from './plan.ts';
import { rotate } from './rotary.ts';
import { roundArrayIn } from './round-array.ts';
import { type RowSumPlan, rowSumSpec } from './row-sums.ts';
import type { RowsIn } from './rows.ts';
import { softmax } from './softmax.ts';
import { StochasticArithmetic } from './stochastic-arithmetic.ts';
import { type Operand as Factor, type Products, products, type RowMask } from './sums.ts';
import { type UnaryName, unaryFunction } from './unary-tables.ts';
import { isFloat64 } from './units.ts';
import type { NumberSize, Operation } from './wasm.ts';

type Value = Tensor<Store<number>>;
type Where = Pick<Products, 'transposed' | 'mask' | 'readColumns'> & { readonly shape: MatmulShape };

const { one, half, sqrtHalf, geluOuter, geluInner } = compositeConstants;

function isFloat32({ out }: OperationSpec): boolean {
  return fitsFloat32(out) && out.signedZero;
}

export class CpuArithmetic extends StochasticArithmetic {
  protected override under(specOf: SpecOf): SoftfloatArithmetic {
    return new CpuArithmetic(this.name, specOf, this.memory);
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
    if (isDecimal(spec)) {
      const over = overlay(a.shape, b.shape);
      const data = decimalBinary(spec, op, a.data as Numbers, b.data as Numbers, over);
      return this.rounded(spec.out, over.shape, withCanonicalNaN(data));
    }
    const at = this.on(site, a, b);
    if (at === undefined) return undefined;
    const over = overlay(a.shape, b.shape);
    const [x, y] = at.operands;
    return this.rounded(at.out.format, over.shape, binary(this.memory, at.out, op, x, y, over, at.size));
  }

  override sqrt(site: string, v: Value): Value {
    const decimal = this.decimalUnary(site, 'sqrt', v);
    if (decimal !== undefined) return decimal;
    const at = this.on(site, v);
    if (at === undefined || at.size === 8) return super.sqrt(site, v);
    return this.rounded(at.out.format, v.shape, sqrtFloat32(this.memory, at.out, at.operands[0].data));
  }
  override exp(site: string, v: Value): Value {
    return this.decimalUnary(site, 'exp', v) ?? this.elementary(site, 'exp', v) ?? super.exp(site, v);
  }
  private decimalUnary(site: string, name: 'sqrt' | 'exp', v: Value): Value | undefined {
    const spec = this.specOf(site);
    if (!isDecimal(spec)) return undefined;
    return this.rounded(spec.out, v.shape, withCanonicalNaN(decimalUnary(spec, name, v.data as Numbers)));
  }
  override tanh(site: string, v: Value): Value {
    return this.elementary(site, 'tanh', v) ?? super.tanh(site, v);
  }
  override erf(site: string, v: Value): Value {
    return this.elementary(site, 'erf', v) ?? super.erf(site, v);
  }

  private elementary(site: string, name: UnaryName, v: Value): Value | undefined {
    const input = this.rowsIn(site, v);
    if (input === undefined) return undefined;
    const f = unaryFunction(name, input.out, input.x.format);
    return this.rounded(input.out.format, v.shape, elementary(input, f));
  }

  override parameter(site: string, t: Tensor): Value {
    const spec = this.specOf(site);
    const { length } = t.data;
    const data = fitsFloat32(spec.out) ? new Float32Array(length) : new Float64Array(length);
    roundArrayIn(this.memory, t.data, parameterContextOf(spec, spec.out), data);
    return this.rounded(spec.out, t.shape, data);
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
    if (isDecimal(spec) && spec.accumulate.kind === 'decimal' && spec.order.kind === 'sequential' && n > 0) {
      const sums = withCanonicalNaN(decimalRowSums(spec, v.data as Numbers, n));
      return this.rounded(spec.accumulate, [...v.shape.slice(0, -1), 1], sums);
    }
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
    if (this.specOf(site).mode === 'stochastic') return super.matmul(site, a, b, options);
    const transposed = options.transposed === true;
    const shape = matmulShape(a.shape, b.shape, transposed);
    const { mask } = options;
    const rowMask: RowMask | undefined = mask && ((row) => visible(mask, a.shape, row));
    return this.product(site, a, b, { shape, transposed, mask: rowMask }, {}) ?? super.matmul(site, a, b, options);
  }

  override scores(site: string, query: Value, key: Value, scale: RealTable, mask?: KeyMask): Value {
    if (this.specOf(site).mode === 'stochastic') return super.scores(site, query, key, scale, mask);
    const shape = matmulShape(query.shape, key.shape, true);
    const after = {
      scale: this.scalar(site, scale),
      visible: mask && ((row: number) => visible(mask, shape.shape, row)),
    };
    const where = { shape, transposed: true, mask: undefined, readColumns: after.visible };
    const result = this.product(site, query, key, where, after);
    return result ?? super.scores(site, query, key, scale, mask);
  }

  /** A product of two activations and what follows it; undefined where no kernel is right. */
  private product(site: string, a: Value, b: Value, where: Where, after: Afterwards): Value | undefined {
    const { operand } = this.site(site);
    const [left, right] = [this.activation(site, operand(a)), this.activation(site, operand(b))];
    const result = this.sums(site, left, right, where, after);
    return result && this.rounded(this.specOf(site).out, where.shape.shape, result);
  }

  override linear(site: string, x: Value, layer: Linear): Value {
    const spec = this.specOf(site);
    if (spec.mode === 'stochastic' || spec.linear !== 'plain') return super.linear(site, x, layer);
    const { weight, layout, bias } = layer;
    const transposed = layout === 'out-in';
    const [rows, inputs] = [sizeOf(x.shape.slice(0, -1)), rowLength(x.shape)];
    const shape = matmulShape([rows, inputs], weight.shape, transposed);
    const left = this.activation(site, this.site(site).operand(x));
    const right = operandOf(weight, spec, parameterContextOf(spec, spec.input));
    const shift = bias && (this.parameter(site, bias).data as Numbers);
    const result = this.sums(site, left, right, { shape, transposed, mask: undefined }, { bias: shift });
    if (result === undefined) return super.linear(site, x, layer);
    return this.rounded(spec.out, [...x.shape.slice(0, -1), shape.n], result);
  }

  /** R_out of sums of products, and what follows them; undefined where no kernel is right. */
  private sums(site: string, a: Factor, b: Factor, where: Where, after: Afterwards): Numbers | undefined {
    const spec = specOfProduct(this.specOf(site), where.shape);
    const sumSpec = { ...spec, a: spec.input, b: spec.input };
    if (spec.fma && !allowsFma(spec.order)) return undefined;
    const decimal = decimalOf(spec);
    if (decimal !== undefined) return decimalProducts(this.memory, decimal, spec, [a, b], where, after);
    const plan = planSum(sumSpec, where.shape.k);
    if (plan === undefined) return undefined;
    const double = plan.storage === 'float64';
    if (double) {
      if (!isFloat64(contextOf(spec, spec.out)) || !sameNumbers(spec.input, formats.fp64)) return undefined;
    } else if (!isFloat32(spec)) {
      return undefined;
    }
    const finish = finishOf(this.memory, spec, double ? 8 : 4, where.shape.n, after);
    const operands = double ? [a, b].map(({ data }): Factor => ({ data, rounding: undefined })) : [a, b];
    return products(this.memory, operands[0], operands[1], { ...where, plan, spec: sumSpec, finish });
  }

  private activation(site: string, v: Value): Factor {
    const spec = this.specOf(site);
    return operandOf(v as RoundedTensor, spec, contextOf(spec, spec.input));
  }

  override softmax(site: string, x: Value, mask?: KeyMask): Value {
    const input = this.rowsIn(site, x);
    const shifted = this.shiftsSoftmax(site);
    const sum = input && this.rowSumPlan(site, input, input.out.format, rowLength(x.shape));
    if (input === undefined || sum === undefined) return super.softmax(site, x, mask);
    const exp = unaryFunction('exp', input.out, shifted ? input.out.format : input.x.format);
    return this.rounded(input.out.format, x.shape, softmax(input, { shifted, sum, exp }, x.shape, mask));
  }

  override layerNorm(site: string, x: Value, layer: Norm, epsilon: number): Value {
    const input = this.rowsIn(site, x);
    const mean = input && this.rowSumPlan(site, input, formatOf(x), rowLength(x.shape));
    const result = mean && this.norm(site, x, mean, layer, epsilon);
    return result ?? super.layerNorm(site, x, layer, epsilon);
  }
  override rmsNorm(site: string, x: Value, layer: Norm, epsilon: number): Value {
    return this.norm(site, x, undefined, layer, epsilon) ?? super.rmsNorm(site, x, layer, epsilon);
  }

  private norm(
    site: string,
    x: Value,
    mean: RowSumPlan | undefined,
    { gamma, beta }: Norm,
    epsilon: number,
  ): Value | undefined {
    const input = this.rowsIn(site, x);
    const width = rowLength(x.shape);
    const squares = input && this.rowSumPlan(site, input, input.out.format, width);
    // The number of features is an exact integer.
    if (input === undefined || squares === undefined || (input.size === 4 && width >= 2 ** 24)) return undefined;
    const vector = (t: Tensor): Numbers => this.parameter(site, t).data as Numbers;
    const constants = {
      gamma: vector(gamma),
      beta: beta && vector(beta),
      epsilon: this.scalar(site, epsilonConstant(epsilon)),
      one: this.scalar(site, one),
    };
    return this.rounded(input.out.format, x.shape, norm(input, mean, squares, constants));
  }

  override gelu(site: string, x: Value, form: 'tanh' | 'erf'): Value {
    const input = this.rowsIn(site, x);
    if (input === undefined) return super.gelu(site, x, form);
    const { out } = input;
    const constants = form === 'tanh' ? [one, half, geluOuter, geluInner] : [one, half, sqrtHalf];
    const values = constants.map((table) => this.scalar(site, table));
    return this.rounded(out.format, x.shape, gelu(input, unaryFunction(form, out, out.format), values));
  }

  override silu(site: string, x: Value): Value {
    const input = this.rowsIn(site, x);
    if (input === undefined) return super.silu(site, x);
    const exp = unaryFunction('exp', input.out, input.x.format);
    return this.rounded(input.out.format, x.shape, silu(input, exp, this.scalar(site, one)));
  }

  override rotate(site: string, x: Value, tables: RotaryTables): Value {
    const input = this.rowsIn(site, x);
    if (input === undefined || x.shape.length !== 4) return super.rotate(site, x, tables);
    const { cos, sin } = this.usesFloat32Angles(site) ? tables.float32Angles() : tables.exact;
    const [c, s] = [cos, sin].map((table) => this.constants(site, table).data as Numbers);
    return this.rounded(input.out.format, x.shape, rotate(input, x.shape, c, s));
  }

  release(values: readonly Value[], kept: Value): void {
    for (const { data } of values) if (data !== kept.data) this.memory.results.giveBack(data as Numbers);
  }

  /** Operands as a site reads them, in the storage of its results; undefined where no kernel is right. */
  private on(
    site: string,
    ...values: Value[]
  ): { out: RoundingContext; size: NumberSize; operands: Operand[] } | undefined {
    const spec = this.specOf(site);
    if (spec.mode === 'stochastic') return undefined;
    const out = contextOf(spec, spec.out);
    const operand = (v: Value, data: Numbers): Operand => ({ data, format: (v as RoundedTensor).format });
    if (isFloat64(out)) return { out, size: 8, operands: values.map((v) => operand(v, v.data as Numbers)) };
    if (!isFloat32(spec)) return undefined;
    const operands: Operand[] = [];
    for (const v of values) {
      const known = operands[values.indexOf(v)];
      const data = known?.data ?? this.float32(site, v);
      if (data === undefined) return undefined;
      operands.push(operand(v, data));
    }
    return { out, size: 4, operands };
  }

  /** A composite's operand. */
  private rowsIn(site: string, v: Value): RowsIn | undefined {
    const at = this.on(site, v);
    return at && { memory: this.memory, out: at.out, size: at.size, x: at.operands[0] };
  }

  /** How a composite sums rows of n numbers of `format`. */
  private rowSumPlan(site: string, { size }: RowsIn, format: Format, n: number): RowSumPlan | undefined {
    const spec = rowSumSpec(this.specOf(site), format);
    const plan = n < 1 ? undefined : planSum(spec, n);
    return plan?.storage === (size === 8 ? 'float64' : 'float32') ? { plan, spec } : undefined;
  }

  private scalar(site: string, table: RealTable): number {
    return this.constants(site, table).data[0];
  }
}

/** The format of a value; numbers from outside are any float32. */
function formatOf(v: Value): Format {
  return (v as RoundedTensor).format ?? formats.fp32;
}

/** An operand of a product with its rounding, none where it changes nothing. */
function operandOf(v: RoundedTensor, spec: OperationSpec, rounding: RoundingContext): Factor {
  const format = v.format ?? (v.data instanceof Float32Array ? formats.fp32 : formats.fp64);
  const kept = sameNumbers(format, spec.input) && spec.overflow === 'inf' && spec.subnormals === 'keep';
  return { data: v.data, rounding: kept ? undefined : rounding };
}
