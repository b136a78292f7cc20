/** Errors through depth, tier by tier, measured beside an analysis: two calls a step, everything kept here. */
import type { SpecOf } from '../../arithmetic/softfloat.ts';
import { layerOf } from '../../model/program/taps.ts';
import type { Numbers, Tensor } from '../../tensor/index.ts';
import type { LayerDiagnostics } from '../diagnostics/result.ts';
import { nonFiniteEntries, norm2, ratio } from '../metrics.ts';
import { type Row, rowsOf } from '../rows.ts';
import type { Run } from '../run.ts';
import type { Step } from '../steps.ts';
import { BoundTiers } from './bound-tiers.ts';
import type { MakeComputed } from './local-bounds.ts';
import { predictionsOf } from './predictions.ts';
import { RelativeProduct, type RelativeStep } from './relative-product.ts';
import type { DepthTiers, TierName, TierPoint, UnavailableTier } from './result.ts';
import { rootSumSquareOf } from './sums.ts';
import { LARGEST, Transport, tooManyVectors } from './transport.ts';
import { largestOf, WorstCase } from './worst-case.ts';

const MEASURED: readonly TierName[] = ['rootSumSquare', 'triangle'];
const PREDICTORS = ['baekPredictor', 'riskA2'] as const;

type MeasuredPoint = Omit<TierPoint, (typeof PREDICTORS)[number]>;

/** The streams of both runs before a step; undefined before the embedding. */
interface Before {
  readonly computed: Tensor;
  readonly exact: Tensor;
}

export class TierMeasurement {
  private readonly points: MeasuredPoint[] = [];
  private readonly unavailable: UnavailableTier[] = [];
  private readonly computed: Run<unknown>;
  private readonly reference: Run<unknown>;
  private readonly transport: Transport;
  private readonly worstCase: WorstCase;
  private readonly relativeProduct: RelativeProduct;
  private before: Before | undefined;
  private measurable = true;
  private readonly bounded: BoundTiers;
  private tap = 'embed';

  /**
   * Both runs before their embedding.
   * @param limit the most numbers that transported vectors may hold together
   */
  constructor(
    computed: Run<unknown>,
    reference: Run<unknown>,
    makeComputed: MakeComputed,
    specOf: SpecOf,
    limit = LARGEST,
  ) {
    const { program } = reference;
    this.computed = computed;
    this.reference = reference;
    this.transport = new Transport(program);
    const { config } = program;
    this.worstCase = new WorstCase(config);
    this.relativeProduct = new RelativeProduct(program);
    // Each twice, measured and drawn from bounds.
    const vectors = 2 * (2 * config.layers + 1);
    const because = tooManyVectors(program, vectors, limit);
    this.bounded = new BoundTiers(program, makeComputed, specOf, because === undefined, this.giveUp);
    if (because !== undefined) {
      this.measurable = false;
      this.giveUp([...MEASURED, 'boundRootSumSquare'], because);
    }
  }

  /** @param layers the diagnostics of all layers, of which predictors are made */
  result(layers: readonly LayerDiagnostics[]): DepthTiers {
    const predictions = predictionsOf(layers);
    const unavailable = [...this.unavailable];
    const ended = new Set<TierName>();
    const points = this.points.map((point): TierPoint => {
      // One number a layer; that of the last is the prediction for the logits too.
      const { tap, layer } = point;
      const stands = tap.endsWith('.mlp_residual') || tap === 'logits';
      const at = stands ? predictions[layer ?? predictions.length - 1] : undefined;
      const predictors = { baekPredictor: at?.baekPredictor ?? null, riskA2: at?.riskA2 ?? null };
      for (const tier of PREDICTORS) {
        if (predictors[tier] === null || Number.isFinite(predictors[tier])) continue;
        predictors[tier] = null;
        if (!ended.has(tier)) unavailable.push({ tier, from: tap, because: 'a term of the predictor is not finite' });
        ended.add(tier);
      }
      return { ...point, ...predictors };
    });
    return { points, unavailable };
  }

  /** Before both runs take the next step. */
  async begin(): Promise<void> {
    if (this.points.length === 0) return;
    const { computed, reference } = this;
    this.before = {
      computed: await computed.arithmetic.lower(computed.stream),
      exact: await reference.arithmetic.lower(reference.stream),
    };
  }

