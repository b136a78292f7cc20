/**
 * Expected sizes: the root mean square of what roundings add, were they random and independent of each other. A heuristic
 * to hold an observed error against, never a bound. theory/local-check.md, L7.
 */
import { depthOf } from '../../bounds/dot/depth.ts';
import type { Format } from '../../formats/index.ts';
import { type OperationSpec, rowLength, type Tensor, tensor } from '../../tensor/index.ts';
import type { Arithmetic, Linear, MatmulOptions, RealTable } from '../arithmetic.ts';
import { broadcastIndex, broadcastShapes } from '../axes.ts';
import { type Ball, radii } from '../errors/ball.ts';
import { BallArithmetic } from '../errors/balls.ts';
import { isHeld, isPartOf } from '../errors/formats.ts';
import { pairsOf } from '../errors/reals.ts';
import type { Store } from '../scalar-arithmetic.ts';
import type { SpecOf } from '../softfloat.ts';
import { binaryDeviations, root, unaryDeviations } from './elementwise.ts';

type Value = Tensor<Store<number>>;

/** Exact numbers with the root mean square of their errors. */
export type Expected = Ball<Value>;

/** Root mean square of a rounding, in units of u·|y|, for significands as they are usual: √(1/(8 ln 2)). */
const ROOT_MEAN_SQUARE = 0.42466;

export class ExpectedArithmetic extends BallArithmetic<Value> {
  readonly name: string;

  /** @param reference float64 */
  constructor(reference: Arithmetic<Value>, specOf: SpecOf) {
    super(reference, specOf);
    this.name = `expected(${reference.name})`;
  }

  private rounding(format: Format, y: number): number {
    return ROOT_MEAN_SQUARE * format.u * y;
  }

  /** What the program loads is known: nothing random. */
  parameter(site: string, t: Tensor): Expected {
    return this.ball(this.inner.lift(t), ({ length }) => new Float64Array(length), this.storedAt(site));
  }
  constants(site: string, table: RealTable): Expected {
    const { out } = this.specOf(site);
    const centre = this.inner.lift(tensor(table.shape, pairsOf(table).hi));
    const radii = (numbers: Tensor['data']) => Float64Array.from(numbers, (x) => Math.abs(this.rounding(out, x)));
    return this.ball(centre, radii, this.storedAt(site));
  }

  add(site: string, a: Expected, b: Expected): Expected {
    return this.binary(site, 'add', this.inner.add(site, a.centre, b.centre), a, b);
  }
  subtract(site: string, a: Expected, b: Expected): Expected {
    return this.binary(site, 'subtract', this.inner.subtract(site, a.centre, b.centre), a, b);
  }
  multiply(site: string, a: Expected, b: Expected): Expected {
    return this.binary(site, 'multiply', this.inner.multiply(site, a.centre, b.centre), a, b);
  }
  divide(site: string, a: Expected, b: Expected): Expected {
    return this.binary(site, 'divide', this.inner.divide(site, a.centre, b.centre), a, b);
  }
  sqrt(site: string, v: Expected): Expected {
    return this.unary(site, 'sqrt', this.inner.sqrt(site, v.centre), v);
  }
  exp(site: string, v: Expected): Expected {
    return this.unary(site, 'exp', this.inner.exp(site, v.centre), v);
  }
  tanh(site: string, v: Expected): Expected {
    return this.unary(site, 'tanh', this.inner.tanh(site, v.centre), v);
  }
  erf(site: string, v: Expected): Expected {
    return this.unary(site, 'erf', this.inner.erf(site, v.centre), v);
  }

  private binary(site: string, name: keyof typeof binaryDeviations, centre: Value, a: Expected, b: Expected): Expected {
    const { out } = this.specOf(site);
    const deviation = binaryDeviations[name];
    const [shapeA, shapeB] = [this.shape(a), this.shape(b)];
    const shape = broadcastShapes(shapeA, shapeB);
    const [atA, atB] = [broadcastIndex(shapeA, shape), broadcastIndex(shapeB, shape)];
    const radiusOf = (values: Tensor['data']): Float64Array =>
      radii(values.length, (i) => {
        const p = atA(i);
        const q = atB(i);
        const moved = deviation(a.numbers[p], a.radius[p], b.numbers[q], b.radius[q], values[i]);
        return root(moved, this.rounding(out, values[i]));
      });
    return this.ball(centre, radiusOf, this.storedAt(site));
  }
  private unary(site: string, name: keyof typeof unaryDeviations, centre: Value, v: Expected): Expected {
    const { out } = this.specOf(site);
    const deviation = unaryDeviations[name];
    const radiusOf = (values: Tensor['data']): Float64Array =>
      radii(values.length, (i) => root(deviation(v.numbers[i], v.radius[i], values[i]), this.rounding(out, values[i])));
    return this.ball(centre, radiusOf, this.storedAt(site));
  }

