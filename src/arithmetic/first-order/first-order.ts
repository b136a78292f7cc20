/**
 * First-order bounds: how far the numbers that a policy's arithmetic computes may be from the float64 reference, to first
 * order in the unit roundoffs, without running it. See theory/interpreters.md.
 *
 * What comes in passes through the magnitudes of the Jacobian at the reference; what an operation adds is bounded by the
 * site's formats, mode and order, or, for `order: 'any'`, by the worst of all orders of additions, with fma or without.
 */
import { type Format, InputError } from '../../formats/index.ts';
import {
  type KeyMask,
  type OperationSpec,
  rowLength,
  sizeOf,
  specOfProduct,
  type Tensor,
  tensor,
} from '../../tensor/index.ts';
import { sequential } from '../../tensor/order.ts';
import type { Arithmetic, Linear, MatmulOptions, Norm, RealTable, RotaryTables } from '../arithmetic.ts';
import { broadcastIndex, broadcastShapes, linearShape, matmulShape } from '../axes.ts';
import { type Ball, hasRadius, magnitudes } from '../errors/ball.ts';
import { BallArithmetic } from '../errors/balls.ts';
import { isHeld, readingError } from '../errors/formats.ts';
import { pairsOf } from '../errors/reals.ts';
import { activations } from '../errors/slopes.ts';
import { type Growth, roundoffOf, rowSumRounding } from '../errors/sum-rounding.ts';
import type { Store } from '../scalar-arithmetic.ts';
import type { SpecOf } from '../softfloat.ts';
import {
  type BinaryDerivative,
  productDerivative,
  quotientDerivative,
  sumDerivative,
  unaryDerivatives,
} from './elementwise.ts';
import { constantErrors, loadErrors } from './loading.ts';
import { addNormBounds } from './norm.ts';
import { operandRadii, productBounds } from './products.ts';
import { softmaxBounds } from './softmax.ts';

type Value = Tensor<Store<number>>;

/** A value of the reference with a bound for each of its numbers. */
export type FirstOrder = Ball<Value>;

/** Ulps that a function may be off beyond correct rounding, where the arithmetic is another program's; 0 if missing. */
export interface Allowance {
  readonly exp?: number;
  readonly tanh?: number;
  readonly erf?: number;
  /** The reciprocal root of a norm. */
  readonly rsqrt?: number;
}

export interface FirstOrderOptions {
  /** The reference that the bounds are about: float64, whose own error they leave out. */
  readonly reference: Arithmetic<Value>;
  /** The policy. */
  readonly specOf: SpecOf;
  /** `declared`: sums in the order of each site's spec. `any`: in whatever order. */
  readonly order: 'declared' | 'any';
  readonly allowance?: Allowance;
}

export class FirstOrderArithmetic extends BallArithmetic<Value> {
  readonly name: string;
  private readonly growth: Growth;
  private readonly allowance: Allowance;

  /** @throws InputError where an allowance is no nonnegative number */
  constructor({ reference, specOf, order, allowance = {} }: FirstOrderOptions) {
    super(reference, specOf);
    this.name = `first-order(${reference.name})`;
    this.growth = order === 'any' ? 'any' : 'declared';
    for (const [name, ulps] of Object.entries(allowance)) {
      if (!(ulps >= 0))
        throw new InputError(`first-order: allowance of ${name}: expected ulps of at least 0, got ${ulps}`);
    }
    this.allowance = allowance;
  }

  /** |computed − reference| is at most this to first order, entry by entry. */
  boundOf(v: FirstOrder): Tensor {
    return tensor(this.shape(v), v.radius);
  }

  parameter(site: string, t: Tensor): FirstOrder {
    const spec = this.specOf(site);
    const stored = this.storedAt(site);
    return this.ball(this.inner.parameter(site, t), () => loadErrors(spec, spec.out, t.data), stored);
  }
  constants(site: string, table: RealTable): FirstOrder {
    const errors = () => constantErrors(this.specOf(site), table, pairsOf(table));
    return this.ball(this.inner.constants(site, table), errors, this.storedAt(site));
  }

