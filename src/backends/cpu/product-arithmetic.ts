/** Sums of products on the kernels, for the sites that round alike each time; other sites as StochasticArithmetic has them. */
import type { Linear, MatmulOptions, RealTable } from '../../arithmetic/arithmetic.ts';
import { type MatmulShape, matmulShape } from '../../arithmetic/axes.ts';
import { type Store, visible } from '../../arithmetic/scalar-arithmetic.ts';
import { contextOf, parameterContextOf, type RoundedTensor } from '../../arithmetic/softfloat.ts';
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
import { decimalRowSums, isDecimal } from './decimal-elementwise.ts';
import { decimalOf, decimalProducts } from './decimal-products.ts';
import { type Afterwards, finishOf } from './finish.ts';
import type { Operand } from './operands.ts';
import { planSum, type SumPlan, type SumSpec } from './plan.ts';
import { rowSumSpec } from './row-sums.ts';
import { StochasticArithmetic } from './stochastic-arithmetic.ts';
import { type Products, products } from './sums.ts';
import { isFloat64 } from './units.ts';

type Value = Tensor<Store<number>>;

/** A product of two operands, and what follows it. */
interface Product extends Pick<Products, 'mask' | 'readColumns'> {
  readonly a: Operand;
  readonly b: Operand;
  readonly after: Afterwards;
}

export class ProductArithmetic extends StochasticArithmetic {
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
    const { mask, transposed = false } = options;
    const shape = matmulShape(a.shape, b.shape, transposed);
    const data = this.product(site, shape, transposed, () => ({
      ...this.activations(site, a, b),
      mask: mask && ((row) => visible(mask, a.shape, row)),
      after: {},
    }));
    return data === undefined ? super.matmul(site, a, b, options) : this.output(site, shape.shape, data);
  }

  override scores(site: string, query: Value, key: Value, scale: RealTable, mask?: KeyMask): Value {
    const shape = matmulShape(query.shape, key.shape, true);
    const data = this.product(site, shape, true, () => {
      const seen = mask && ((row: number) => visible(mask, shape.shape, row));
      const after = { scale: this.constants(site, scale).data[0], visible: seen };
      return { ...this.activations(site, query, key), mask: undefined, readColumns: seen, after };
    });
    return data === undefined ? super.scores(site, query, key, scale, mask) : this.output(site, shape.shape, data);
  }

  override linear(site: string, x: Value, layer: Linear): Value {
    if (this.specOf(site).linear !== 'plain') return super.linear(site, x, layer);
    const { weight, layout, bias } = layer;
    const transposed = layout === 'out-in';
    const shape = matmulShape([sizeOf(x.shape.slice(0, -1)), rowLength(x.shape)], weight.shape, transposed);
    const data = this.product(site, shape, transposed, () => {
      const spec = this.specOf(site);
      const b = operandOf(weight, spec, parameterContextOf(spec, spec.input));
      const after = { bias: bias && (this.parameter(site, bias).data as Numbers) };
      return { a: this.activation(site, x), b, mask: undefined, after };
    });
    if (data === undefined) return super.linear(site, x, layer);
    return this.output(site, [...x.shape.slice(0, -1), shape.n], data);
  }

  /** R_out of sums of products, and what follows them; undefined, `of` not called, where no kernel is right. */
  private product(site: string, shape: MatmulShape, transposed: boolean, of: () => Product): Numbers | undefined {
    const spec = specOfProduct(this.specOf(site), shape);
    if (spec.fma && !allowsFma(spec.order)) return undefined;
    const decimal = decimalOf(spec);
    if (decimal !== undefined) {
      const { a, b, after, ...where } = of();
      return decimalProducts(this.memory, decimal, spec, [a, b], { ...where, shape, transposed }, after);
    }
    const sumSpec = { ...spec, a: spec.input, b: spec.input };
    const plan = productPlan(spec, sumSpec, shape.k);
    if (plan === undefined) return undefined;
    const { a, b, after, ...where } = of();
    const double = plan.storage === 'float64';
    const finish = finishOf(this.memory, spec, double ? 8 : 4, shape.n, after);
    const [left, right] = double ? [a, b].map(({ data }): Operand => ({ data, rounding: undefined })) : [a, b];
    return products(this.memory, left, right, { ...where, shape, transposed, plan, spec: sumSpec, finish });
  }

  private output(site: string, shape: readonly number[], data: Numbers): Value {
    return this.rounded(this.specOf(site).out, shape, data);
  }

  private activations(site: string, a: Value, b: Value): Pick<Product, 'a' | 'b'> {
    return { a: this.activation(site, a), b: this.activation(site, b) };
  }

  private activation(site: string, v: Value): Operand {
    const spec = this.specOf(site);
    return operandOf(this.site(site).operand(v) as RoundedTensor, spec, contextOf(spec, spec.input));
  }
}

/** The plan of a site's products of k terms; undefined where no kernel is right, as for stochastic rounding. */
function productPlan(spec: OperationSpec, sumSpec: SumSpec, k: number): SumPlan | undefined {
  const plan = planSum(sumSpec, k);
  if (plan?.storage !== 'float64') return isFloat32(spec) ? plan : undefined;
  return isFloat64(contextOf(spec, spec.out)) && sameNumbers(spec.input, formats.fp64) ? plan : undefined;
}

/** Whether the results of a site are kept as float32. */
export function isFloat32({ out }: OperationSpec): boolean {
  return fitsFloat32(out) && out.signedZero;
}

/** The format of a value; numbers from outside are any float32. */
export function formatOf(v: Value): Format {
  return (v as RoundedTensor).format ?? formats.fp32;
}

/** An operand of a product with its rounding, none where it changes nothing. */
function operandOf(v: RoundedTensor, spec: OperationSpec, rounding: RoundingContext): Operand {
  const format = v.format ?? (v.data instanceof Float32Array ? formats.fp32 : formats.fp64);
  const kept = sameNumbers(format, spec.input) && spec.overflow === 'inf' && spec.subnormals === 'keep';
  return { data: v.data, rounding: kept ? undefined : rounding };
}
