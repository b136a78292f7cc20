/**
 * Bounds of local errors, and of the whole error, from the certified interpreter: a second and a third run of the policy's
 * program beside the analysis, one from exact numbers on, the other begun anew at the computed point of every step.
 */
import { CertifiedArithmetic } from '../../arithmetic/certified/index.ts';
import type { Store } from '../../arithmetic/scalar-arithmetic.ts';
import { float64Specs, type SoftfloatArithmetic, type SpecOf } from '../../arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../backends/cpu/cpu-arithmetic.ts';
import type { DecoderProgram } from '../../model/program/decoder.ts';
import { fnv1a, keyOf, philox } from '../../softfloat/philox.ts';
import type { Tensor } from '../../tensor/index.ts';
import { Run } from '../run.ts';
import type { Step } from '../steps.ts';

/** Makes a softfloat interpreter that has rounded nothing yet. */
export type MakeComputed = () => SoftfloatArithmetic;

type Value = Tensor<Store<number>>;

export class LocalBounds {
  private readonly whole: CertifiedArithmetic<Value>;
  private readonly wholeRun: Run<ReturnType<CertifiedArithmetic<Value>['lift']>>;
  private readonly local: CertifiedArithmetic<Value>;
  private readonly program: DecoderProgram;

  /** Both runs have interpreters of their own: where a site rounds stochastically, they take the words of the analysis. */
  constructor(program: DecoderProgram, computed: MakeComputed, specOf: SpecOf) {
    const certified = () =>
      new CertifiedArithmetic<Value>({
        computed: computed(),
        specOf,
        float64: new CpuArithmetic('float64', float64Specs),
      });
    this.program = program;
    this.whole = certified();
    this.wholeRun = new Run(program, this.whole);
    this.local = certified();
  }

  /** |x̂ − x| ≤ the numbers of the result, after the next step. */
  certified(step: Step): Float64Array {
    this.wholeRun.step(step);
    return Float64Array.from(this.whole.radiusOf(this.wholeRun.stream).data);
  }

  /** |fl(F)(x̂) − F(x̂)| ≤ the numbers of the result; `before` is x̂, undefined for the embedding. Once a step, in order. */
  localError(step: Step, before: Tensor | undefined): Float64Array {
    const { local, program } = this;
    const stream = local.lift(before ?? { shape: [0], data: new Float64Array(0) });
    const after = step.compute(program, local, { stream }, () => {});
    return Float64Array.from(local.radiusOf(after).data);
  }
}

/** Each number with a random sign, one for each index under the name; the same everywhere. */
export function randomSigns(numbers: Float64Array, name: string): Float64Array {
  const [key, words, hash] = [keyOf(0), new Uint32Array(4), fnv1a(name)];
  return numbers.map((x, i) => {
    // 128 signs a counter.
    if (i % 128 === 0) philox([Math.floor(i / 128), 0, hash, 1], key, words);
    return ((words[(i >> 5) & 3] >>> (i & 31)) & 1) === 1 ? -x : x;
  });
}
