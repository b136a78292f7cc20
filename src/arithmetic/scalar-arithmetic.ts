/**
 * An interpreter over any scalars, one at a time: slow and obvious. Over rounded numbers it is the oracle of every
 * backend; over double-double and decimal numbers it is the reference.
 */
import type { Scalars } from '../softfloat/scalars.ts';
import {
  type KeyMask,
  type OperationSpec,
  orderOfProduct,
  rowLength,
  sizeOf,
  type Tensor,
  tensor,
} from '../tensor/index.ts';
import type { Order } from '../tensor/order.ts';
import type { Linear, MatmulOptions, RealTable } from './arithmetic.ts';
import { broadcastIndex, broadcastShapes, matmulShape, permuted } from './axes.ts';
import { ComposedArithmetic } from './composites.ts';
import { type Part, partFrom, type SiteRoundings } from './stochastic.ts';
import { sumInOrder, type Terms } from './sums.ts';

/** Something that S's are stored in: a typed array, or a plain one. */
export interface Store<S> {
  readonly length: number;
  [index: number]: S;
}

/** A site's arithmetic on scalars. `to` operations round a number of any other arithmetic into theirs. */
export interface SiteScalars<S> {
  readonly spec: Pick<OperationSpec, 'order' | 'kernels' | 'fma' | 'bias' | 'softmax' | 'rotary'>;
  /** Where a rounding depends on its place: what counts the places. Each operation of the scalars below is one rounding. */
  readonly roundings?: SiteRoundings;
  readonly accumulate: Scalars<S>;
  readonly out: Scalars<S>;
  /** R_product(x·y); undefined where products go into sums as they are. */
  readonly product: ((x: S, y: S) => S) | undefined;
  readonly toInput: (x: S) => S;
  readonly toAccumulate: (x: S) => S;
  readonly toOut: (x: S) => S;
  /** To nearest even in every mode. */
  readonly weightToInput: (x: S) => S;
  readonly parameterToOut: (x: S) => S;
  readonly constantToOut: Scalars<S>['fromReal'];
  /** What the site makes of an operand as it is stored (subnormals may be flushed). */
  readonly operand: (v: Tensor<Store<S>>) => Tensor<Store<S>>;
  /** Storage for results, in `out` or in `accumulate`. */
  readonly tensorOut: (shape: readonly number[], data: S[] | Store<S>) => Tensor<Store<S>>;
  readonly tensorAccumulate: (shape: readonly number[], data: S[] | Store<S>) => Tensor<Store<S>>;
}

export abstract class ScalarArithmetic<S> extends ComposedArithmetic<Tensor<Store<S>>> {
  abstract override readonly name: string;
  protected abstract site(name: string): SiteScalars<S>;
  /** S's of exact numbers. */
  protected abstract liftNumbers(numbers: ArrayLike<number>): Store<S>;
  protected abstract lowerNumbers(v: Tensor<Store<S>>): Tensor;
  protected abstract negated(x: S): S;
  /** Negative, 0 or positive; neither is NaN. */
  protected abstract compare(x: S, y: S): number;
  protected abstract isNaN(x: S): boolean;
  /** The same kind of storage as v's, with other contents. */
  protected abstract like(v: Tensor<Store<S>>, shape: readonly number[], at: (index: number) => S): Tensor<Store<S>>;

  protected shiftsSoftmax(site: string): boolean {
    return this.site(site).spec.softmax === 'shifted';
  }
  protected usesFloat32Angles(site: string): boolean {
    return this.site(site).spec.rotary === 'float32-angles';
  }

  protected override operation<T>(site: string, compute: () => T): T {
    const { roundings } = this.site(site);
    return roundings === undefined ? compute() : roundings.operation(compute);
  }
  protected override within<T>(site: string, part: Part, compute: () => T): T {
    const { roundings } = this.site(site);
    return roundings === undefined ? compute() : roundings.within(part, compute);
  }
  /** The entries of a result, which the site's scalars round in the same number of steps each. */
  private entries(site: string, length: number, at: (index: number) => S): S[] {
    const { roundings } = this.site(site);
    return roundings === undefined ? fill(length, at) : roundings.entries(length, at);
  }

