/** A program that computes the same otherwise. */
import type { Norm, RealTable } from '../../arithmetic/arithmetic.ts';
import {
  affineNorm,
  preScaledScores,
  reciprocalSoftmax,
  sigmoidSilu,
  squaredGelu,
} from '../../arithmetic/enclosure/formulas.ts';
import type { SpecOf } from '../../arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../backends/cpu/cpu-arithmetic.ts';
import { nextDown, nextUp } from '../../formats/index.ts';
import type { KeyMask } from '../../tensor/index.ts';
import { Random } from '../../testing/random.ts';
import type { Value } from './record.ts';

/** Another program: other formulas of the composites, and functions that are off by an ulp here and there. */
export class ForeignArithmetic extends CpuArithmetic {
  private readonly random: Random;

  constructor(specOf: SpecOf, seed: number) {
    super('foreign', specOf);
    this.random = new Random(seed, 'foreign', 0);
  }

  private off(site: string, v: Value): Value {
    const { out } = this.specOf(site);
    const moved = Float64Array.from(v.data, (x) =>
      x === 0 || !Number.isFinite(x) ? x : this.random.pick([nextDown, (y: number) => y, nextUp])(x, out),
    );
    return { ...v, data: v.data instanceof Float32Array ? Float32Array.from(moved) : moved };
  }

  override exp(site: string, v: Value): Value {
    return this.off(site, super.exp(site, v));
  }
  override tanh(site: string, v: Value): Value {
    return this.off(site, super.tanh(site, v));
  }
  override sqrt(site: string, v: Value): Value {
    return this.off(site, super.sqrt(site, v));
  }
  override scores(site: string, q: Value, k: Value, scale: RealTable, mask?: KeyMask): Value {
    return preScaledScores(this, site, q, k, scale, mask);
  }
  override softmax(site: string, x: Value, mask?: KeyMask): Value {
    return reciprocalSoftmax(this, site, x, mask);
  }
  override layerNorm(site: string, x: Value, norm: Norm, epsilon: number): Value {
    return affineNorm(this, site, x, norm, epsilon);
  }
  override gelu(site: string, x: Value, form: 'tanh' | 'erf'): Value {
    return form === 'tanh' ? squaredGelu(this, site, x) : super.gelu(site, x, form);
  }
  override silu(site: string, x: Value): Value {
    return sigmoidSilu(this, site, x);
  }
}
