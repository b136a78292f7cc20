/**
 * Enclosures: every number that a program can compute, if each of its operations rounds as the specs say, whatever the order
 * of its additions, with fma or without, and with the stated freedom beside that. Centres are what exact arithmetic gives
 * (float64), radii are rigorous. See theory/local-check.md.
 *
 * The difference to `FirstOrderArithmetic`: nothing is left out to second order, weights are those that the program loads,
 * and a number that every order gives alike is known to the bit, with radius 0.
 */
import { type KeyMask, rowLength } from '../../tensor/index.ts';
import type { Norm, RealTable, RotaryTables } from '../arithmetic.ts';
import { pairsOf } from '../errors/reals.ts';
import {
  affineNorm,
  doubleScaledScores,
  preScaledScores,
  reciprocalSoftmax,
  sigmoidSilu,
  squaredGelu,
} from './formulas.ts';
import { withRunningMoments } from './moments.ts';
import { EnclosureOperations } from './operations.ts';
import { FLOAT64, roundingOf } from './rounded.ts';
import type { Enclosure } from './value.ts';

/** Composites, with the other formulas of them that the freedom allows. */
export class EnclosureArithmetic extends EnclosureOperations {
  override scores(site: string, query: Enclosure, key: Enclosure, scale: RealTable, mask?: KeyMask): Enclosure {
    const declared = super.scores(site, query, key, scale, mask);
    if (this.freedom.formulas !== true) return declared;
    return this.hull(declared, [
      preScaledScores(this, site, query, key, scale, mask),
      doubleScaledScores(this, site, query, key, scale, mask),
    ]);
  }

  override softmax(site: string, x: Enclosure, mask?: KeyMask): Enclosure {
    const logits = this.freedom.fused?.(site) === true ? this.withRunningMaximum(site, x, mask) : x;
    const declared = super.softmax(site, logits, mask);
    if (this.freedom.formulas !== true) return declared;
    return this.hull(declared, [reciprocalSoftmax(this, site, logits, mask)]);
  }
  /** Logits as a fused kernel forms the exponents: the scale and log2 e in one factor, each product rounded. */
  private withRunningMaximum(site: string, x: Enclosure, mask: KeyMask | undefined): Enclosure {
    const spec = this.specOf(site);
    const u = Math.max(spec.accumulate.u, FLOAT64);
    const largest = this.rowMax(x, mask);
    const row = rowLength(this.shape(x));
    const radius = x.radius.map((r, i) => {
      const top = Math.floor(i / row);
      return r + 4 * u * (Math.abs(x.numbers[i]) + r + Math.abs(largest.numbers[top]) + largest.radius[top]);
    });
    return this.ball(x.centre, () => radius, x.stored);
  }

  override layerNorm(site: string, x: Enclosure, norm: Norm, epsilon: number): Enclosure {
    const declared = super.layerNorm(site, x, norm, epsilon);
    const others: Enclosure[] = [];
    if (this.freedom.formulas === true) others.push(affineNorm(this, site, x, norm, epsilon));
    if (this.freedom.runningMoments === true) {
      const rounding = roundingOf(this.specOf(site), this.specOf(site).accumulate);
      others.push(withRunningMoments(this, site, x, { norm, epsilon, rounding }));
    }
    return this.hull(declared, others);
  }

  override gelu(site: string, x: Enclosure, form: 'tanh' | 'erf'): Enclosure {
    const declared = super.gelu(site, x, form);
    if (this.freedom.formulas !== true || form === 'erf') return declared;
    return this.hull(declared, [squaredGelu(this, site, x)]);
  }
  override silu(site: string, x: Enclosure): Enclosure {
    const declared = super.silu(site, x);
    if (this.freedom.formulas !== true) return declared;
    return this.hull(declared, [sigmoidSilu(this, site, x)]);
  }

  override rotate(site: string, x: Enclosure, tables: RotaryTables): Enclosure {
    const spec = this.specOf(site);
    const { exact } = tables;
    const loaded = spec.rotary === 'exact' ? exact : tables.float32Angles();
    const { angleError } = this.freedom;
    const foreign = this.foreign(spec, 'trigonometric');
    const { u } = roundingOf(spec, spec.out);
    const widened = (table: Enclosure, other: RealTable): Enclosure => {
      if (angleError === undefined && this.freedom.ulps?.trigonometric === undefined) return table;
      const derivative = pairsOf(other).hi;
      return this.ball(
        table.centre,
        (numbers) =>
          table.radius.map((r, i) => {
            const angle = angleError?.(i) ?? 0;
            // cos(a + t) = cos a − t·sin a − …, |rest| ≤ t²/2.
            const turned = (angle * Math.abs(derivative[i]) + (angle * angle) / 2) * (1 + u);
            return Math.max(r, u * Math.abs(numbers[i])) + turned + foreign(Math.abs(numbers[i]) + turned);
          }),
        table.stored,
      );
    };
    const cos = widened(this.table(site, exact.cos, loaded.cos), exact.sin);
    const sin = widened(this.table(site, exact.sin, loaded.sin), exact.cos);
    const width = rowLength(this.shape(x));
    const [first, second] = [this.slice(x, 0, width / 2), this.slice(x, width / 2, width)];
    return this.concat(
      this.subtract(site, this.multiply(site, first, cos), this.multiply(site, second, sin)),
      this.add(site, this.multiply(site, second, cos), this.multiply(site, first, sin)),
    );
  }

  /** The same numbers with other radii. */
  widened(v: Enclosure, radius: Float64Array): Enclosure {
    return this.ball(v.centre, () => radius, v.stored);
  }

  /** Balls about the first one's centres that hold the others, too. */
  private hull(first: Enclosure, others: readonly Enclosure[]): Enclosure {
    if (others.length === 0) return first;
    const radius = first.radius.map((r, i) =>
      others.reduce((most, other) => {
        const apart = Object.is(other.numbers[i], first.numbers[i]) ? 0 : Math.abs(other.numbers[i] - first.numbers[i]);
        return Math.max(most, other.radius[i] + apart);
      }, r),
    );
    return this.widened(first, radius);
  }
}