  shape(v: Tensor<Store<S>>): readonly number[] {
    return v.shape;
  }
  lift(t: Tensor): Tensor<Store<S>> {
    return tensor(t.shape, this.liftNumbers(t.data));
  }
  lower(v: Tensor<Store<S>>): Tensor {
    return this.lowerNumbers(v);
  }
  parameter(site: string, t: Tensor): Tensor<Store<S>> {
    const { parameterToOut, tensorOut } = this.site(site);
    const lifted = this.liftNumbers(t.data);
    return tensorOut(
      t.shape,
      fill(lifted.length, (i) => parameterToOut(lifted[i])),
    );
  }

  private readonly tables = new WeakMap<RealTable, Map<Scalars<S>['fromReal'], Tensor<Store<S>>>>();

  constants(site: string, table: RealTable): Tensor<Store<S>> {
    const { constantToOut, tensorOut } = this.site(site);
    let rounded = this.tables.get(table);
    if (rounded === undefined) {
      rounded = new Map();
      this.tables.set(table, rounded);
    }
    let known = rounded.get(constantToOut);
    if (known === undefined) {
      known = tensorOut(table.shape, table.reals.map(constantToOut));
      rounded.set(constantToOut, known);
    }
    return known;
  }

  reshape(v: Tensor<Store<S>>, shape: readonly number[]): Tensor<Store<S>> {
    return { ...v, ...tensor(shape, v.data) };
  }
  permute(v: Tensor<Store<S>>, axes: readonly number[]): Tensor<Store<S>> {
    const { shape, source } = permuted(v.shape, axes);
    return this.like(v, shape, (i) => v.data[source(i)]);
  }
  slice(v: Tensor<Store<S>>, from: number, to: number): Tensor<Store<S>> {
    const [row, width] = [rowLength(v.shape), to - from];
    return this.like(
      v,
      [...v.shape.slice(0, -1), width],
      (i) => v.data[Math.floor(i / width) * row + from + (i % width)],
    );
  }
  concat(a: Tensor<Store<S>>, b: Tensor<Store<S>>): Tensor<Store<S>> {
    const [left, right] = [rowLength(a.shape), rowLength(b.shape)];
    return this.like(a, [...a.shape.slice(0, -1), left + right], (i) => {
      const [row, column] = [Math.floor(i / (left + right)), i % (left + right)];
      return column < left ? a.data[row * left + column] : b.data[row * right + column - left];
    });
  }
  negate(v: Tensor<Store<S>>): Tensor<Store<S>> {
    return this.like(v, v.shape, (i) => this.negated(v.data[i]));
  }
  relu(v: Tensor<Store<S>>): Tensor<Store<S>> {
    const zero = this.liftNumbers([0])[0];
    return this.like(v, v.shape, (i) => {
      const x = v.data[i];
      return this.isNaN(x) || this.compare(x, zero) > 0 ? x : zero;
    });
  }
  rowMax(v: Tensor<Store<S>>, mask?: KeyMask): Tensor<Store<S>> {
    const row = rowLength(v.shape);
    const none = this.liftNumbers([Number.NEGATIVE_INFINITY])[0];
    return this.like(v, [...v.shape.slice(0, -1), 1], (r) => {
      let largest = none;
      const [from, to] = mask === undefined ? [0, row] : visible(mask, v.shape, r);
      for (let j = from; j < to; j++) {
        const x = v.data[r * row + j];
        if (this.isNaN(x)) return x;
        if (this.compare(x, largest) > 0) largest = x;
      }
      return largest;
    });
  }
  select(v: Tensor<Store<S>>, mask: KeyMask, hidden: number): Tensor<Store<S>> {
    const row = rowLength(v.shape);
    const elsewhere = this.liftNumbers([hidden])[0];
    return this.like(v, v.shape, (i) => {
      const [from, to] = visible(mask, v.shape, Math.floor(i / row));
      return i % row >= from && i % row < to ? v.data[i] : elsewhere;
    });
  }

