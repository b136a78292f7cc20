/**
 * The softfloat interpreter on WebAssembly SIMD kernels, with the bits of the scalar one. What no kernel is right for,
 * the scalar interpreter computes: slower, never otherwise.
 */
import type { Norm, RealTable, RotaryTables } from '../../arithmetic/arithmetic.ts';
import { compositeConstants, epsilonConstant } from '../../arithmetic/composites.ts';
import type { Store } from '../../arithmetic/scalar-arithmetic.ts';
import {
  contextOf,
  parameterContextOf,
  type RoundedTensor,
  type SoftfloatArithmetic,
  type SpecOf,
} from '../../arithmetic/softfloat.ts';
import { type Format, fitsFloat32 } from '../../formats/index.ts';
import type { RoundingContext } from '../../softfloat/scalar.ts';
import { type KeyMask, type Numbers, rowLength, type Tensor, withCanonicalNaN } from '../../tensor/index.ts';
import { elementary, gelu, silu } from './activations.ts';
import { overlay } from './broadcast.ts';
import { decimalBinary, decimalUnary, isDecimal } from './decimal-elementwise.ts';
import { binary, type Operand, sqrtFloat32 } from './elementwise.ts';
import * as movements from './movements.ts';
import { norm } from './norm.ts';
import { planSum } from './plan.ts';
import { formatOf, isFloat32, ProductArithmetic } from './product-arithmetic.ts';
import { rotate } from './rotary.ts';
import { roundArrayIn } from './round-array.ts';
import { type RowSumPlan, rowSumSpec } from './row-sums.ts';
import type { RowsIn } from './rows.ts';
import { softmax } from './softmax.ts';
import { type UnaryName, unaryFunction } from './unary-tables.ts';
import { isFloat64 } from './units.ts';
import type { NumberSize, Operation } from './wasm.ts';

type Value = Tensor<Store<number>>;

const { one, half, sqrtHalf, geluOuter, geluInner } = compositeConstants;

export class CpuArithmetic extends ProductArithmetic {
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

  lend<T>(compute: () => T): T {
    return this.memory.results.lend(compute);
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
