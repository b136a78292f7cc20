/**
 * What all interpreters over balls share: the operations that move numbers, which round nothing. A centre is the value of
 * an inner interpreter, which carries the operation out; its radius goes along.
 */
import { formats, InputError } from '../../formats/index.ts';
import { type KeyMask, rowLength, sizeOf, type Tensor } from '../../tensor/index.ts';
import type { Arithmetic } from '../arithmetic.ts';
import { permuted } from '../axes.ts';
import { ComposedArithmetic } from '../composites.ts';
import { visible } from '../scalar-arithmetic.ts';
import type { SpecOf } from '../softfloat.ts';
import { type Ball, finished, numbersOf, type Stored } from './ball.ts';
import { above, addUp, below, distanceUp } from './upward.ts';

export abstract class BallArithmetic<C> extends ComposedArithmetic<Ball<C>> {
  protected readonly inner: Arithmetic<C>;
  protected readonly specOf: SpecOf;

  constructor(inner: Arithmetic<C>, specOf: SpecOf) {
    super();
    this.inner = inner;
    this.specOf = specOf;
  }

  protected shiftsSoftmax(site: string): boolean {
    return this.specOf(site).softmax === 'shifted';
  }
  /** The exact program turns by exact angles, whatever the policy says; `rotate` counts the difference. */
  protected usesFloat32Angles(): boolean {
    return false;
  }

  /** A centre with a radius for each entry, Infinity where the centre is not finite. */
  protected ball(centre: C, radiusOf: (numbers: Tensor['data']) => Float64Array, stored: Stored | undefined): Ball<C> {
    const numbers = numbersOf(this.inner.lower(centre));
    return { centre, numbers, radius: finished(numbers, radiusOf(numbers)), stored };
  }
  /** What a site's results are stored as. */
  protected storedAt(site: string, format: 'out' | 'accumulate' = 'out'): Stored {
    const spec = this.specOf(site);
    return { format: spec[format], flushed: spec.subnormals === 'flush' };
  }
  /** Numbers moved without rounding; radii moved alike. */
  private moved(v: Ball<C>, centre: C, radius: Float64Array): Ball<C> {
    return { centre, numbers: numbersOf(this.inner.lower(centre)), radius, stored: v.stored };
  }

  shape(v: Ball<C>): readonly number[] {
    return this.inner.shape(v.centre);
  }
  lift(t: Tensor): Ball<C> {
    const stored = t.data instanceof Float32Array ? { format: formats.fp32, flushed: false } : undefined;
    return this.ball(this.inner.lift(t), ({ length }) => new Float64Array(length), stored);
  }
  lower(v: Ball<C>): Tensor | Promise<Tensor> {
    return this.inner.lower(v.centre);
  }

  /**
   * Numbers with a radius about each, for a start somewhere else than at exact numbers.
   * @param stored how the policy's program has stored them, where that is known
   * @throws InputError unless there is a nonnegative radius for each number
   */
  around(t: Tensor, radius: Tensor, stored?: Stored): Ball<C> {
    const wrong = radius.data.find((r) => !(r >= 0));
    if (radius.data.length !== t.data.length || wrong !== undefined) {
      const got = wrong ?? `${radius.data.length} of them`;
      throw new InputError(`around: expected ${t.data.length} nonnegative radii, got ${got}`);
    }
    return this.ball(this.inner.lift(t), () => Float64Array.from(radius.data), stored);
  }

  reshape(v: Ball<C>, shape: readonly number[]): Ball<C> {
    return { ...v, centre: this.inner.reshape(v.centre, shape) };
  }
  permute(v: Ball<C>, axes: readonly number[]): Ball<C> {
    const { source } = permuted(this.shape(v), axes);
    const radius = v.radius.map((_, i) => v.radius[source(i)]);
    return this.moved(v, this.inner.permute(v.centre, axes), radius);
  }
  slice(v: Ball<C>, from: number, to: number): Ball<C> {
    const row = rowLength(this.shape(v));
    const rows = v.radius.length / row;
    const radius = new Float64Array(rows * (to - from));
    for (let r = 0; r < rows; r++) radius.set(v.radius.subarray(r * row + from, r * row + to), r * (to - from));
    return this.moved(v, this.inner.slice(v.centre, from, to), radius);
  }
  concat(a: Ball<C>, b: Ball<C>): Ball<C> {
    const [left, right] = [rowLength(this.shape(a)), rowLength(this.shape(b))];
    const radius = new Float64Array(a.radius.length + b.radius.length);
    for (let r = 0; r < a.radius.length / left; r++) {
      radius.set(a.radius.subarray(r * left, (r + 1) * left), r * (left + right));
      radius.set(b.radius.subarray(r * right, (r + 1) * right), r * (left + right) + left);
    }
    const stored = a.stored === b.stored ? a.stored : undefined;
    return { ...this.moved(a, this.inner.concat(a.centre, b.centre), radius), stored };
  }
  negate(v: Ball<C>): Ball<C> {
    return this.moved(v, this.inner.negate(v.centre), v.radius);
  }
  /** Below zero, only what reaches above zero passes. */
  relu(v: Ball<C>): Ball<C> {
    const radius = v.radius.map((r, i) => (v.numbers[i] > 0 ? r : overhang(r, -v.numbers[i])));
    return this.ball(this.inner.relu(v.centre), () => radius, v.stored);
  }
  /** From max(x − radius) to max(x + radius). */
  rowMax(v: Ball<C>, mask?: KeyMask): Ball<C> {
    const shape = this.shape(v);
    const row = rowLength(shape);
    return this.ball(
      this.inner.rowMax(v.centre, mask),
      (largest) =>
        Float64Array.from(largest, (m, r) => {
          let [most, least] = [0, Number.POSITIVE_INFINITY];
          const [from, to] = mask === undefined ? [0, row] : visible(mask, shape, r);
          for (let i = r * row + from; i < r * row + to; i++) {
            const distance = distanceUp(m, v.numbers[i]);
            most = Math.max(most, overhang(v.radius[i], Math.abs(m - v.numbers[i])));
            least = Math.min(least, addUp(distance, v.radius[i]));
          }
          return Math.max(most, least);
        }),
      v.stored,
    );
  }
  select(v: Ball<C>, mask: KeyMask, hidden: number): Ball<C> {
    const shape = this.shape(v);
    const row = rowLength(shape);
    const radius = new Float64Array(v.radius.length);
    for (let r = 0; r < radius.length / row; r++) {
      const [from, to] = visible(mask, shape, r);
      if (to > from) radius.set(v.radius.subarray(r * row + from, r * row + to), r * row + from);
    }
    return this.moved(v, this.inner.select(v.centre, mask, hidden), radius);
  }

  /** Entries of a tensor of this shape that the mask shows, row by row. */
  protected eachVisible(
    shape: readonly number[],
    mask: KeyMask | undefined,
    visit: (start: number, end: number) => void,
  ): void {
    const row = rowLength(shape);
    for (let r = 0; r < sizeOf(shape.slice(0, -1)); r++) {
      const [from, to] = mask === undefined ? [0, row] : visible(mask, shape, r);
      if (to > from) visit(r * row + from, r * row + to);
    }
  }
}

/**
 * By how much a radius is longer than a distance, from above. The distance may be a rounded one; an infinite one is that of a
 * number of which nothing is known.
 */
function overhang(radius: number, distance: number): number {
  if (distance === 0 || distance === Number.POSITIVE_INFINITY) return radius;
  const least = below(distance);
  return radius > least ? Math.min(radius, above(radius - least)) : 0;
}
