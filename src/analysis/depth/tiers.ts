/** Errors through depth, tier by tier, measured beside an analysis: two calls a step, everything kept here. */
import { bounds } from '../../bounds/index.ts';
import { layerOf } from '../../model/program/taps.ts';
import type { Numbers, Tensor } from '../../tensor/index.ts';
import { nonFiniteEntries, norm2, ratio } from '../metrics.ts';
import { type Row, rowsOf } from '../rows.ts';
import type { Run } from '../run.ts';
import type { Step } from '../steps.ts';
import type { DepthTiers, TierName, TierPoint, UnavailableTier } from './result.ts';
import { Transport, tooManyVectors } from './transport.ts';
import { largestOf, WorstCase } from './worst-case.ts';

const MEASURED: readonly TierName[] = ['rootSumSquare', 'triangle'];

/** The streams of both runs before a step; undefined before the embedding. */
interface Before {
  readonly computed: Tensor;
  readonly exact: Tensor;
}

export class TierMeasurement {
  private readonly points: TierPoint[] = [];
  private readonly unavailable: UnavailableTier[] = [];
  private readonly computed: Run<unknown>;
  private readonly reference: Run<unknown>;
  private readonly transport: Transport;
  private readonly worstCase: WorstCase;
  private before: Before | undefined;
  private measurable = true;

  /** Both runs before their embedding. */
  constructor(computed: Run<unknown>, reference: Run<unknown>) {
    const { program } = reference;
    this.computed = computed;
    this.reference = reference;
    this.transport = new Transport(program);
    const { batch, config } = program;
    this.worstCase = new WorstCase(config);
    const because = tooManyVectors(config, batch.tokens.length, batch.length, 2 * config.layers + 1);
    if (because !== undefined) this.giveUp('embed', because);
  }

  result(): DepthTiers {
    return { points: this.points, unavailable: this.unavailable };
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

  /** After both runs have taken it; `step` is the reference's. */
  async end(step: Step): Promise<void> {
    const { before, computed, reference } = this;
    const R = reference.arithmetic;
    const tap = before === undefined ? 'embed' : (step.half?.name ?? 'logits');
    const after = await computed.arithmetic.lower(computed.stream);
    const lifted = R.lift(after);
    const difference = async (exact: unknown): Promise<Numbers> => (await R.lower(R.subtract(tap, lifted, exact))).data;
    const rows = rowsOf(tap, after.shape, reference.program.batch);
    const size = norm2((await R.lower(reference.stream)).data, rows);
    const relative = (data: Numbers): number => ratio(norm2(data, rows), size);
    const error = await difference(reference.stream);
    const local = before === undefined ? error : await difference(reference.resultFrom(R.lift(before.computed), step));

    if (this.measurable && nonFiniteEntries(after.data, rows).count > 0) {
      this.giveUp(tap, 'a computed number is infinite or NaN');
    }
    this.points.push({
      tap,
      layer: layerOf(tap),
      observed: relative(error),
      ...(this.measurable ? this.measured(step, { error, local }, relative) : nothingMeasured),
      ...{ boundRootSumSquare: null, boundTriangle: null, certified: null, localBound: null },
      ...this.worst(step, tap, largestOf(local, rows), { size, count: countOf(rows) }),
    });
  }

  /** Carries the local errors so far through the step, and adds its own. */
  private measured(
    step: Step,
    { error, local }: Readonly<Record<'error' | 'local', Numbers>>,
    relative: (data: Numbers) => number,
  ): Pick<TierPoint, 'local' | 'linear' | 'rest' | 'rootSumSquare' | 'triangle'> {
    const { before, transport } = this;
    const sum = Float64Array.from(local);
    const transported = [relative(local)];
    const take = (image: Numbers): void => {
      for (let i = 0; i < image.length; i++) sum[i] += image[i];
      transported.push(relative(image));
    };
    if (step.head !== undefined && before !== undefined) {
      transport.images(step, before.computed, (_, image) => take(image));
    } else {
      if (before !== undefined) transport.push(step, before.computed);
      transport.vectors.forEach(take);
      transport.vectors.push(Float64Array.from(local));
    }
    return {
      local: transported[0],
      linear: relative(sum),
      rest: relative(sum.map((x, i) => error[i] - x)),
      rootSumSquare: rootSumSquareOf(transported),
      triangle: transported.reduce((total, x) => total + x, 0),
    };
  }

  /** The worst case's largest entry, of as many entries as there are: above the Frobenius norm. */
  private worst(
    step: Step,
    tap: string,
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
      if (first) this.unavailable.push({ tier: 'worstCase', from: tap, because: worstCase.because });
      return { worstCase: null, worstCaseLog10: null };
    }
    const { value, log10 } = worstCase.scaled(Math.sqrt(count) / size);
    return { worstCase: value, worstCaseLog10: log10 };
  }

  private giveUp(tap: string, because: string): void {
    this.measurable = false;
    for (const tier of MEASURED) this.unavailable.push({ tier, from: tap, because });
  }
}

const nothingMeasured = { local: null, linear: null, rest: null, rootSumSquare: null, triangle: null };

function countOf(rows: readonly Row[]): number {
  return rows.reduce((count, { start, end }) => count + end - start, 0);
}

/** The catalogue's rss. */
function rootSumSquareOf(transported: readonly number[]): number {
  if (!transported.every(Number.isFinite)) return Number.NaN;
  const result = bounds.get('rss').evaluate({ transported });
  if (!result.valid) throw new Error(result.because);
  return result.value as number;
}
