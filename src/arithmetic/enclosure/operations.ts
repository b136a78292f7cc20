/**
 * The operations of enclosures: centres are what exact arithmetic gives (float64), radii hold every rounding of the specs,
 * whatever the order of additions, with fma or without, and the stated ulps of foreign functions. See theory/local-check.md.
 */
import { grown } from '../../bounds/dot/terms.ts';
import { InputError } from '../../formats/index.ts';
import { scalarsOf } from '../../softfloat/scalar.ts';
import { type OperationSpec, rowLength, type Tensor, tensor } from '../../tensor/index.ts';
import type { Arithmetic, Linear, MatmulOptions, RealTable } from '../arithmetic.ts';
import { broadcastIndex, broadcastShapes } from '../axes.ts';
import { type BinaryRule, binaryRules, type UnaryRule, unaryRules } from '../certified/elementwise.ts';
import { hasRadius, magnitudes, radii } from '../errors/ball.ts';
import { BallArithmetic } from '../errors/balls.ts';
import { isHeld, isPartOf, readingError } from '../errors/formats.ts';
import { distanceToReal, pairsOf } from '../errors/reals.ts';
import { innerProductRounding, rowSumRounding, type SumRounding } from '../errors/sum-rounding.ts';
import type { Store } from '../scalar-arithmetic.ts';
import { parameterContextOf, type SpecOf } from '../softfloat.ts';
import type { Freedom, UlpAllowance } from './freedom.ts';
import { afterRounding, FLOAT64, roundingOf } from './rounded.ts';
import type { Enclosure, Value } from './value.ts';

export interface EnclosureOptions {
  /** Float64 to nearest even. */
  readonly reference: Arithmetic<Value>;
  /** Carries single operations out as `specOf` says: for numbers that are known to the bit. */
  readonly rounded: Arithmetic<Value>;
  readonly specOf: SpecOf;
  readonly freedom: Freedom;
}

/** The roundings that a fused kernel adds to a term for each key: the weight's exponential, its rescaling, its product. */
const FUSED_ROUNDINGS = 3;

export abstract class EnclosureOperations extends BallArithmetic<Value> {
  readonly name: string;
  private readonly rounded: Arithmetic<Value>;
  protected readonly freedom: Freedom;

  /** @throws InputError where an allowance is no nonnegative number */
  constructor({ reference, rounded, specOf, freedom }: EnclosureOptions) {
    super(reference, specOf);
    this.name = `enclosure(${reference.name})`;
    this.rounded = rounded;
    this.freedom = freedom;
    for (const [name, ulps] of Object.entries(freedom.ulps ?? {})) {
      if (!(ulps >= 0))
        throw new InputError(`enclosure: ulps of ${name}: expected a number of at least 0, got ${ulps}`);
    }
  }

  /** What the allowance of a function comes to where it gives numbers of this size at most: an ulp may be a subnormal one. */
  protected foreign(spec: OperationSpec, name: keyof UlpAllowance): (size: number) => number {
    const ulps = this.freedom.ulps?.[name] ?? 0;
    const { epsMach, smallestSubnormal } = spec.out;
    return (size) => (ulps === 0 ? 0 : ulps * (epsMach * size + smallestSubnormal));
  }

  /** As the program loads it, to nearest even: known to the bit. */
  parameter(site: string, t: Tensor): Enclosure {
    const spec = this.specOf(site);
    const { fromNumber } = scalarsOf(parameterContextOf(spec, spec.out));
    const numbers = Float64Array.from(t.data, fromNumber);
    return this.ball(this.inner.lift(tensor(t.shape, numbers)), zeros, this.storedAt(site));
  }
  constants(site: string, table: RealTable): Enclosure {
    return this.table(site, table, table);
  }
  /** Reals that the program loads, about the exact ones. */
  protected table(site: string, exact: RealTable, loaded: RealTable): Enclosure {
    const spec = this.specOf(site);
    const context = scalarsOf(parameterContextOf(spec, spec.out));
    const pairs = pairsOf(exact);
    const { u, eta } = roundingOf(spec, spec.out);
    const free = this.freedom.constants === true;
    const errors = (numbers: Tensor['data']): Float64Array =>
      Float64Array.from(loaded.reals, (real, i) => {
        // The centre is the float64 nearest to the real.
        const error = distanceToReal(context.fromReal(real), pairs, i) + Math.abs(pairs.lo[i]);
        return error === 0 || !free ? error : Math.max(error, u * Math.abs(numbers[i]) + eta);
      });
    return this.ball(this.inner.lift(tensor(exact.shape, pairs.hi)), errors, this.storedAt(site));
  }

