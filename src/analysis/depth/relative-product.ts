/**
 * The product of condition numbers through depth: relative errors, entry by entry, each half block multiplying them by its
 * componentwise condition number. A first-order bound for any program; theory/depth-tiers.md has the statement.
 */
import { FirstOrderArithmetic } from '../../arithmetic/first-order/index.ts';
import { float64Specs } from '../../arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../backends/cpu/cpu-arithmetic.ts';
import type { DecoderProgram } from '../../model/program/decoder.ts';
import type { Numbers, Tensor } from '../../tensor/index.ts';
import type { Row } from '../rows.ts';
import type { Step } from '../steps.ts';
import { Growing } from './growing.ts';

/**
 * Perturbations are this part of the numbers: small, so that a kink counts only for what is as near to it, and above the
 * rounding of float64 by 2^41.
 */
const PART = 2 ** -12;

/** One step: its point, what it reads and writes in the reference, and its own error. */
export interface RelativeStep {
  readonly step: Step;
  /** x̂ and x before it; undefined for the embedding. */
  readonly before: { readonly computed: Tensor; readonly exact: Tensor } | undefined;
  /** x after it. */
  readonly exact: Numbers;
  /** ξ. */
  readonly local: Numbers;
  /** The rows of `exact` that count. */
  readonly rows: readonly Row[];
}

export interface RelativePoint {
  /** K, from above; null for the embedding. */
  readonly condition: number | null;
  readonly value: number;
  readonly log10: number;
}

export class RelativeProduct {
  /** Why there is no bound from some step on. */
  because: string | undefined;
  private readonly program: DecoderProgram;
  private readonly error = new Growing();
  private readonly firstOrder = new FirstOrderArithmetic({
    reference: new CpuArithmetic('float64', float64Specs),
    specOf: float64Specs,
    order: 'declared',
  });

  constructor(program: DecoderProgram) {
    this.program = program;
  }

  /** w ≥ max |Σ A ξ|/|x| over the entries that count, after each step once, in order; undefined where there is none. */
  step(at: RelativeStep): RelativePoint | undefined {
    if (this.because !== undefined) return undefined;
    const condition = at.before === undefined ? null : this.conditionOf(at, at.before);
    const own = largestRatio(at.local, at.exact, at.rows);
    if (!Number.isFinite(own) || (condition !== null && !Number.isFinite(condition))) {
      const zero = at.rows.some(({ start, end }) => at.exact.subarray(start, end).includes(0));
      this.because = zero ? 'an entry of the reference is 0' : 'a computed number or a condition number is not finite';
      return undefined;
    }
    if (condition === null) this.error.set(own);
    else this.error.step(condition, own);
    return { condition, ...this.error.scaled(1) };
  }

  /** max (|J||x|)_i/|y_i|, J the derivative at x̂, in magnitudes operation by operation. */
  private conditionOf({ step, exact, rows }: RelativeStep, before: NonNullable<RelativeStep['before']>): number {
    const { firstOrder, program } = this;
    const perturbation = Float64Array.from(before.exact.data, (x) => PART * Math.abs(x));
    // Of rows that do not count too: what they hold reaches no other row.
    if (!perturbation.every(Number.isFinite)) return Number.POSITIVE_INFINITY;
    const stream = firstOrder.around(before.computed, { shape: before.computed.shape, data: perturbation });
    const { data } = firstOrder.boundOf(step.compute(program, firstOrder, { stream }, () => {}));
    return largestRatio(data, exact, rows) / PART;
  }
}

/** max |a|/|x| over the rows, 0/0 as 0, NaN where a number is. */
function largestRatio(a: Numbers, x: Numbers, rows: readonly Row[]): number {
  let most = 0;
  for (const { start, end } of rows) {
    for (let i = start; i < end; i++) {
      if (a[i] !== 0) most = Math.max(most, Math.abs(a[i]) / Math.abs(x[i]));
    }
  }
  return most;
}