  add(site: string, a: FirstOrder, b: FirstOrder): FirstOrder {
    return this.binary(site, this.inner.add(site, a.centre, b.centre), a, b, sumDerivative);
  }
  subtract(site: string, a: FirstOrder, b: FirstOrder): FirstOrder {
    return this.binary(site, this.inner.subtract(site, a.centre, b.centre), a, b, sumDerivative);
  }
  multiply(site: string, a: FirstOrder, b: FirstOrder): FirstOrder {
    return this.binary(site, this.inner.multiply(site, a.centre, b.centre), a, b, productDerivative);
  }
  divide(site: string, a: FirstOrder, b: FirstOrder): FirstOrder {
    return this.binary(site, this.inner.divide(site, a.centre, b.centre), a, b, quotientDerivative);
  }
  sqrt(site: string, v: FirstOrder): FirstOrder {
    return this.unary(site, this.inner.sqrt(site, v.centre), v, 'sqrt');
  }
  exp(site: string, v: FirstOrder): FirstOrder {
    return this.unary(site, this.inner.exp(site, v.centre), v, 'exp');
  }
  tanh(site: string, v: FirstOrder): FirstOrder {
    return this.unary(site, this.inner.tanh(site, v.centre), v, 'tanh');
  }
  erf(site: string, v: FirstOrder): FirstOrder {
    return this.unary(site, this.inner.erf(site, v.centre), v, 'erf');
  }

  private binary(site: string, centre: Value, a: FirstOrder, b: FirstOrder, derivative: BinaryDerivative): FirstOrder {
    const spec = this.specOf(site);
    const [shapeA, shapeB] = [this.shape(a), this.shape(b)];
    const shape = broadcastShapes(shapeA, shapeB);
    const [atA, atB] = [broadcastIndex(shapeA, shape), broadcastIndex(shapeB, shape)];
    const [radiusA, radiusB] = [this.read(site, a), this.read(site, b)];
    const held = [a, b].every(({ stored }) => isHeld(stored, spec.out, spec));
    const { u, eta, etaSum } = roundoffOf(spec, spec.out);
    const isSum = derivative === sumDerivative;
    const scales = derivative === productDerivative && (this.scales(spec, a, b) || this.scales(spec, b, a));
    const relative = scales ? 0 : u;
    const absolute = isSum && held ? etaSum : eta;
    const boundsOf = (values: Tensor['data']): Float64Array =>
      Float64Array.from(values, (value, i) => {
        const [p, q] = [atA(i), atB(i)];
        const [x, r, y, s] = [a.numbers[p], radiusA[p], b.numbers[q], radiusB[q]];
        const [zeroX, zeroY] = [x === 0 && r === 0, y === 0 && s === 0];
        if (isSum ? zeroX && zeroY : zeroX || zeroY) return 0;
        return derivative(x, r, y, s, value) + relative * Math.abs(value) + absolute;
      });
    return this.ball(centre, boundsOf, this.storedAt(site));
  }
  /** Whether all of v is multiplied by one power of two, which is exact but for underflow. */
  private scales(spec: OperationSpec, factor: FirstOrder, v: FirstOrder): boolean {
    const [x] = factor.numbers;
    const isPower = factor.numbers.length === 1 && factor.radius[0] === 0 && Number.isInteger(Math.log2(Math.abs(x)));
    return isPower && spec.out.kind === 'binary' && isHeld(v.stored, spec.out, spec);
  }

  private unary(site: string, centre: Value, v: FirstOrder, name: keyof typeof unaryDerivatives): FirstOrder {
    const spec = this.specOf(site);
    const radius = this.read(site, v);
    const { u, eta } = roundoffOf(spec, spec.out);
    const relative = u + (name === 'sqrt' ? 0 : this.foreign(spec.out, name));
    const derivative = unaryDerivatives[name];
    const boundsOf = (values: Tensor['data']): Float64Array =>
      Float64Array.from(values, (value, i) => {
        const x = v.numbers[i];
        if (value === 0 && x === 0 && radius[i] === 0) return 0;
        return derivative(radius[i], x, value) + relative * Math.abs(value) + eta;
      });
    return this.ball(centre, boundsOf, this.storedAt(site));
  }
  /** The relative error that the allowance of a function stands for. */
  private foreign(format: Format, name: keyof Allowance): number {
    return (this.allowance[name] ?? 0) * format.epsMach;
  }

  /** Radii with what flushing the operands adds, where one of them may be subnormal. */
  private read(site: string, v: FirstOrder): Float64Array {
    const error = readingError(v.stored, this.specOf(site));
    if (error === 0) return v.radius;
    return v.radius.map((r, i) => {
      const size = Math.abs(v.numbers[i]);
      return size - r >= error || (size === 0 && r === 0) ? r : r + error;
    });
  }

  rowSum(site: string, v: FirstOrder): FirstOrder {
    const spec = this.specOf(site);
    const n = rowLength(this.shape(v));
    const radius = this.read(site, v);
    const { relative, absolute } = rowSumRounding(spec, n, isHeld(v.stored, spec.accumulate, spec), this.growth);
    const boundsOf = (sums: Tensor['data']): Float64Array => {
      const bound = new Float64Array(sums.length).fill(absolute);
      radius.forEach((r, i) => {
        bound[Math.floor(i / n)] += r + relative * Math.abs(v.numbers[i]);
      });
      return bound;
    };
    return this.ball(this.inner.rowSum(site, v.centre), boundsOf, this.storedAt(site, 'accumulate'));
  }