  /**
   * A sum of two numbers that are known to the bit is known to the bit, too: embedding and residual additions have no order.
   */
  add(site: string, a: Enclosure, b: Enclosure): Enclosure {
    const sum = this.binary(site, this.inner.add(site, a.centre, b.centre), a, b, binaryRules.add);
    if (this.specOf(site).mode === 'stochastic') return sum;
    const shape = this.shape(sum);
    const [atA, atB] = [broadcastIndex(this.shape(a), shape), broadcastIndex(this.shape(b), shape)];
    const known = (i: number): boolean =>
      a.radius[atA(i)] === 0 && b.radius[atB(i)] === 0 && Number.isFinite(sum.numbers[i]);
    if (!sum.radius.some((_, i) => known(i))) return sum;
    const { data } = this.rounded.add(site, a.centre, b.centre);
    const numbers = radii(data.length, (i) => (known(i) ? data[i] : sum.numbers[i]));
    const radius = () => sum.radius.map((r, i) => (known(i) ? 0 : r));
    return this.ball(this.inner.lift(tensor(shape, numbers)), radius, sum.stored);
  }
  subtract(site: string, a: Enclosure, b: Enclosure): Enclosure {
    return this.binary(site, this.inner.subtract(site, a.centre, b.centre), a, b, binaryRules.subtract);
  }
  multiply(site: string, a: Enclosure, b: Enclosure): Enclosure {
    return this.binary(site, this.inner.multiply(site, a.centre, b.centre), a, b, binaryRules.multiply);
  }
  divide(site: string, a: Enclosure, b: Enclosure): Enclosure {
    return this.binary(site, this.inner.divide(site, a.centre, b.centre), a, b, binaryRules.divide);
  }
  sqrt(site: string, v: Enclosure): Enclosure {
    return this.unary(site, this.inner.sqrt(site, v.centre), v, unaryRules.sqrt, 'rsqrt');
  }
  exp(site: string, v: Enclosure): Enclosure {
    return this.unary(site, this.inner.exp(site, v.centre), v, unaryRules.exp, 'exp');
  }
  tanh(site: string, v: Enclosure): Enclosure {
    return this.unary(site, this.inner.tanh(site, v.centre), v, unaryRules.tanh, 'tanh');
  }
  erf(site: string, v: Enclosure): Enclosure {
    return this.unary(site, this.inner.erf(site, v.centre), v, unaryRules.erf, 'erf');
  }

