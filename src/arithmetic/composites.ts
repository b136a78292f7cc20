/** The composite operations over the basic ones, rounding point by rounding point as docs/semantics.md has them. */
import { type Real, realFromDecimal, realFromNumber, sqrtOfRatio, sqrtTwoOverPi } from '../softfloat/real.ts';
import type { Tensor } from '../tensor/index.ts';
import { type KeyMask, rowLength, sizeOf, tensor } from '../tensor/index.ts';
import type { Arithmetic, Linear, MatmulOptions, Norm, RealTable, RotaryTables } from './arithmetic.ts';
import { type Part, partFrom } from './stochastic.ts';

function scalar(real: Real): RealTable {
  return { shape: [], reals: [real] };
}

/** The constants of the composites, as exact reals. */
export const compositeConstants = {
  one: scalar(realFromNumber(1)),
  half: scalar(realFromNumber(0.5)),
  sqrtHalf: scalar(sqrtOfRatio(1n, 2n)),
  /** √(2/π) and the factor of x³ in the tanh form of GELU. */
  geluOuter: scalar(sqrtTwoOverPi),
  geluInner: scalar(realFromDecimal('0.044715')),
} as const;
const { one, half, sqrtHalf, geluOuter, geluInner } = compositeConstants;

/** A norm's ε, which is the float64 that its decimal reads as. */
export function epsilonConstant(epsilon: number): RealTable {
  return scalar(realFromNumber(epsilon));
}

/** An interpreter whose composite operations are composed of its basic ones. */
export abstract class ComposedArithmetic<V> implements Arithmetic<V> {
  abstract readonly name: string;

  /** Which of the two softmaxes the site asks for. */
  protected abstract shiftsSoftmax(site: string): boolean;
  /** Whether the site's rotary tables have angles formed in float32. */
  protected abstract usesFloat32Angles(site: string): boolean;

  /** What `compute` does is one operation of the site; that matters where a rounding depends on its place. */
  protected operation<T>(_site: string, compute: () => T): T {
    return compute();
  }
  /** The results of operations in `compute` are that part of the site's tensor, not the whole. */
  protected within<T>(_site: string, _part: Part, compute: () => T): T {
    return compute();
  }
  /** One result for each row of x: counted behind the elements of x. */
  private perRow(site: string, x: V, compute: () => V): V {
    return this.within(site, partFrom(sizeOf(this.shape(x))), compute);
  }

  scores(site: string, query: V, key: V, scale: RealTable, mask?: KeyMask): V {
    const products = this.matmul(site, query, key, { transposed: true });
    const scores = this.multiply(site, products, this.constants(site, scale));
    return mask === undefined ? scores : this.select(scores, mask, Number.NEGATIVE_INFINITY);
  }

  softmax(site: string, x: V, mask?: KeyMask): V {
    const hide = (v: V): V => (mask === undefined ? v : this.select(v, mask, 0));
    return this.operation(site, () => {
      const shifted = this.shiftsSoftmax(site) ? this.subtract(site, x, this.rowMax(x, mask)) : x;
      const e = hide(this.exp(site, shifted));
      const sum = this.perRow(site, x, () => this.rowSum(site, e));
      return hide(this.divide(site, e, sum));
    });
  }

  layerNorm(site: string, x: V, norm: Norm, epsilon: number): V {
    const features = rowLength(this.shape(x));
    return this.operation(site, () => {
      const mean = this.perRow(site, x, () => this.divide(site, this.rowSum(site, x), this.integer(features)));
      const centred = this.subtract(site, x, mean);
      const z = this.multiply(site, centred, this.reciprocalRoot(site, centred, epsilon));
      return this.gainAndShift(site, z, norm);
    });
  }

  rmsNorm(site: string, x: V, norm: Norm, epsilon: number): V {
    return this.operation(site, () => {
      return this.gainAndShift(site, this.multiply(site, x, this.reciprocalRoot(site, x, epsilon)), norm);
    });
  }