  matmul(site: string, a: FirstOrder, b: FirstOrder, options: MatmulOptions = {}): FirstOrder {
    const [shapeA, shapeB] = [this.shape(a), this.shape(b)];
    const spec = specOfProduct(this.specOf(site), matmulShape(shapeA, shapeB, options.transposed === true));
    const product = (x: Float64Array, y: Float64Array): Store<number> =>
      this.inner.matmul(site, this.inner.lift(tensor(shapeA, x)), this.inner.lift(tensor(shapeB, y)), options).data;
    const [sizesA, sizesB] = [magnitudes(a.numbers), magnitudes(b.numbers)];
    const radiusA = operandRadii(spec, a.numbers, this.read(site, a), a.stored);
    const radiusB = operandRadii(spec, b.numbers, this.read(site, b), b.stored);
    const boundsOf = (values: Tensor['data']): Float64Array =>
      productBounds({
        ...{ spec, growth: this.growth, n: rowLength(shapeA), values, sizes: product(sizesA, sizesB) },
        propagated: [
          hasRadius({ radius: radiusA }) ? product(radiusA, sizesB) : undefined,
          hasRadius({ radius: radiusB }) ? product(sizesA, radiusB) : undefined,
        ],
      });
    return this.ball(this.inner.matmul(site, a.centre, b.centre, options), boundsOf, this.storedAt(site));
  }

  linear(site: string, x: FirstOrder, layer: Linear): FirstOrder {
    const { weight, layout, bias } = layer;
    const shape = this.shape(x);
    if (this.specOf(site).linear !== 'plain') {
      throw new InputError(
        `first-order: ${site}: expected linear=plain, got int8, whose roundings depend on the numbers`,
      );
    }
    const spec = specOfProduct(this.specOf(site), linearShape(shape, layer));
    const product = (v: Float64Array, w: Float64Array): Store<number> =>
      this.inner.linear(site, this.inner.lift(tensor(shape, v)), { weight: tensor(weight.shape, w), layout }).data;
    const [sizesX, sizesW] = [magnitudes(x.numbers), magnitudes(weight.data)];
    const radius = operandRadii(spec, x.numbers, this.read(site, x), x.stored);
    const loads = loadErrors(spec, spec.input, weight.data);
    const boundsOf = (values: Tensor['data']): Float64Array =>
      productBounds({
        ...{ spec, growth: this.growth, n: rowLength(shape), values, sizes: product(sizesX, sizesW) },
        propagated: [
          hasRadius({ radius }) ? product(radius, sizesW) : undefined,
          hasRadius({ radius: loads }) ? product(sizesX, loads) : undefined,
        ],
        ...(bias && { bias: { values: bias.data, errors: loadErrors(spec, spec.out, bias.data) } }),
      });
    return this.ball(this.inner.linear(site, x.centre, layer), boundsOf, this.storedAt(site));
  }

  override softmax(site: string, x: FirstOrder, mask?: KeyMask): FirstOrder {
    const spec = this.specOf(site);
    const shape = this.shape(x);
    const { u, eta, etaSum } = roundoffOf(spec, spec.out);
    const radii = this.read(site, x);
    const stored = this.storedAt(site);
    const held = isHeld(stored, spec.accumulate, spec);
    const whole = rowSumRounding(spec, rowLength(shape), held, this.growth);
    const boundsOf = (probabilities: Tensor['data']): Float64Array => {
      const bound = new Float64Array(probabilities.length);
      this.eachVisible(shape, mask, (start, end) => {
        // Sums with hidden zeros are exact, so that no term passes more roundings than there are visible ones.
        const shown = rowSumRounding({ ...spec, order: sequential }, end - start, held, 'declared');
        const rounding = {
          ...{ u, eta, shifted: spec.softmax === 'shifted' },
          etaDifference: isHeld(x.stored, spec.out, spec) ? etaSum : eta,
          exp: u + this.foreign(spec.out, 'exp'),
          sum: Math.min(whole.relative, shown.relative),
          sumUnderflow: whole.absolute,
        };
        softmaxBounds({ start, end, logits: x.numbers, radii, probabilities }, rounding, bound);
      });
      return bound;
    };
    return this.ball(this.inner.softmax(site, x.centre, mask), boundsOf, stored);
  }

