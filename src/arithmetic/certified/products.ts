/**
 * Radii of sums of products: what the operation did, which is the smaller of what was measured and what its declared order
 * allows, and Â·B̂ − A·B = Â(B̂ − B) + (Â − A)B. theory/interpreters.md, I2 and I7.
 */
import { type OperationSpec, rowLength, specOfProduct, type Tensor, tensor } from '../../tensor/index.ts';
import type { Arithmetic, Linear, MatmulOptions } from '../arithmetic.ts';
import { linearShape, matmulShape } from '../axes.ts';
import { type Ball, hasRadius, magnitudes } from '../errors/ball.ts';
import { isHeld, isPartOf } from '../errors/formats.ts';
import { innerProductRounding, roundoffOf, rowSumRounding, type SumRounding } from '../errors/sum-rounding.ts';
import { above, addUp, distanceUp, halfUlp, mulUp, sumUp } from '../errors/upward.ts';
import type { Store } from '../scalar-arithmetic.ts';
import type { SpecOf } from '../softfloat.ts';

type Float64 = Tensor<Store<number>>;
type Operand = Ball<unknown> & { readonly shape: readonly number[] };

/** a·b, and everything with signs taken off. */
interface Parts {
  /** Terms of a sum. */
  readonly n: number;
  readonly products: Store<number>;
  readonly sizes: Store<number>;
  /** |a|·(radii of b) and (radii of a)·(|b| + radii of b); undefined where there are no radii. */
  readonly fromB: Store<number> | undefined;
  readonly fromA: Store<number> | undefined;
}

export class Products {
  private readonly float64: Arithmetic<Float64>;
  private readonly specOf: SpecOf;

  constructor(float64: Arithmetic<Float64>, specOf: SpecOf) {
    this.float64 = float64;
    this.specOf = specOf;
  }

  /** Of a·b, or of R(a·b)·c where there is a scale, of which c is the nearest float64. */
  matmul(
    site: string,
    a: Operand,
    b: Operand,
    options: MatmulOptions,
    computed: Tensor['data'],
    c?: number,
  ): Float64Array {
    const product = (x: Tensor['data'], y: Tensor['data']): Store<number> =>
      this.float64.matmul(site, this.lifted(a.shape, x), this.lifted(b.shape, y), options).data;
    const [sizesA, sizesB] = [magnitudes(a.numbers), magnitudes(b.numbers)];
    const parts: Parts = {
      n: rowLength(a.shape),
      products: product(a.numbers, b.numbers),
      sizes: product(sizesA, sizesB),
      fromB: hasRadius(b) ? product(sizesA, b.radius) : undefined,
      fromA: hasRadius(a) ? product(a.radius, sum(sizesB, b.radius)) : undefined,
    };
    const spec = specOfProduct(this.specOf(site), matmulShape(a.shape, b.shape, options.transposed === true));
    const declared = c === undefined && [a, b].every(({ stored }) => isHeld(stored, spec.input, spec));
    return this.radii(parts, computed, { spec, rounding: declared ? innerProduct(spec, parts.n) : undefined, c });
  }

  linear(site: string, x: Operand, layer: Linear, computed: Tensor['data']): Float64Array {
    const { weight, layout, bias } = layer;
    const product = (v: Tensor['data'], w: Tensor['data']): Store<number> =>
      this.float64.linear(site, this.lifted(x.shape, v), { weight: { shape: weight.shape, data: w }, layout }).data;
    const sizes = magnitudes(weight.data);
    const parts: Parts = {
      n: rowLength(x.shape),
      products: product(x.numbers, weight.data),
      sizes: product(magnitudes(x.numbers), sizes),
      fromB: undefined,
      fromA: hasRadius(x) ? product(x.radius, sizes) : undefined,
    };
    const spec = specOfProduct(this.specOf(site), linearShape(x.shape, layer));
    const rounding = bias === undefined && spec.linear === 'plain' ? this.weights(spec, x, weight, parts.n) : undefined;
    return this.radii(parts, computed, { spec, rounding, bias: bias?.data });
  }

