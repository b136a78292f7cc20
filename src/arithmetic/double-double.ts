/** A reference of about 31 digits: pairs of float64. */
import { type DD, ddAdd, doubleDouble } from '../softfloat/double-double.ts';
import { rowLength, sizeOf, type Tensor } from '../tensor/index.ts';
import type { Linear, MatmulOptions } from './arithmetic.ts';
import { matmulShape } from './axes.ts';
import { type DoubleDoubleProducts, doubleDoubleProducts, type Source } from './double-double-products.ts';
import { ReferenceArithmetic } from './reference.ts';
import type { Store } from './scalar-arithmetic.ts';

/** Relative error of an operation at most 2^-100 or so (softfloat/double-double.ts). */
export class DoubleDoubleArithmetic extends ReferenceArithmetic<DD> {
  readonly name = 'double-double';
  private readonly products: DoubleDoubleProducts;

  /** @param products the inner products of matmul and linear, with the bits of one scalar at a time */
  constructor(products: DoubleDoubleProducts = doubleDoubleProducts) {
    super(doubleDouble);
    this.products = products;
  }
  protected negated(x: DD): DD {
    return { hi: -x.hi, lo: -x.lo };
  }

  override matmul(
    site: string,
    a: Tensor<Store<DD>>,
    b: Tensor<Store<DD>>,
    options: MatmulOptions = {},
  ): Tensor<Store<DD>> {
    const transposed = options.transposed === true;
    const shape = matmulShape(a.shape, b.shape, transposed);
    // Hidden keys have terms of their own, which the general way knows.
    const sums = options.mask ? undefined : this.products(numbers(a), numbers(b), shape, transposed);
    if (sums === undefined) return super.matmul(site, a, b, options);
    return { shape: shape.shape, data: Array.from(sums.hi, (hi, i) => ({ hi, lo: sums.lo[i] })) };
  }

  override linear(site: string, x: Tensor<Store<DD>>, layer: Linear): Tensor<Store<DD>> {
    const { weight, bias } = layer;
    const transposed = layer.layout === 'out-in';
    const shape = matmulShape([sizeOf(x.shape.slice(0, -1)), rowLength(x.shape)], weight.shape, transposed);
    const sums = this.products(numbers(x), plain(weight), shape, transposed);
    if (sums === undefined) return super.linear(site, x, layer);
    const data = Array.from(sums.hi, (hi, i): DD => {
      const sum = { hi, lo: sums.lo[i] };
      return bias === undefined ? sum : ddAdd(sum, { hi: bias.data[i % shape.n], lo: 0 });
    });
    return { shape: [...x.shape.slice(0, -1), shape.n], data };
  }
}

function numbers({ data }: Tensor<Store<DD>>): Source {
  return { length: data.length, hi: (i) => data[i].hi, lo: (i) => data[i].lo };
}

function plain({ data }: Tensor): Source {
  return { length: data.length, hi: (i) => data[i], lo: () => 0 };
}
