/**
 * Certified radii: a backend carries the policy's program out, and each of its numbers gets a radius in which the number
 * lies that the same program gives in exact arithmetic, with the parameters as they were given. See
 * theory/interpreters.md.
 *
 * A radius is what this operation added, measured on the numbers that it read and wrote, and what its operands' radii
 * become. Nothing is left out: products of radii, underflow, overflow, and the float64 arithmetic of the radii.
 */
import { type KeyMask, rowLength, sizeOf, type Tensor, tensor } from '../../tensor/index.ts';
import type { Arithmetic, Linear, MatmulOptions, Norm, RealTable, RotaryTables } from '../arithmetic.ts';
import { broadcastIndex, broadcastShapes } from '../axes.ts';
import type { Ball } from '../errors/ball.ts';
import { BallArithmetic } from '../errors/balls.ts';
import { distanceToReal, pairsOf } from '../errors/reals.ts';
import { activations } from '../errors/slopes.ts';
import { addUp, distanceUp } from '../errors/upward.ts';
import type { Store } from '../scalar-arithmetic.ts';
import type { SpecOf } from '../softfloat.ts';
import { type ActivationRow, activationRadii, endsOf } from './activation.ts';
import { type BinaryRule, binaryRules, measured, type UnaryRule, unaryRules } from './elementwise.ts';
import { normRadii } from './norm.ts';
import { Products } from './products.ts';
import { rotaryRadii } from './rotary.ts';
import { softmaxRadii } from './softmax.ts';

/** A value of the backend with a radius for each of its numbers. */
export type Certified<C> = Ball<C>;

export interface CertifiedOptions<C> {
  /** Carries out the policy's program; its numbers are there at once. */
  readonly computed: Arithmetic<C>;
  /** The policy that `computed` follows. */
  readonly specOf: SpecOf;
  /** Float64 to nearest even, sums in any order, elementary functions correctly rounded, softmax shifted. */
  readonly float64: Arithmetic<Tensor<Store<number>>>;
}

export class CertifiedArithmetic<C> extends BallArithmetic<C> {
  readonly name: string;
  private readonly float64: Arithmetic<Tensor<Store<number>>>;
  private readonly products: Products;

  constructor({ computed, specOf, float64 }: CertifiedOptions<C>) {
    super(computed, specOf);
    this.name = `certified(${computed.name})`;
    this.float64 = float64;
    this.products = new Products(float64, specOf);
  }

  /** |computed − exact| is at most this, entry by entry; Infinity where nothing is known. */
  radiusOf(v: Certified<C>): Tensor {
    return tensor(this.shape(v), v.radius);
  }

  parameter(site: string, t: Tensor): Certified<C> {
    const radius = (numbers: Tensor['data']) => Float64Array.from(numbers, (x, i) => distanceUp(x, t.data[i]));
    return this.ball(this.inner.parameter(site, t), radius, this.storedAt(site));
  }
  constants(site: string, table: RealTable): Certified<C> {
    const pairs = pairsOf(table);
    const radius = (numbers: Tensor['data']) => Float64Array.from(numbers, (x, i) => distanceToReal(x, pairs, i));
    return this.ball(this.inner.constants(site, table), radius, this.storedAt(site));
  }

  add(site: string, a: Certified<C>, b: Certified<C>): Certified<C> {
    return this.binary(site, this.inner.add(site, a.centre, b.centre), a, b, binaryRules.add);
  }
  subtract(site: string, a: Certified<C>, b: Certified<C>): Certified<C> {
    return this.binary(site, this.inner.subtract(site, a.centre, b.centre), a, b, binaryRules.subtract);
  }
  multiply(site: string, a: Certified<C>, b: Certified<C>): Certified<C> {
    return this.binary(site, this.inner.multiply(site, a.centre, b.centre), a, b, binaryRules.multiply);
  }
  divide(site: string, a: Certified<C>, b: Certified<C>): Certified<C> {
    return this.binary(site, this.inner.divide(site, a.centre, b.centre), a, b, binaryRules.divide);
  }
  sqrt(site: string, v: Certified<C>): Certified<C> {
    return this.unary(site, this.inner.sqrt(site, v.centre), v, unaryRules.sqrt);
  }
  exp(site: string, v: Certified<C>): Certified<C> {
    return this.unary(site, this.inner.exp(site, v.centre), v, unaryRules.exp);
  }
  tanh(site: string, v: Certified<C>): Certified<C> {
    return this.unary(site, this.inner.tanh(site, v.centre), v, unaryRules.tanh);
  }
  erf(site: string, v: Certified<C>): Certified<C> {
    return this.unary(site, this.inner.erf(site, v.centre), v, unaryRules.erf);
  }

