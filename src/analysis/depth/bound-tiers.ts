/** The tiers that need no measured local error but bounds of them: certified radii, and what transport makes of them. */
import { FirstOrderArithmetic } from '../../arithmetic/first-order/index.ts';
import { float64Specs, type SpecOf } from '../../arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../backends/cpu/cpu-arithmetic.ts';
import type { DecoderProgram } from '../../model/program/decoder.ts';
import type { Numbers, Tensor } from '../../tensor/index.ts';
import type { Step } from '../steps.ts';
import { LocalBounds, type MakeComputed, randomSigns } from './local-bounds.ts';
import type { TierName, TierPoint } from './result.ts';
import { rootSumSquareOf } from './sums.ts';
import { Transport } from './transport.ts';

type BoundTier = Pick<TierPoint, 'certified' | 'localBound' | 'boundTriangle' | 'boundRootSumSquare'>;
type GiveUp = (tiers: readonly TierName[], because: string) => void;

const INFINITE = 'a radius is infinite: nothing is known';

/** What a step is bounded with. */
export interface BoundedStep {
  readonly step: Step;
  readonly tap: string;
  /** The computed stream before it; undefined for the embedding. */
  readonly before: Tensor | undefined;
  /** A norm at the tap, over that of the reference. */
  readonly relative: (data: Numbers) => number;
}

export class BoundTiers {
  private readonly program: DecoderProgram;
  private readonly bounds: LocalBounds;
  /** Local errors of random signs, each number as large as its bound; undefined where they would not fit into memory. */
  private readonly drawn: Transport | undefined;
  /** Carries bounds on by the magnitudes of the derivative. */
  private readonly firstOrder = new FirstOrderArithmetic({
    reference: new CpuArithmetic('float64', float64Specs),
    specOf: float64Specs,
    order: 'declared',
  });
  private readonly giveUp: GiveUp;
  /** A bound of |Σ A ξ|, entry by entry. */
  private sum: Float64Array | undefined;
  private readonly known = { local: true, whole: true };

  /** @param fits whether vectors of local errors can be kept */
  constructor(program: DecoderProgram, computed: MakeComputed, specOf: SpecOf, fits: boolean, giveUp: GiveUp) {
    this.program = program;
    this.bounds = new LocalBounds(program, computed, specOf);
    this.drawn = fits ? new Transport(program) : undefined;
    this.giveUp = giveUp;
  }

  /** Each step once, in order. */
  step(bounded: BoundedStep): BoundTier {
    return { ...this.whole(bounded), ...this.local(bounded) };
  }

  private whole({ step, relative }: BoundedStep): Pick<BoundTier, 'certified'> {
    if (!this.known.whole) return { certified: null };
    const certified = relative(this.bounds.certified(step));
    if (Number.isFinite(certified)) return { certified };
    this.known.whole = false;
    this.giveUp(['certified'], INFINITE);
    return { certified: null };
  }

  private local(bounded: BoundedStep): Omit<BoundTier, 'certified'> {
    const none = { localBound: null, boundTriangle: null, boundRootSumSquare: null };
    if (!this.known.local) return none;
    const { step, tap, before, relative } = bounded;
    const bound = this.bounds.localError(step, before);
    this.sum = this.carried(bounded, bound);
    const [localBound, boundTriangle] = [relative(bound), relative(this.sum)];
    if (!Number.isFinite(boundTriangle)) {
      this.known.local = false;
      this.giveUp(this.drawn === undefined ? ['boundTriangle'] : ['boundTriangle', 'boundRootSumSquare'], INFINITE);
      return none;
    }
    const norms: number[] = [];
    this.drawn?.carry(step, before, randomSigns(bound, tap), (image) => norms.push(relative(image)));
    return { localBound, boundTriangle, boundRootSumSquare: this.drawn === undefined ? null : rootSumSquareOf(norms) };
  }

  /** |J|·b + own, b what was so far. */
  private carried({ step, before }: BoundedStep, own: Float64Array): Float64Array {
    const { firstOrder, program, sum } = this;
    if (before === undefined || sum === undefined) return own;
    const stream = firstOrder.around(before, { shape: before.shape, data: sum });
    const { data } = firstOrder.boundOf(step.compute(program, firstOrder, { stream }, () => {}));
    return own.map((r, i) => r + data[i]);
  }
}
