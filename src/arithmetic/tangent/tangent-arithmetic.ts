/** Forward-mode differentiation with closed forms for the composite operations. */
import { realFromDecimal, realFromNumber, sqrtTwoOverPi } from '../../softfloat/real.ts';
import { type KeyMask, rowLength, tensor } from '../../tensor/index.ts';
import type { Norm, RealTable, RotaryTables } from '../arithmetic.ts';
import { compositeConstants, epsilonConstant } from '../composites.ts';
import { BasicTangentArithmetic, linearIn } from './basic-tangent-arithmetic.ts';
import type { Tangent } from './tangent.ts';

const scalar = (real: RealTable['reals'][number]): RealTable => ({ shape: [], reals: [real] });
const { half, sqrtHalf, geluOuter } = compositeConstants;
/** 3·0.044715, the derivative of the tanh form's cubic term over x². */
const geluSlope = scalar(realFromDecimal('0.134145'));
const rootTwoOverPi = scalar(sqrtTwoOverPi);
const minusHalf = scalar(realFromNumber(-0.5));

/**
 * Exact derivatives of every operation, along k directions at once. The primal is computed once, by `base` and with its
 * bits; linears and products take all k in one large product. What is said of kinks in BasicTangentArithmetic holds here:
 * a shifted softmax has none, since its shift cancels.
 */
export class TangentArithmetic<V> extends BasicTangentArithmetic<V> {
  override scores(site: string, query: Tangent<V>, key: Tangent<V>, scale: RealTable, mask?: KeyMask): Tangent<V> {
    const { base, batches } = this;
    const primal = base.scores(site, query.primal, key.primal, scale, mask);
    const options = { transposed: true };
    const single = (value: V) => ({ value, batched: false });
    const many = (value: V) => ({ value, batched: true });
    const left = query.tangents && batches.matmul(site, many(query.tangents), single(key.primal), options);
    const right = key.tangents && batches.matmul(site, single(query.primal), many(key.tangents), options);
    const products = left && right ? base.add(site, left, right) : (left ?? right);
    if (products === undefined) return { primal, tangents: undefined };
    const scaled = base.multiply(site, products, base.constants(site, scale));
    return { primal, tangents: mask === undefined ? scaled : batches.select(scaled, mask, 0) };
  }

  /** dp = p∘(dx − ⟨p, dx⟩). */
  override softmax(site: string, x: Tangent<V>, mask?: KeyMask): Tangent<V> {
    const { base } = this;
    const p = base.softmax(site, x.primal, mask);
    return linearIn(x, p, (dx) => {
      // Hidden entries do not count, whatever they change by.
      const seen = mask === undefined ? dx : this.batches.select(dx, mask, 0);
      const mean = base.rowSum(site, base.multiply(site, seen, p));
      return base.multiply(site, base.subtract(site, seen, mean), p);
    });
  }

  /** dy = γ∘r(dx − mean(dx) − z∘mean(z∘dx)), with z the normalized row and r = 1/√(v + ε). */
  override layerNorm(site: string, x: Tangent<V>, norm: Norm, epsilon: number): Tangent<V> {
    const { base } = this;
    return linearIn(x, base.layerNorm(site, x.primal, norm, epsilon), (dx) => {
      const centred = base.subtract(site, x.primal, this.mean(site, x.primal));
      const r = this.reciprocalDeviation(site, centred, epsilon);
      const change = base.subtract(site, dx, this.mean(site, dx));
      return this.normSlope(site, base.multiply(site, centred, r), r, change, norm);
    });
  }

  /** dy = γ∘r(dx − z∘mean(z∘dx)), with z = r·x and r = 1/√(mean(x²) + ε). */
  override rmsNorm(site: string, x: Tangent<V>, norm: Norm, epsilon: number): Tangent<V> {
    const { base } = this;
    return linearIn(x, base.rmsNorm(site, x.primal, norm, epsilon), (dx) => {
      const r = this.reciprocalDeviation(site, x.primal, epsilon);
      return this.normSlope(site, base.multiply(site, x.primal, r), r, dx, norm);
    });
  }

