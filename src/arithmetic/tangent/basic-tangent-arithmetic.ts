/**
 * Forward-mode differentiation of the basic operations, over any arithmetic: each value carries k directional derivatives,
 * each operation differentiates itself. Composites are those of the basic operations; TangentArithmetic has closed forms.
 */
import { realFromNumber, sqrtOfRatio, sqrtTwoOverPi } from '../../softfloat/real.ts';
import { type KeyMask, rowLength, type Tensor, tensor } from '../../tensor/index.ts';
import type { Linear, MatmulOptions, RealTable } from '../arithmetic.ts';
import { broadcastShapes } from '../axes.ts';
import { ComposedArithmetic } from '../composites.ts';
import { visible } from '../scalar-arithmetic.ts';
import { Batches, firstLargest } from './batches.ts';
import type { ImmediateArithmetic, Tangent } from './tangent.ts';

const two: RealTable = { shape: [], reals: [realFromNumber(2)] };
const sqrtTwo: RealTable = { shape: [], reals: [sqrtOfRatio(2n, 1n)] };
const rootTwoOverPi: RealTable = { shape: [], reals: [sqrtTwoOverPi] };

/**
 * Primals are those of `base`, to the bit. Where a function has a kink: relu has the slope 0 at 0, and a row's maximum
 * changes with the first of its largest entries (as float64 tells them apart).
 */
export class BasicTangentArithmetic<V> extends ComposedArithmetic<Tangent<V>> {
  readonly name: string;
  readonly base: ImmediateArithmetic<V>;
  protected readonly batches: Batches<V>;

  /** @param base a reference arithmetic, with its softmax shifted and exact rotary angles */
  constructor(base: ImmediateArithmetic<V>) {
    super();
    this.name = `tangent(${base.name})`;
    this.base = base;
    this.batches = new Batches(base);
  }

  protected shiftsSoftmax(): boolean {
    return true;
  }
  protected usesFloat32Angles(): boolean {
    return false;
  }

  /** A value with the derivatives [k, …its shape], k ≥ 1. */
  withTangents(primal: V, tangents: V): Tangent<V> {
    return { primal, tangents };
  }

  shape({ primal }: Tangent<V>): readonly number[] {
    return this.base.shape(primal);
  }
  lift(t: Tensor): Tangent<V> {
    return constant(this.base.lift(t));
  }
  lower({ primal }: Tangent<V>): Tensor {
    return this.base.lower(primal);
  }
  parameter(site: string, t: Tensor): Tangent<V> {
    return constant(this.base.parameter(site, t));
  }
  constants(site: string, table: RealTable): Tangent<V> {
    return constant(this.base.constants(site, table));
  }

  reshape(v: Tangent<V>, shape: readonly number[]): Tangent<V> {
    const { base } = this;
    return linearIn(v, base.reshape(v.primal, shape), (t) => base.reshape(t, [base.shape(t)[0], ...shape]));
  }
  permute(v: Tangent<V>, axes: readonly number[]): Tangent<V> {
    const { base } = this;
    return linearIn(v, base.permute(v.primal, axes), (t) => base.permute(t, [0, ...axes.map((axis) => axis + 1)]));
  }
  slice(v: Tangent<V>, from: number, to: number): Tangent<V> {
    return linearIn(v, this.base.slice(v.primal, from, to), (t) => this.base.slice(t, from, to));
  }
  concat(a: Tangent<V>, b: Tangent<V>): Tangent<V> {
    const { base } = this;
    const primal = base.concat(a.primal, b.primal);
    const known = a.tangents ?? b.tangents;
    if (known === undefined) return constant(primal);
    const k = base.shape(known)[0];
    const part = (v: Tangent<V>): V => v.tangents ?? this.batches.zeros([k, ...base.shape(v.primal)]);
    return { primal, tangents: base.concat(part(a), part(b)) };
  }
  negate(v: Tangent<V>): Tangent<V> {
    return linearIn(v, this.base.negate(v.primal), (t) => this.base.negate(t));
  }
  relu(v: Tangent<V>): Tangent<V> {
    return this.sloped('', v, this.base.relu(v.primal), () => {
      const { shape, data } = this.base.lower(v.primal);
      return this.base.lift({ shape, data: Float64Array.from(data, (x) => (Number.isNaN(x) ? x : x > 0 ? 1 : 0)) });
    });
  }
  rowMax(v: Tangent<V>, mask?: KeyMask): Tangent<V> {
    const { base } = this;
    return linearIn(v, base.rowMax(v.primal, mask), (t) => {
      const numbers = base.lower(v.primal);
      const seen = (row: number): readonly [number, number] =>
        mask === undefined ? [0, rowLength(numbers.shape)] : visible(mask, numbers.shape, row);
      const marks = base.lift(tensor(numbers.shape, firstLargest(numbers, seen)));
      return base.rowSum('', base.multiply('', t, marks));
    });
  }
  select(v: Tangent<V>, mask: KeyMask, hidden: number): Tangent<V> {
    return linearIn(v, this.base.select(v.primal, mask, hidden), (t) => this.batches.select(t, mask, 0));
  }

