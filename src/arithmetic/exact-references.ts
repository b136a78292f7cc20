/** The references beyond float64: double-double (about 31 digits) and decimal numbers of any precision. */
import type { Decimal } from 'decimal.js';
import { type DD, doubleDouble } from '../softfloat/double-double.ts';
import type { Scalars } from '../softfloat/scalars.ts';
import { sizeOf, type Tensor, tensor } from '../tensor/index.ts';
import { decimalFromNumber, decimalScalars } from './decimal-scalars.ts';
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