  /** Of a layer whose weights are numbers of `input`; what other weights do is measured. */
  private weights(spec: OperationSpec, x: Operand, weight: Tensor, n: number): SumRounding | undefined {
    const float32 = weight.data instanceof Float32Array;
    const holds = spec.input.kind === 'binary' && spec.input.precision >= (float32 ? 24 : 53);
    const range = spec.input.largest >= (float32 ? 2 ** 127 : 2 ** 1023);
    return holds && range && spec.subnormals === 'keep' && isHeld(x.stored, spec.input, spec)
      ? innerProduct(spec, n)
      : undefined;
  }

  rowSum(site: string, v: Operand | Ball<unknown>, n: number, computed: Tensor['data']): Float64Array {
    const spec = this.specOf(site);
    const declared = rowSumRounding(spec, n, isHeld(v.stored, spec.accumulate, spec), 'rigorous');
    const rounding =
      v.stored === undefined || spec.subnormals === 'flush' ? undefined : { ...declared, out: spec.accumulate };
    const sums = { products: new Float64Array(computed.length), sizes: new Float64Array(computed.length) };
    const fromA = new Float64Array(computed.length);
    v.radius.forEach((radius, i) => {
      const row = Math.floor(i / n);
      sums.products[row] += v.numbers[i];
      sums.sizes[row] += Math.abs(v.numbers[i]);
      fromA[row] += radius;
    });
    const parts: Parts = { n, ...sums, fromB: undefined, fromA: hasRadius(v) ? fromA : undefined };
    return this.radii(parts, computed, { spec, rounding });
  }

  private radii(parts: Parts, computed: Tensor['data'], what: What): Float64Array {
    const { n, products, sizes, fromA, fromB } = parts;
    const { bias, c, rounding, spec } = what;
    const scale = c === undefined ? 1 : above(Math.abs(c));
    const width = bias?.length ?? 1;
    return Float64Array.from(computed, (y, i) => {
      const size = sumUp(sizes[i], n);
      const shift = bias === undefined ? 0 : bias[i % width];
      const product = c === undefined ? products[i] : c * products[i];
      const value = product + shift;
      // n·2^−53 of the magnitudes in any order, an underflow for each term; then c, its product and the bias.
      let error = mulUp(scale, above(above(n * 2 ** -53) * size + n * 2 ** -1074));
      if (c !== undefined) error = addUp(error, above(3 * halfUlp(product)));
      if (bias !== undefined) error = addUp(error, halfUlp(value));
      let local = addUp(distanceUp(y, value), error);
      if (rounding !== undefined) local = Math.min(local, allowed(y, size, rounding, spec));
      const propagated = addUp(
        fromA === undefined ? 0 : sumUp(fromA[i], n),
        fromB === undefined ? 0 : sumUp(fromB[i], n),
      );
      return addUp(local, mulUp(scale, propagated));
    });
  }

  private lifted(shape: readonly number[], data: Tensor['data']): Float64 {
    return this.float64.lift(tensor(shape, Float64Array.from(data)));
  }
}

interface What {
  readonly spec: OperationSpec;
  /** Undefined where only the measurement counts. */
  readonly rounding: (SumRounding & { readonly out?: OperationSpec['out'] }) | undefined;
  readonly bias?: ArrayLike<number> | undefined;
  readonly c?: number | undefined;
}

function innerProduct(spec: OperationSpec, n: number): SumRounding {
  return innerProductRounding(spec, n, 'rigorous');
}

/** What the declared order allows, up to a result y; Infinity where a number on the way may have overflowed. */
function allowed(y: number, size: number, rounding: NonNullable<What['rounding']>, spec: OperationSpec): number {
  const { relative, absolute, largest, out = spec.out } = rounding;
  const sums = above(above(relative * (1 + 2 ** -40) * size) + absolute * (1 + 2 ** -40));
  if (!(above(size + sums) <= largest) || !(Math.abs(y) < out.largest)) return Number.POSITIVE_INFINITY;
  if (isPartOf(spec.accumulate, out) && spec.subnormals === 'keep') return sums;
  const { u, eta } = roundoffOf(spec, out);
  return addUp(sums, above(above(u * Math.abs(y)) + eta));
}

function sum(x: Float64Array, y: Float64Array): Float64Array {
  return x.map((xi, i) => addUp(xi, y[i]));
}