  add(site: string, a: Tangent<V>, b: Tangent<V>): Tangent<V> {
    return this.sum(site, this.base.add(site, a.primal, b.primal), a, a.tangents, b, b.tangents);
  }
  subtract(site: string, a: Tangent<V>, b: Tangent<V>): Tangent<V> {
    const negated = b.tangents && this.base.negate(b.tangents);
    return this.sum(site, this.base.subtract(site, a.primal, b.primal), a, a.tangents, b, negated);
  }
  multiply(site: string, a: Tangent<V>, b: Tangent<V>): Tangent<V> {
    const { base } = this;
    const left = a.tangents && this.times(site, a.tangents, b.primal);
    const right = b.tangents && this.times(site, b.tangents, a.primal);
    return this.sum(site, base.multiply(site, a.primal, b.primal), a, left, b, right);
  }
  divide(site: string, a: Tangent<V>, b: Tangent<V>): Tangent<V> {
    const { base } = this;
    const quotient = base.divide(site, a.primal, b.primal);
    // d(a/b) = (da − (a/b)·db)/b.
    const right = b.tangents && base.negate(this.times(site, b.tangents, quotient));
    const { tangents } = this.sum(site, quotient, a, a.tangents, b, right);
    if (tangents === undefined) return constant(quotient);
    return { primal: quotient, tangents: base.divide(site, tangents, b.primal) };
  }
  sqrt(site: string, v: Tangent<V>): Tangent<V> {
    const { base } = this;
    const root = base.sqrt(site, v.primal);
    return linearIn(v, root, (t) => base.divide(site, t, base.multiply(site, base.constants(site, two), root)));
  }
  exp(site: string, v: Tangent<V>): Tangent<V> {
    const e = this.base.exp(site, v.primal);
    return this.sloped(site, v, e, () => e);
  }
  tanh(site: string, v: Tangent<V>): Tangent<V> {
    const t = this.base.tanh(site, v.primal);
    return this.sloped(site, v, t, () => this.oneMinusSquare(site, t));
  }
  erf(site: string, v: Tangent<V>): Tangent<V> {
    const { base } = this;
    return this.sloped(site, v, base.erf(site, v.primal), () => {
      // 2/√π = √2·√(2/π).
      const factor = base.multiply(site, base.constants(site, sqrtTwo), base.constants(site, rootTwoOverPi));
      const square = base.multiply(site, v.primal, v.primal);
      return base.multiply(site, factor, base.exp(site, base.negate(square)));
    });
  }

  rowSum(site: string, v: Tangent<V>): Tangent<V> {
    return linearIn(v, this.base.rowSum(site, v.primal), (t) => this.base.rowSum(site, t));
  }
  matmul(site: string, a: Tangent<V>, b: Tangent<V>, options: MatmulOptions = {}): Tangent<V> {
    const { base, batches } = this;
    const single = (value: V) => ({ value, batched: false });
    const many = (value: V) => ({ value, batched: true });
    const primal = base.matmul(site, a.primal, b.primal, options);
    const left = a.tangents && batches.matmul(site, many(a.tangents), single(b.primal), options);
    const right = b.tangents && batches.matmul(site, single(a.primal), many(b.tangents), options);
    return { primal, tangents: left && right ? base.add(site, left, right) : (left ?? right) };
  }
  linear(site: string, x: Tangent<V>, layer: Linear): Tangent<V> {
    const { weight, layout } = layer;
    return linearIn(x, this.base.linear(site, x.primal, layer), (t) => this.base.linear(site, t, { weight, layout }));
  }

  /** A function of each entry with the slope f′(x). */
  protected sloped(site: string, x: Tangent<V>, primal: V, slope: () => V): Tangent<V> {
    return linearIn(x, primal, (t) => this.base.multiply(site, t, slope()));
  }

  /** 1 − t², without its cancellation where t is near ±1. */
  protected oneMinusSquare(site: string, t: V): V {
    const { base } = this;
    const one = base.lift(tensor([], Float64Array.of(1)));
    return base.multiply(site, base.subtract(site, one, t), base.add(site, one, t));
  }

  /** k tensors times one. */
  protected times(site: string, batch: V, x: V): V {
    return this.base.multiply(site, this.batches.align(batch, this.base.shape(x).length), x);
  }

  /** The tangents of both operands, in the shape of the result, added up. */
  private sum(
    site: string,
    primal: V,
    a: Tangent<V>,
    left: V | undefined,
    b: Tangent<V>,
    right: V | undefined,
  ): Tangent<V> {
    if (left === undefined && right === undefined) return constant(primal);
    const shape = broadcastShapes(this.base.shape(a.primal), this.base.shape(b.primal));
    const stretch = (t: V): V => this.batches.stretch(site, t, shape);
    if (left === undefined) return { primal, tangents: stretch(right as V) };
    if (right === undefined) return { primal, tangents: stretch(left) };
    return { primal, tangents: this.base.add(site, stretch(left), stretch(right)) };
  }
}

export function constant<V>(primal: V): Tangent<V> {
  return { primal, tangents: undefined };
}

/** A result whose derivatives are a linear function of x's. */
export function linearIn<V>(x: Tangent<V>, primal: V, derivative: (tangents: V) => V): Tangent<V> {
  return { primal, tangents: x.tangents && derivative(x.tangents) };
}
