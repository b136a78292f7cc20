/** The references beyond float64: double-double (about 31 digits) and decimal numbers of any precision. */
import type { Decimal } from 'decimal.js';
import { type DD, doubleDouble } from '../softfloat/double-double.ts';
import type { Scalars } from '../softfloat/scalars.ts';
import { sizeOf, type Tensor, tensor } from '../tensor/index.ts';
import type { MatmulOptions } from './arithmetic.ts';
import { matmulShape } from './axes.ts';
import { decimalFromNumber, decimalScalars } from './decimal-scalars.ts';
import { addProducts, splitMatrix } from './double-double-products.ts';
import { ScalarArithmetic, type SiteScalars, type Store } from './scalar-arithmetic.ts';

abstract class ReferenceArithmetic<S> extends ScalarArithmetic<S> {
  protected readonly scalars: Scalars<S>;
  private readonly everySite: SiteScalars<S>;

  constructor(scalars: Scalars<S>) {
    super();
    this.scalars = scalars;
    const same = (x: S): S => x;
    const stored = (shape: readonly number[], data: Store<S>): Tensor<Store<S>> => tensor(shape, data);
    this.everySite = {
      spec: { order: { kind: 'sequential' }, fma: false, bias: 'separate', softmax: 'shifted', rotary: 'exact' },
      accumulate: scalars,
      out: scalars,
      product: scalars.mul,
      toInput: same,
      toAccumulate: same,
      toOut: same,
      weightToInput: same,
      parameterToOut: same,
      constantToOut: scalars.fromReal,
      operand: (v) => v,
      tensorOut: stored,
      tensorAccumulate: stored,
    };
  }
  protected site(): SiteScalars<S> {
    return this.everySite;
  }
  protected liftNumbers(numbers: ArrayLike<number>): Store<S> {
    return Array.from(numbers, (x) => this.scalars.fromNumber(x));
  }
  protected lowerNumbers(v: Tensor<Store<S>>): Tensor {
    return {
      shape: v.shape,
      data: Float64Array.from({ length: v.data.length }, (_, i) => this.scalars.toNumber(v.data[i])),
    };
  }
  protected compare(x: S, y: S): number {
    return this.scalars.compare(x, y);
  }
  protected isNaN(x: S): boolean {
    return this.scalars.isNaN(x);
  }
  protected like(_v: Tensor<Store<S>>, shape: readonly number[], at: (index: number) => S): Tensor<Store<S>> {
    return { shape, data: Array.from({ length: sizeOf(shape) }, (_, i) => at(i)) };
  }
}

/** Pairs of float64: relative error of an operation at most 2^-100 or so (softfloat/double-double.ts). */
export class DoubleDoubleArithmetic extends ReferenceArithmetic<DD> {
  readonly name = 'double-double';
  constructor() {
    super(doubleDouble);
  }
  protected negated(x: DD): DD {
    return { hi: -x.hi, lo: -x.lo };
  }
  protected override innerProducts(
    site: string,
    a: Tensor<Store<DD>>,
    b: Tensor<Store<DD>>,
    options: MatmulOptions,
  ): Tensor<DD[]> {
    // A hidden key's term of +0 changes no sum of numbers, but the general way says so without an argument.
    return (
      (options.mask === undefined ? this.fastProducts(a, b, options) : undefined) ??
      super.innerProducts(site, a, b, options)
    );
  }

  private fastProducts(a: Tensor<Store<DD>>, b: Tensor<Store<DD>>, options: MatmulOptions): Tensor<DD[]> | undefined {
    const { shape, m, n, k, batchOfB } = matmulShape(a.shape, b.shape, options.transposed === true);
    const left = splitMatrix(a.data, a.data.length, (i) => i);
    const columns = (i: number): number => {
      const [matrix, at] = [Math.floor(i / (k * n)), i % (k * n)];
      return matrix * k * n + (at % n) * k + Math.floor(at / n);
    };
    const right = left && splitMatrix(b.data, b.data.length, options.transposed === true ? columns : (i) => i);
    if (left === undefined || right === undefined) return undefined;
    const rows = sizeOf(shape) / n;
    const [sumHi, sumLo] = [new Float64Array(n), new Float64Array(n)];
    const data = new Array<DD>(rows * n);
    for (let row = 0; row < rows; row++) {
      const bStart = batchOfB(Math.floor(row / m)) * k * n;
      addProducts(left, row * k, right, bStart, n, k, sumHi, sumLo);
      for (let j = 0; j < n; j++) data[row * n + j] = { hi: sumHi[j], lo: sumLo[j] };
    }
    return { shape, data };
  }
}

/** Decimal numbers of `digits` significant digits, each operation correctly rounded (decimal.js). */
export class DecimalArithmetic extends ReferenceArithmetic<Decimal> {
  readonly name: string;
  constructor(digits: number) {
    super(decimalScalars(digits));
    this.name = `decimal:${digits}`;
  }
  protected negated(x: Decimal): Decimal {
    return x.negated();
  }
  protected override liftNumbers(numbers: ArrayLike<number>): Store<Decimal> {
    return Array.from(numbers, decimalFromNumber);
  }
}