  private normSlope(site: string, z: V, r: V, change: V, { gamma }: Norm): V {
    const { base } = this;
    const along = base.multiply(site, this.mean(site, base.multiply(site, change, z)), z);
    const factor = base.multiply(site, r, base.parameter(site, gamma));
    return base.multiply(site, base.subtract(site, change, along), factor);
  }

  /** The mean of each row, [..., 1]. */
  private mean(site: string, x: V): V {
    const { base } = this;
    return base.divide(site, base.rowSum(site, x), base.lift(tensor([], Float64Array.of(rowLength(base.shape(x))))));
  }

  private reciprocalDeviation(site: string, x: V, epsilon: number): V {
    const { base } = this;
    const meanSquare = this.mean(site, base.multiply(site, x, x));
    const shifted = base.add(site, meanSquare, base.constants(site, epsilonConstant(epsilon)));
    return base.divide(site, base.lift(tensor([], Float64Array.of(1))), base.sqrt(site, shifted));
  }

  override gelu(site: string, x: Tangent<V>, form: 'tanh' | 'erf'): Tangent<V> {
    const slope = form === 'tanh' ? this.geluTanhSlope : this.geluErfSlope;
    return this.sloped(site, x, this.base.gelu(site, x.primal, form), () => slope.call(this, site, x.primal));
  }

  /** (1 + t)/2 + (x/2)(1 − t²)c₁(1 + 3c₂x²), t = tanh(c₁(x + c₂x³)). */
  private geluTanhSlope(site: string, x: V): V {
    const { base } = this;
    const constant = (table: RealTable): V => base.constants(site, table);
    const times = (a: V, b: V): V => base.multiply(site, a, b);
    const one = base.lift(tensor([], Float64Array.of(1)));
    const square = times(x, x);
    const inner = times(x, base.add(site, one, times(constant(compositeConstants.geluInner), square)));
    const t = base.tanh(site, times(constant(geluOuter), inner));
    const growth = times(constant(geluOuter), base.add(site, one, times(constant(geluSlope), square)));
    const curved = times(times(x, growth), this.oneMinusSquare(site, t));
    return times(constant(half), base.add(site, base.add(site, one, t), curved));
  }

  /** Φ(x) + xφ(x) = ½(1 + erf(x/√2) + x√(2/π)·exp(−x²/2)). */
  private geluErfSlope(site: string, x: V): V {
    const { base } = this;
    const constant = (table: RealTable): V => base.constants(site, table);
    const times = (a: V, b: V): V => base.multiply(site, a, b);
    const one = base.lift(tensor([], Float64Array.of(1)));
    const t = base.erf(site, times(x, constant(sqrtHalf)));
    const density = base.exp(site, times(constant(minusHalf), times(x, x)));
    const curved = times(times(x, constant(rootTwoOverPi)), density);
    return times(constant(half), base.add(site, base.add(site, one, t), curved));
  }

  /** σ(x)(1 + x(1 − σ(x))) with 1 − σ(x) = σ(x)·exp(−x). */
  override silu(site: string, x: Tangent<V>): Tangent<V> {
    const { base } = this;
    return this.sloped(site, x, base.silu(site, x.primal), () => {
      const one = base.lift(tensor([], Float64Array.of(1)));
      const sigma = (v: V): V => base.divide(site, one, base.add(site, one, base.exp(site, base.negate(v))));
      // σ(−x), which does not overflow where exp(−x) does.
      const rest = sigma(base.negate(x.primal));
      return base.multiply(site, sigma(x.primal), base.add(site, one, base.multiply(site, x.primal, rest)));
    });
  }

  /** Linear in x. */
  override rotate(site: string, x: Tangent<V>, tables: RotaryTables): Tangent<V> {
    const { base } = this;
    return linearIn(x, base.rotate(site, x.primal, tables), (dx) => {
      const [cos, sin] = [base.constants(site, tables.exact.cos), base.constants(site, tables.exact.sin)];
      const width = rowLength(base.shape(dx));
      const [first, second] = [base.slice(dx, 0, width / 2), base.slice(dx, width / 2, width)];
      const times = (a: V, b: V): V => base.multiply(site, a, b);
      return base.concat(
        base.subtract(site, times(first, cos), times(second, sin)),
        base.add(site, times(second, cos), times(first, sin)),
      );
    });
  }
}
