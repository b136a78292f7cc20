/** An interpreter in one arithmetic for all sites, sums in ascending order: what a reference is. */
import type { Scalars } from '../softfloat/scalars.ts';
import { sizeOf, type Tensor, tensor } from '../tensor/index.ts';
import { ScalarArithmetic, type SiteScalars, type Store } from './scalar-arithmetic.ts';

export abstract class ReferenceArithmetic<S> extends ScalarArithmetic<S> {
  protected readonly scalars: Scalars<S>;
  private readonly everySite: SiteScalars<S>;

  constructor(scalars: Scalars<S>) {
    super();
    this.scalars = scalars;
    const same = (x: S): S => x;
    const stored = (shape: readonly number[], data: Store<S>): Tensor<Store<S>> => tensor(shape, data);
    this.everySite = {
      spec: {
        order: { kind: 'sequential' },
        kernels: 'invariant',
        fma: false,
        bias: 'separate',
        softmax: 'shifted',
        rotary: 'exact',
      },
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