  private binary(site: string, centre: C, a: Certified<C>, b: Certified<C>, rule: BinaryRule): Certified<C> {
    const [shapeA, shapeB] = [this.shape(a), this.shape(b)];
    const shape = broadcastShapes(shapeA, shapeB);
    const [atA, atB] = [broadcastIndex(shapeA, shape), broadcastIndex(shapeB, shape)];
    const exact = { value: 0, error: 0 };
    const radiusOf = (numbers: Tensor['data']): Float64Array => {
      const radius = new Float64Array(numbers.length);
      for (let i = 0; i < radius.length; i++) {
        const [p, q] = [atA(i), atB(i)];
        const [x, y] = [a.numbers[p], b.numbers[q]];
        rule.evaluate(x, y, exact);
        radius[i] = addUp(measured(numbers[i], exact), rule.propagate(x, a.radius[p], y, b.radius[q], exact.value));
      }
      return radius;
    };
    return this.ball(centre, radiusOf, this.storedAt(site));
  }

  private unary(site: string, centre: C, v: Certified<C>, rule: UnaryRule): Certified<C> {
    const exact = { value: 0, error: 0 };
    const radiusOf = (numbers: Tensor['data']): Float64Array => {
      const radius = new Float64Array(numbers.length);
      for (let i = 0; i < radius.length; i++) {
        rule.evaluate(v.numbers[i], exact);
        radius[i] = addUp(measured(numbers[i], exact), rule.propagate(v.numbers[i], v.radius[i], exact.value));
      }
      return radius;
    };
    return this.ball(centre, radiusOf, this.storedAt(site));
  }

  rowSum(site: string, v: Certified<C>): Certified<C> {
    const n = rowLength(this.shape(v));
    const radiusOf = (numbers: Tensor['data']) => this.products.rowSum(site, v, n, numbers);
    return this.ball(this.inner.rowSum(site, v.centre), radiusOf, this.storedAt(site, 'accumulate'));
  }
  matmul(site: string, a: Certified<C>, b: Certified<C>, options: MatmulOptions = {}): Certified<C> {
    const [left, right] = [this.operand(a), this.operand(b)];
    const radiusOf = (numbers: Tensor['data']) => this.products.matmul(site, left, right, options, numbers);
    return this.ball(this.inner.matmul(site, a.centre, b.centre, options), radiusOf, this.storedAt(site));
  }
  linear(site: string, x: Certified<C>, layer: Linear): Certified<C> {
    const radiusOf = (numbers: Tensor['data']) => this.products.linear(site, this.operand(x), layer, numbers);
    return this.ball(this.inner.linear(site, x.centre, layer), radiusOf, this.storedAt(site));
  }
  private operand(v: Certified<C>): Certified<C> & { readonly shape: readonly number[] } {
    return { ...v, shape: this.shape(v) };
  }