  rowSum(site: string, v: Expected): Expected {
    const spec = this.specOf(site);
    const n = rowLength(this.shape(v));
    const radiusOf = (sums: Tensor['data']): Float64Array => {
      const [moved, squares] = [new Float64Array(sums.length), new Float64Array(sums.length)];
      v.radius.forEach((r, i) => {
        moved[Math.floor(i / n)] += r * r;
        squares[Math.floor(i / n)] += v.numbers[i] ** 2;
      });
      return moved.map((m, row) => Math.sqrt(m + this.additions(spec, n, sums[row], squares[row])));
    };
    return this.ball(this.inner.rowSum(site, v.centre), radiusOf, this.storedAt(site, 'accumulate'));
  }

  /**
   * The mean square of what h additions add up to: a partial sum of a share f of the terms has the square f²s² + f(1 − f)Σt²
   * in the mean over all orders of the terms, which is s²/3 + Σt²/6 in the mean over f.
   */
  private additions({ order, accumulate }: OperationSpec, n: number, sum: number, squares: number): number {
    const h = depthOf(order, n).additions;
    return (ROOT_MEAN_SQUARE * accumulate.u) ** 2 * h * ((sum * sum) / 3 + squares / 6);
  }

  matmul(site: string, a: Expected, b: Expected, options: MatmulOptions = {}): Expected {
    const spec = this.specOf(site);
    const [shapeA, shapeB] = [this.shape(a), this.shape(b)];
    const product = (x: Float64Array, y: Float64Array): Store<number> =>
      this.inner.matmul(site, this.inner.lift(tensor(shapeA, x)), this.inner.lift(tensor(shapeB, y)), options).data;
    const [squaresA, squaresB] = [squared(a.numbers), squared(b.numbers)];
    const squares = product(squaresA, squaresB);
    const fromA = product(squared(this.asInput(spec, a)), squaresB);
    const fromB = product(squaresA, squared(this.asInput(spec, b)));
    const radiusOf = (values: Tensor['data']): Float64Array =>
      radii(values.length, (i) =>
        this.productDeviation(spec, rowLength(shapeA), values[i], squares[i], fromA[i] + fromB[i]),
      );
    return this.ball(this.inner.matmul(site, a.centre, b.centre, options), radiusOf, this.storedAt(site));
  }

  linear(site: string, x: Expected, layer: Linear): Expected {
    const spec = this.specOf(site);
    const shape = this.shape(x);
    const { weight, layout, bias } = layer;
    const product = (v: Float64Array, w: Float64Array): Store<number> =>
      this.inner.linear(site, this.inner.lift(tensor(shape, v)), { weight: tensor(weight.shape, w), layout }).data;
    const weights = squared(weight.data);
    const squares = product(squared(x.numbers), weights);
    const moved = product(squared(this.asInput(spec, x)), weights);
    const width = bias?.data.length ?? 1;
    const radiusOf = (values: Tensor['data']): Float64Array =>
      radii(values.length, (i) => {
        const y = values[i];
        const b = bias?.data[i % width] ?? 0;
        const sum = this.productDeviation(spec, rowLength(shape), y - b, squares[i], moved[i]);
        return bias === undefined ? sum : root(sum, this.rounding(spec.out, y));
      });
    return this.ball(this.inner.linear(site, x.centre, layer), radiusOf, this.storedAt(site));
  }

  private asInput(spec: OperationSpec, { numbers, radius, stored }: Expected): Float64Array {
    if (isHeld(stored, spec.input, spec)) return radius;
    return radius.map((r, i) => root(r, this.rounding(spec.input, numbers[i])));
  }

  private productDeviation(spec: OperationSpec, n: number, y: number, squares: number, moved: number): number {
    const { product, accumulate, out, fma } = spec;
    const products = fma || product === 'exact' ? 0 : (ROOT_MEAN_SQUARE * product.u) ** 2 * squares;
    const stored = isPartOf(accumulate, out) ? 0 : this.rounding(out, y) ** 2;
    return Math.sqrt(moved + products + this.additions(spec, n, y, squares) + stored);
  }
}

function squared(numbers: ArrayLike<number>): Float64Array {
  return radii(numbers.length, (i) => numbers[i] * numbers[i]);
}