  private binary(site: string, centre: Value, a: Enclosure, b: Enclosure, rule: BinaryRule): Enclosure {
    const spec = this.specOf(site);
    const [shapeA, shapeB] = [this.shape(a), this.shape(b)];
    const shape = broadcastShapes(shapeA, shapeB);
    const [atA, atB] = [broadcastIndex(shapeA, shape), broadcastIndex(shapeB, shape)];
    const [radiusA, radiusB] = [this.read(site, a), this.read(site, b)];
    const rounding = roundingOf(spec, spec.out);
    const isSum = rule === binaryRules.add || rule === binaryRules.subtract;
    const held = [a, b].every(({ stored }) => isHeld(stored, spec.out, spec));
    const absolute = isSum && held ? rounding.etaSum : rounding.eta;
    const radiusOf = (values: Tensor['data']): Float64Array =>
      radii(values.length, (i) => {
        const value = values[i];
        const p = atA(i);
        const q = atB(i);
        const x = a.numbers[p];
        const r = radiusA[p];
        const y = b.numbers[q];
        const s = radiusB[q];
        // What may have overflowed may be NaN, even beside a factor 0.
        if (r === Number.POSITIVE_INFINITY || s === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
        const zeroX = x === 0 && r === 0;
        const zeroY = y === 0 && s === 0;
        if (isSum ? zeroX && zeroY : zeroX || zeroY) return 0;
        return afterRounding(value, rule.propagate(x, r, y, s, value), rounding, absolute);
      });
    return this.ball(centre, radiusOf, this.storedAt(site));
  }

  private unary(site: string, centre: Value, v: Enclosure, rule: UnaryRule, name: keyof UlpAllowance): Enclosure {
    const spec = this.specOf(site);
    const radius = this.read(site, v);
    const rounding = roundingOf(spec, spec.out);
    const foreign = this.foreign(spec, name);
    const radiusOf = (values: Tensor['data']): Float64Array =>
      radii(values.length, (i) => {
        const value = values[i];
        const x = v.numbers[i];
        if (radius[i] === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
        if (value === 0 && x === 0 && radius[i] === 0) return 0;
        const moved = rule.propagate(x, radius[i], value);
        const size = Math.abs(value) + moved;
        return afterRounding(value, moved + foreign(size * (1 + rounding.u)), rounding, rounding.eta);
      });
    return this.ball(centre, radiusOf, this.storedAt(site));
  }

  /** Radii with what flushing the operands adds, where one of them may be subnormal. */
  private read(site: string, v: Enclosure): Float64Array {
    const error = readingError(v.stored, this.specOf(site));
    if (error === 0) return v.radius;
    return v.radius.map((r, i) => {
      const size = Math.abs(v.numbers[i]);
      return size - r >= error || (size === 0 && r === 0) ? r : r + error;
    });
  }
  /** The radii of a matmul's operand after R_input. */
  private asInput(site: string, v: Enclosure): Float64Array {
    const spec = this.specOf(site);
    const radius = this.read(site, v);
    if (isHeld(v.stored, spec.input, spec)) return radius;
    const rounding = roundingOf(spec, spec.input);
    return radius.map((r, i) =>
      v.numbers[i] === 0 && r === 0 ? 0 : afterRounding(v.numbers[i], r, rounding, rounding.eta),
    );
  }

  rowSum(site: string, v: Enclosure): Enclosure {
    const spec = this.specOf(site);
    const n = rowLength(this.shape(v));
    const radius = this.read(site, v);
    const rounding = rowSumRounding(spec, n, isHeld(v.stored, spec.accumulate, spec), 'any-rigorous');
    const radiusOf = (sums: Tensor['data']): Float64Array => {
      const [moved, sizes] = [new Float64Array(sums.length), new Float64Array(sums.length)];
      radius.forEach((r, i) => {
        const row = Math.floor(i / n);
        moved[row] += r;
        sizes[row] += Math.abs(v.numbers[i]) + r;
      });
      return moved.map((r, row) => r + summed(sizes[row], n, rounding));
    };
    return this.ball(this.inner.rowSum(site, v.centre), radiusOf, this.storedAt(site, 'accumulate'));
  }

  matmul(site: string, a: Enclosure, b: Enclosure, options: MatmulOptions = {}): Enclosure {
    const [shapeA, shapeB] = [this.shape(a), this.shape(b)];
    const product = (x: Float64Array, y: Float64Array): Store<number> =>
      this.inner.matmul(site, this.inner.lift(tensor(shapeA, x)), this.inner.lift(tensor(shapeB, y)), options).data;
    const [radiusA, radiusB] = [this.asInput(site, a), this.asInput(site, b)];
    const [sizesA, sizesB] = [magnitudes(a.numbers), magnitudes(b.numbers)];
    const sizes = product(sizesA, sizesB);
    // AB − A′B′ = A(B − B′) + (A − A′)B′.
    const fromB = hasRadius({ radius: radiusB }) ? product(sizesA, radiusB) : undefined;
    const fromA = hasRadius({ radius: radiusA })
      ? product(
          radiusA,
          sizesB.map((y, i) => y + radiusB[i]),
        )
      : undefined;
    const n = rowLength(shapeA);
    const more = this.freedom.fused?.(site) === true ? FUSED_ROUNDINGS * n : 0;
    const radiusOf = this.productRadii(site, n, more);
    const boundsOf = (values: Tensor['data']): Float64Array =>
      radii(values.length, (i) => radiusOf(values[i], sizes[i], (fromA?.[i] ?? 0) + (fromB?.[i] ?? 0)));
    return this.ball(this.inner.matmul(site, a.centre, b.centre, options), boundsOf, this.storedAt(site));
  }

  linear(site: string, x: Enclosure, { weight, layout, bias }: Linear): Enclosure {
    const spec = this.specOf(site);
    const shape = this.shape(x);
    const load = (format: OperationSpec['out'], t: Tensor): Float64Array =>
      Float64Array.from(t.data, scalarsOf(parameterContextOf(spec, format)).fromNumber);
    const weights = load(spec.input, weight);
    const product = (v: Float64Array, w: Float64Array): Value =>
      this.inner.linear(site, this.inner.lift(tensor(shape, v)), { weight: tensor(weight.shape, w), layout });
    const radius = this.asInput(site, x);
    const absolutes = magnitudes(weights);
    const sizes = product(magnitudes(x.numbers), absolutes).data;
    const moved = hasRadius({ radius }) ? product(radius, absolutes).data : undefined;
    const biases = bias && load(spec.out, bias);
    const centre = this.inner.linear(site, x.centre, {
      weight: tensor(weight.shape, weights),
      layout,
      ...(bias && biases && { bias: tensor(bias.shape, biases) }),
    });
    const width = biases?.length ?? 1;
    const n = rowLength(shape);
    // The roundings of 8-bit layers depend on the numbers: nothing is known.
    if (spec.linear !== 'plain') return this.ball(centre, unknown, this.storedAt(site));
    const radiusOf = this.productRadii(site, n, 0, biases !== undefined);
    const boundsOf = (values: Tensor['data']): Float64Array =>
      radii(values.length, (i) => radiusOf(values[i], sizes[i], moved?.[i] ?? 0, biases?.[i % width]));
    return this.ball(centre, boundsOf, this.storedAt(site));
  }

  /**
   * The radius of one entry y of a product of n terms whose magnitudes add up to `size`, moved by its operands' radii.
   * @param more roundings beyond those of the sum that a term may pass
   */
  private productRadii(site: string, n: number, more: number, biased = false) {
    const spec = this.specOf(site);
    // A bias may be added before, between or after the terms; after them it is one more rounding of `out`.
    const rounding = innerProductRounding(spec, biased ? n + 1 : n, 'any-rigorous');
    const out = roundingOf(spec, spec.out);
    const extra = more === 0 ? 0 : grown(more, roundingOf(spec, spec.accumulate).u);
    const kept = isPartOf(spec.accumulate, spec.out) && spec.subnormals === 'keep';
    return (y: number, size: number, moved: number, bias = 0): number => {
      const total = size + moved + Math.abs(bias);
      const sum = moved + (1 + extra) * summed(total, n + 1, rounding) + extra * total;
      if (sum === 0 || kept) return sum;
      const stored = afterRounding(y, sum, out, out.eta);
      if (!biased) return stored;
      // R(R(product) + bias); the product is no larger than `total`.
      return Math.max(stored, afterRounding(y, afterRounding(total, sum, out, out.eta), out, out.eta));
    };
  }
}

const unknown = ({ length }: { readonly length: number }): Float64Array =>
  new Float64Array(length).fill(Number.POSITIVE_INFINITY);
const zeros = ({ length }: { readonly length: number }): Float64Array => new Float64Array(length);

/** What adding terms of this size, n of them, may be off; Infinity where a partial sum may overflow. */
function summed(size: number, n: number, { relative, absolute, largest }: SumRounding): number {
  const error = (relative + n * FLOAT64) * size + absolute;
  return size + error <= largest ? error : Number.POSITIVE_INFINITY;
}