  override scores(
    site: string,
    query: Certified<C>,
    key: Certified<C>,
    scale: RealTable,
    mask?: KeyMask,
  ): Certified<C> {
    const centre = this.inner.scores(site, query.centre, key.centre, scale, mask);
    const [q, k] = [this.operand(query), this.operand(key)];
    const c = pairsOf(scale);
    const scores = this.ball(
      centre,
      (numbers) => this.products.matmul(site, q, k, { transposed: true }, numbers, c.hi[0]),
      this.storedAt(site),
    );
    return mask === undefined ? scores : { ...scores, radius: this.hidden(scores, mask) };
  }
  private inFloat64(v: Certified<C>): Tensor<Store<number>> {
    return this.float64.lift(tensor(this.shape(v), Float64Array.from(v.numbers)));
  }
  /** Radii with 0 where the mask hides: a hidden entry is what it is. */
  private hidden(v: Certified<C>, mask: KeyMask): Float64Array {
    const radius = new Float64Array(v.radius.length);
    this.eachVisible(this.shape(v), mask, (start, end) => radius.set(v.radius.subarray(start, end), start));
    return radius;
  }

  override softmax(site: string, x: Certified<C>, mask?: KeyMask): Certified<C> {
    const shape = this.shape(x);
    const exact = this.float64.softmax(site, this.inFloat64(x), mask).data;
    const radiusOf = (numbers: Tensor['data']): Float64Array => {
      const radius = new Float64Array(numbers.length);
      this.eachVisible(shape, mask, (start, end) =>
        softmaxRadii({ start, end, logits: x.numbers, radii: x.radius, computed: numbers, float64: exact }, radius),
      );
      return radius;
    };
    return this.ball(this.inner.softmax(site, x.centre, mask), radiusOf, this.storedAt(site));
  }

  override layerNorm(site: string, x: Certified<C>, norm: Norm, epsilon: number): Certified<C> {
    return this.norm(site, this.inner.layerNorm(site, x.centre, norm, epsilon), x, norm, epsilon, true);
  }
  override rmsNorm(site: string, x: Certified<C>, norm: Norm, epsilon: number): Certified<C> {
    return this.norm(site, this.inner.rmsNorm(site, x.centre, norm, epsilon), x, norm, epsilon, false);
  }
  private norm(site: string, centre: C, x: Certified<C>, norm: Norm, epsilon: number, centred: boolean): Certified<C> {
    const D = rowLength(this.shape(x));
    const parameters = { gamma: norm.gamma, beta: norm.beta, epsilon, centred };
    const radiusOf = (numbers: Tensor['data']) => normRadii(x.numbers, x.radius, numbers, D, parameters);
    return this.ball(centre, radiusOf, this.storedAt(site));
  }

  override gelu(site: string, x: Certified<C>, form: 'tanh' | 'erf'): Certified<C> {
    const row = this.activated(x, (v) => this.float64.gelu(site, v, form));
    const radiusOf = (numbers: Tensor['data']) => activationRadii(x, numbers, row, activations[form], 'gelu');
    return this.ball(this.inner.gelu(site, x.centre, form), radiusOf, this.storedAt(site));
  }
  override silu(site: string, x: Certified<C>): Certified<C> {
    const row = this.activated(x, (v) => this.float64.silu(site, v));
    const radiusOf = (numbers: Tensor['data']) => activationRadii(x, numbers, row, activations.silu, 'silu');
    return this.ball(this.inner.silu(site, x.centre), radiusOf, this.storedAt(site));
  }
  private activated(x: Certified<C>, g: (v: Tensor<Store<number>>) => Tensor<Store<number>>): ActivationRow {
    const at = (data: Float64Array) => g(this.float64.lift(tensor([data.length], data))).data;
    const { below, above } = endsOf(x);
    return { here: at(Float64Array.from(x.numbers)), below: at(below), above: at(above) };
  }

  override rotate(site: string, x: Certified<C>, tables: RotaryTables): Certified<C> {
    const shape = this.shape(x);
    const table = tables.exact.cos.shape;
    const at = broadcastIndex(table, [...shape.slice(0, -1), rowLength(table)]);
    const { cos, sin } = tables.exact;
    const pairs = {
      cos: pairsOf(cos).hi,
      sin: pairsOf(sin).hi,
      at,
      width: rowLength(shape),
      rows: sizeOf(shape.slice(0, -1)),
    };
    const radiusOf = (numbers: Tensor['data']) => rotaryRadii(x, numbers, pairs);
    return this.ball(this.inner.rotate(site, x.centre, tables), radiusOf, this.storedAt(site));
  }
}