  /** r = R(1/R(√R(v + ε))), v the mean square of each row. */
  private reciprocalRoot(site: string, x: V, epsilon: number): V {
    const squares = this.multiply(site, x, x);
    return this.perRow(site, x, () => {
      const meanSquare = this.divide(site, this.rowSum(site, squares), this.integer(rowLength(this.shape(x))));
      const shifted = this.add(site, meanSquare, this.constants(site, epsilonConstant(epsilon)));
      return this.divide(site, this.constants(site, one), this.sqrt(site, shifted));
    });
  }

  private gainAndShift(site: string, z: V, norm: Norm): V {
    const scaled = this.multiply(site, z, this.parameter(site, norm.gamma));
    return norm.beta === undefined ? scaled : this.add(site, scaled, this.parameter(site, norm.beta));
  }

  gelu(site: string, x: V, form: 'tanh' | 'erf'): V {
    return this.operation(site, () => {
      const t = form === 'tanh' ? this.geluTanh(site, x) : this.geluErf(site, x);
      const halved = this.multiply(site, this.constants(site, half), x);
      return this.multiply(site, halved, this.add(site, this.constants(site, one), t));
    });
  }

  private geluTanh(site: string, x: V): V {
    const cube = this.multiply(site, this.multiply(site, x, x), x);
    const w = this.add(site, x, this.multiply(site, this.constants(site, geluInner), cube));
    return this.tanh(site, this.multiply(site, this.constants(site, geluOuter), w));
  }

  private geluErf(site: string, x: V): V {
    return this.erf(site, this.multiply(site, x, this.constants(site, sqrtHalf)));
  }

  silu(site: string, x: V): V {
    return this.operation(site, () => {
      const e = this.exp(site, this.negate(x));
      return this.divide(site, x, this.add(site, this.constants(site, one), e));
    });
  }

  rotate(site: string, x: V, tables: RotaryTables): V {
    const { cos: cosines, sin: sines } = this.usesFloat32Angles(site) ? tables.float32Angles() : tables.exact;
    const [cos, sin] = [this.constants(site, cosines), this.constants(site, sines)];
    const width = rowLength(this.shape(x));
    const [first, second] = [this.slice(x, 0, width / 2), this.slice(x, width / 2, width)];
    const halfOf = (start: number): Part => ({ start, width: width / 2, stride: width });
    return this.operation(site, () => {
      const rotatedFirst = this.within(site, halfOf(0), () =>
        this.subtract(site, this.multiply(site, first, cos), this.multiply(site, second, sin)),
      );
      const rotatedSecond = this.within(site, halfOf(width / 2), () =>
        this.add(site, this.multiply(site, second, cos), this.multiply(site, first, sin)),
      );
      return this.concat(rotatedFirst, rotatedSecond);
    });
  }

  /** An exact integer, whatever the site's formats. */
  private integer(n: number): V {
    return this.lift(tensor([], Float64Array.of(n)));
  }

  abstract shape(v: V): readonly number[];
  abstract lift(tensor: Tensor): V;
  abstract lower(v: V): Tensor | Promise<Tensor>;
  abstract parameter(site: string, tensor: Tensor): V;
  abstract constants(site: string, table: RealTable): V;
  abstract reshape(v: V, shape: readonly number[]): V;
  abstract permute(v: V, axes: readonly number[]): V;
  abstract slice(v: V, from: number, to: number): V;
  abstract concat(a: V, b: V): V;
  abstract negate(v: V): V;
  abstract relu(v: V): V;
  abstract rowMax(v: V, mask?: KeyMask): V;
  abstract select(v: V, mask: KeyMask, hidden: number): V;
  abstract add(site: string, a: V, b: V): V;
  abstract subtract(site: string, a: V, b: V): V;
  abstract multiply(site: string, a: V, b: V): V;
  abstract divide(site: string, a: V, b: V): V;
  abstract sqrt(site: string, v: V): V;
  abstract exp(site: string, v: V): V;
  abstract tanh(site: string, v: V): V;
  abstract erf(site: string, v: V): V;
  abstract rowSum(site: string, v: V): V;
  abstract matmul(site: string, a: V, b: V, options?: MatmulOptions): V;
  abstract linear(site: string, x: V, layer: Linear): V;
}