  override layerNorm(site: string, x: FirstOrder, norm: Norm, epsilon: number): FirstOrder {
    const D = rowLength(this.shape(x));
    const start = this.withoutRadius(x);
    const mean = this.divide(site, this.rowSum(site, start), this.lift(tensor([], Float64Array.of(D))));
    const centred = this.subtract(site, start, this.withoutRadius(mean));
    const local = super.rmsNorm(site, this.withoutRadius(centred), norm, epsilon);
    const boundsOf = (): Float64Array => {
      const centring = { entries: centred.radius, means: mean.radius };
      addNormBounds({ ...this.normRow(site, x, norm, epsilon), rows: centred.numbers, centring }, local.radius);
      return local.radius;
    };
    return this.ball(this.inner.layerNorm(site, x.centre, norm, epsilon), boundsOf, this.storedAt(site));
  }
  override rmsNorm(site: string, x: FirstOrder, norm: Norm, epsilon: number): FirstOrder {
    const local = super.rmsNorm(site, this.withoutRadius(x), norm, epsilon);
    const boundsOf = (): Float64Array => {
      addNormBounds({ ...this.normRow(site, x, norm, epsilon), rows: x.numbers, centring: undefined }, local.radius);
      return local.radius;
    };
    return this.ball(this.inner.rmsNorm(site, x.centre, norm, epsilon), boundsOf, this.storedAt(site));
  }
  private normRow(site: string, x: FirstOrder, norm: Norm, epsilon: number) {
    const foreign = this.foreign(this.specOf(site).out, 'rsqrt');
    return { D: rowLength(this.shape(x)), epsilon, gamma: norm.gamma.data, radii: this.read(site, x), foreign };
  }
  /** The same numbers as if nothing came in: what operations on it add. Flushing has been counted. */
  private withoutRadius(v: FirstOrder): FirstOrder {
    const stored = v.stored && { ...v.stored, flushed: true };
    return { ...v, radius: new Float64Array(v.radius.length), stored };
  }

  override gelu(site: string, x: FirstOrder, form: 'tanh' | 'erf'): FirstOrder {
    const local = super.gelu(site, this.withoutRadius(x), form);
    return this.activated(site, x, local, this.inner.gelu(site, x.centre, form), activations[form].slope);
  }
  override silu(site: string, x: FirstOrder): FirstOrder {
    const local = super.silu(site, this.withoutRadius(x));
    return this.activated(site, x, local, this.inner.silu(site, x.centre), activations.silu.slope);
  }
  private activated(
    site: string,
    x: FirstOrder,
    local: FirstOrder,
    centre: Value,
    slope: (x: number) => number,
  ): FirstOrder {
    const boundsOf = (): Float64Array =>
      this.read(site, x).map((r, i) => local.radius[i] + (r === 0 ? 0 : Math.abs(slope(x.numbers[i])) * r));
    return this.ball(centre, boundsOf, this.storedAt(site));
  }

  override rotate(site: string, x: FirstOrder, tables: RotaryTables): FirstOrder {
    const spec = this.specOf(site);
    const shape = this.shape(x);
    const [width, rows] = [rowLength(shape), sizeOf(shape.slice(0, -1))];
    const half = width / 2;
    const { cos, sin } = tables.exact;
    const [c, s] = [pairsOf(cos), pairsOf(sin)];
    const loaded = spec.rotary === 'exact' ? tables.exact : tables.float32Angles();
    const [dc, ds] = [constantErrors(spec, loaded.cos, c), constantErrors(spec, loaded.sin, s)];
    const at = broadcastIndex(cos.shape, [...shape.slice(0, -1), half]);
    const radius = this.read(site, x);
    const { u, eta, etaSum } = roundoffOf(spec, spec.out);
    const boundsOf = (values: Tensor['data']): Float64Array => {
      const bound = new Float64Array(values.length);
      const entry = (i: number, partner: number, k: number): number => {
        const [p, q] = [Math.abs(x.numbers[i]), Math.abs(x.numbers[partner])];
        const [a, b] = [Math.abs(c.hi[k]), Math.abs(s.hi[k])];
        const incoming = a * radius[i] + b * radius[partner] + dc[k] * p + ds[k] * q;
        return incoming + u * (a * p + b * q + Math.abs(values[i])) + 2 * eta + etaSum;
      };
      for (let r = 0; r < rows; r++) {
        for (let j = 0; j < half; j++) {
          const [first, second, k] = [r * width + j, r * width + half + j, at(r * half + j)];
          bound[first] = entry(first, second, k);
          bound[second] = entry(second, first, k);
        }
      }
      return bound;
    };
    return this.ball(this.inner.rotate(site, x.centre, tables), boundsOf, this.storedAt(site));
  }
}