  add(site: string, a: Tensor<Store<S>>, b: Tensor<Store<S>>): Tensor<Store<S>> {
    return this.binary(site, a, b, (out) => out.add);
  }
  subtract(site: string, a: Tensor<Store<S>>, b: Tensor<Store<S>>): Tensor<Store<S>> {
    return this.binary(site, a, b, (out) => out.sub);
  }
  multiply(site: string, a: Tensor<Store<S>>, b: Tensor<Store<S>>): Tensor<Store<S>> {
    return this.binary(site, a, b, (out) => out.mul);
  }
  divide(site: string, a: Tensor<Store<S>>, b: Tensor<Store<S>>): Tensor<Store<S>> {
    return this.binary(site, a, b, (out) => out.div);
  }
  sqrt(site: string, v: Tensor<Store<S>>): Tensor<Store<S>> {
    return this.unary(site, v, (out) => out.sqrt);
  }
  exp(site: string, v: Tensor<Store<S>>): Tensor<Store<S>> {
    return this.unary(site, v, (out) => out.exp);
  }
  tanh(site: string, v: Tensor<Store<S>>): Tensor<Store<S>> {
    return this.unary(site, v, (out) => out.tanh);
  }
  erf(site: string, v: Tensor<Store<S>>): Tensor<Store<S>> {
    return this.unary(site, v, (out) => out.erf);
  }

  rowSum(site: string, v: Tensor<Store<S>>): Tensor<Store<S>> {
    const { spec, accumulate, toAccumulate, operand, tensorAccumulate } = this.site(site);
    const { data } = operand(v);
    const n = rowLength(v.shape);
    const rows = data.length / n;
    const sums = this.operation(site, () =>
      this.entries(site, rows, (r) =>
        this.sum(spec.order, n, accumulate, {
          start: (k) => toAccumulate(data[r * n + k]),
          extend: (s, k) => accumulate.add(s, data[r * n + k]),
        }),
      ),
    );
    return tensorAccumulate([...v.shape.slice(0, -1), 1], sums);
  }

  matmul(site: string, a: Tensor<Store<S>>, b: Tensor<Store<S>>, options: MatmulOptions = {}): Tensor<Store<S>> {
    const { toOut, tensorOut } = this.site(site);
    const { shape } = matmulShape(a.shape, b.shape, options.transposed === true);
    const [size, sizeA] = [sizeOf(shape), sizeOf(a.shape)];
    const results = this.operation(site, () => {
      const [x, y] = [this.input(site, a, size), this.input(site, b, size + sizeA)];
      const sums = this.innerProducts(site, x, y, options);
      return this.entries(site, size, (i) => toOut(sums[i]));
    });
    return tensorOut(shape, results);
  }

  /** R_input of an activation, whose entries are counted from `start` on. */
  private input(site: string, v: Tensor<Store<S>>, start: number): Tensor<Store<S>> {
    const { toInput, operand } = this.site(site);
    const { data } = operand(v);
    const round = (): S[] => this.entries(site, data.length, (i) => toInput(data[i]));
    return { shape: v.shape, data: this.within(site, partFrom(start), round) };
  }

  linear(site: string, x: Tensor<Store<S>>, { weight, layout, bias }: Linear): Tensor<Store<S>> {
    const { spec, accumulate, out, toOut, weightToInput, parameterToOut, tensorOut } = this.site(site);
    const weights = this.liftNumbers(weight.data);
    const inputs = rowLength(x.shape);
    const features = weight.shape[layout === 'out-in' ? 0 : 1];
    const shape = [...x.shape.slice(0, -1), features];
    const lifted = bias && this.liftNumbers(bias.data);
    const shift = lifted && fill(features, (j) => parameterToOut(lifted[j]));
    const results = this.operation(site, () => {
      const activations = this.input(site, x, sizeOf(shape));
      const sums = this.innerProducts(
        site,
        { shape: [sizeOf(x.shape.slice(0, -1)), inputs], data: activations.data },
        { shape: weight.shape, data: fill(weights.length, (i) => weightToInput(weights[i])) },
        { transposed: layout === 'out-in' },
      );
      return this.entries(site, sums.length, (i) => {
        if (shift === undefined) return toOut(sums[i]);
        if (spec.bias === 'fused') return toOut(accumulate.add(sums[i], shift[i % features]));
        return out.add(toOut(sums[i]), shift[i % features]);
      });
    });
    return tensorOut(shape, results);
  }