  /** After both runs have taken it; `step` is the reference's, `fromComputed` what it makes of x̂ where that is known. */
  async end(step: Step, fromComputed?: unknown): Promise<void> {
    const { before, computed, reference } = this;
    const R = reference.arithmetic;
    const tap = before === undefined ? 'embed' : (step.half?.name ?? 'logits');
    this.tap = tap;
    const after = await computed.arithmetic.lower(computed.stream);
    const lifted = R.lift(after);
    const difference = async (exact: unknown): Promise<Numbers> => (await R.lower(R.subtract(tap, lifted, exact))).data;
    const rows = rowsOf(tap, after.shape, reference.program.batch);
    const exact = (await R.lower(reference.stream)).data;
    const size = norm2(exact, rows);
    const relative = (data: Numbers): number => ratio(norm2(data, rows), size);
    const error = await difference(reference.stream);
    const local =
      before === undefined
        ? error
        : await difference(fromComputed ?? reference.resultFrom(R.lift(before.computed), step));

    if (this.measurable && nonFiniteEntries(after.data, rows).count > 0) {
      this.measurable = false;
      this.giveUp(MEASURED, 'a computed number is infinite or NaN');
    }
    this.points.push({
      tap,
      layer: layerOf(tap),
      observed: relative(error),
      ...(this.measurable ? this.measured(step, { error, local }, relative) : nothingMeasured),
      ...this.bounded.step({ step, tap, before: before?.computed, relative }),
      ...this.product({ step, before, exact, local, rows }),
      ...this.worst(step, largestOf(local, rows), { size, count: countOf(rows) }),
    });
  }

  /** Carries the local errors so far through the step, and adds its own. */
  private measured(
    step: Step,
    { error, local }: Readonly<Record<'error' | 'local', Numbers>>,
    relative: (data: Numbers) => number,
  ): Pick<TierPoint, 'local' | 'linear' | 'rest' | 'rootSumSquare' | 'triangle'> {
    const { before, transport } = this;
    const sum = new Float64Array(local.length);
    const transported: number[] = [];
    transport.carry(step, before?.computed, Float64Array.from(local), (image) => {
      for (let i = 0; i < image.length; i++) sum[i] += image[i];
      transported.push(relative(image));
    });
    return {
      local: relative(local),
      linear: relative(sum),
      rest: relative(sum.map((x, i) => error[i] - x)),
      rootSumSquare: rootSumSquareOf(transported),
      triangle: transported.reduce((total, x) => total + x, 0),
    };
  }

  private product(at: RelativeStep): Pick<TierPoint, 'condition' | 'relativeProduct' | 'relativeProductLog10'> {
    const { relativeProduct } = this;
    const known = relativeProduct.because;
    const found = relativeProduct.step(at);
    if (found !== undefined) {
      const { condition, value, log10 } = found;
      return { condition, relativeProduct: value, relativeProductLog10: log10 };
    }
    if (known === undefined) this.giveUp(['relativeProduct'], relativeProduct.because as string);
    return { condition: null, relativeProduct: null, relativeProductLog10: null };
  }

  /** The worst case's largest entry, of as many entries as there are: above the Frobenius norm. */
  private worst(
    step: Step,
    local: number,
    { size, count }: Readonly<Record<'size' | 'count', number>>,
  ): Pick<TierPoint, 'worstCase' | 'worstCaseLog10'> {
    const { before, worstCase } = this;
    const known = worstCase.because;
    if (before === undefined) worstCase.begin(local);
    else {
      const { batch } = this.reference.program;
      worstCase.step(step, { stream: before.exact, rows: rowsOf('embed', before.exact.shape, batch) }, local);
    }
    if (worstCase.because !== undefined) {
      const first = known === undefined || before === undefined;
      if (first) this.giveUp(['worstCase'], worstCase.because);
      return { worstCase: null, worstCaseLog10: null };
    }
    const { value, log10 } = worstCase.scaled(Math.sqrt(count) / size);
    return { worstCase: value, worstCaseLog10: log10 };
  }

  private readonly giveUp = (tiers: readonly TierName[], because: string): void => {
    for (const tier of tiers) this.unavailable.push({ tier, from: this.tap, because });
  };
}

const nothingMeasured = { local: null, linear: null, rest: null, rootSumSquare: null, triangle: null };

function countOf(rows: readonly Row[]): number {
  return rows.reduce((count, { start, end }) => count + end - start, 0);
}