  /** The sums of a matmul in the accumulation format, of operands that are rounded already. */
  private innerProducts(site: string, a: Tensor<Store<S>>, b: Tensor<Store<S>>, options: MatmulOptions): S[] {
    const { spec, accumulate, product, toAccumulate } = this.site(site);
    const { shape, m, n, k, batchOfB } = matmulShape(a.shape, b.shape, options.transposed === true);
    const [rowStep, columnStep] = options.transposed === true ? [1, k] : [n, 1];
    const { mask } = options;
    const { zero } = accumulate;
    const order = orderOfProduct(spec, { m, n, k });
    return this.entries(site, sizeOf(shape), (index): S => {
      const [row, column] = [Math.floor(index / n), index % n];
      const aStart = row * k;
      const bStart = batchOfB(Math.floor(row / m)) * k * n + column * columnStep;
      const [from, to] = mask === undefined ? [0, k] : visible(mask, a.shape, row);
      const hidden = (t: number): boolean => t < from || t >= to;
      const at = (t: number): [S, S] => (hidden(t) ? [zero, zero] : [a.data[aStart + t], b.data[bStart + t * rowStep]]);
      let terms: Terms<S>;
      if (spec.fma) {
        terms = {
          start: (t) => accumulate.fma(...at(t), zero),
          extend: (s, t) => accumulate.fma(...at(t), s),
        };
      } else if (product === undefined) {
        terms = { start: (t) => accumulate.mul(...at(t)), extend: (s, t) => accumulate.fma(...at(t), s) };
      } else {
        const rounded = fill(k, (t) => product(...at(t)));
        terms = { start: (t) => toAccumulate(rounded[t]), extend: (s, t) => accumulate.add(s, rounded[t]) };
      }
      return this.sum(order, k, accumulate, terms);
    });
  }

  private sum(order: Order, n: number, { zero, add, sub }: Scalars<S>, terms: Terms<S>): S {
    return sumInOrder(order, n, terms, { zero, add, subtract: sub, negate: (x) => this.negated(x) });
  }

  private unary(site: string, v: Tensor<Store<S>>, operation: (out: Scalars<S>) => (x: S) => S): Tensor<Store<S>> {
    const { out, operand, tensorOut } = this.site(site);
    const apply = operation(out);
    const { data } = operand(v);
    const results = this.operation(site, () => this.entries(site, data.length, (i) => apply(data[i])));
    return tensorOut(v.shape, results);
  }

  private binary(
    site: string,
    a: Tensor<Store<S>>,
    b: Tensor<Store<S>>,
    operation: (out: Scalars<S>) => (x: S, y: S) => S,
  ): Tensor<Store<S>> {
    const { out, operand, tensorOut } = this.site(site);
    const apply = operation(out);
    const shape = broadcastShapes(a.shape, b.shape);
    const [x, y] = [operand(a).data, operand(b).data];
    const [indexX, indexY] = [broadcastIndex(a.shape, shape), broadcastIndex(b.shape, shape)];
    const results = this.operation(site, () =>
      this.entries(site, sizeOf(shape), (i) => apply(x[indexX(i)], y[indexY(i)])),
    );
    return tensorOut(shape, results);
  }
}

function fill<S>(length: number, at: (index: number) => S): S[] {
  const values = new Array<S>(length);
  for (let i = 0; i < length; i++) values[i] = at(i);
  return values;
}

/** The visible keys of row `row` of a tensor whose first axis is the sequence and whose last but one is the query. */
export function visible(mask: KeyMask, shape: readonly number[], row: number): [from: number, to: number] {
  const rowsPerSequence = sizeOf(shape.slice(1, -1));
  const r = Math.floor(row / rowsPerSequence) * mask.queries + (row % mask.queries);
  return [mask.from[r], mask.to[r]];
}
