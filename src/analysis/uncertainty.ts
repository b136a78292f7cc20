/** How far the reference itself can be trusted: its largest difference from the next stronger arithmetic. */
import type { Arithmetic } from '../arithmetic/arithmetic.ts';
import type { DecoderSource } from '../model/decoder-source.ts';
import { type Batch, batchOf } from '../model/program/batch.ts';
import { DecoderProgram } from '../model/program/decoder.ts';
import { norm2, ratio } from './metrics.ts';
import {
  type MakeReference,
  operationsPerSecond,
  type ReferenceName,
  referenceArithmetic,
  strongerReference,
} from './references.ts';
import { rowsOf } from './rows.ts';
import { Run } from './run.ts';
import type { Step } from './steps.ts';

/** Seconds the stronger arithmetic may take, about. */
const BUDGET_SECONDS = 3;

/**
 * Measures, step by step, max over taps of ‖reference − stronger‖_F / ‖stronger‖_F, on the first tokens of the first
 * sequence, as many as the stronger arithmetic can afford, and at least one. A causal program computes the same rows for
 * them in the whole batch.
 */
export class UncertaintyMeasurement {
  readonly against: ReferenceName;
  readonly sampledTokens: number;
  value = 0;
  private readonly batch: Batch;
  private readonly judged: Run<unknown>;
  private readonly judge: Run<unknown>;

  constructor(model: DecoderSource, sequence: readonly number[], reference: ReferenceName, onDevice?: MakeReference) {
    this.against = strongerReference(reference);
    const affordable = (BUDGET_SECONDS * operationsPerSecond(this.against)) / (2 * model.parameters);
    const sample = sequence.slice(0, Math.max(1, Math.floor(affordable)));
    this.sampledTokens = sample.length;
    this.batch = batchOf([sample], { token: 0 });
    const program = new DecoderProgram(model.config, this.batch);
    this.judged = new Run(program, referenceArithmetic(reference, onDevice));
    this.judge = new Run(program, referenceArithmetic(this.against));
  }

  async step(step: Step): Promise<void> {
    const { arithmetic } = this.judge;
    const approximations = this.judged.step(step);
    for (const [i, { tap, value: exact }] of this.judge.step(step).entries()) {
      const approximate = await carry(this.judged.arithmetic, approximations[i].value, arithmetic);
      const difference = await arithmetic.lower(arithmetic.subtract(tap, approximate, exact));
      const { shape, data } = await arithmetic.lower(exact);
      const rows = rowsOf(tap, shape, this.batch);
      this.value = Math.max(this.value, ratio(norm2(difference.data, rows), norm2(data, rows)));
    }
  }
}

/** A value of one arithmetic in a stronger one, exactly: float64 parts that add up to it, taken off one by one. */
async function carry<V, W>(from: Arithmetic<V>, value: V, to: Arithmetic<W>): Promise<W> {
  let rest = value;
  let sum: W | undefined;
  for (;;) {
    const part = await from.lower(rest);
    sum = sum === undefined ? to.lift(part) : to.add('', sum, to.lift(part));
    // What has no finite rest (masked scores, overflows) is carried by its first part.
    if (part.data.every((x) => x === 0 || !Number.isFinite(x))) return sum;
    const finite = { shape: part.shape, data: Float64Array.from(part.data, (x) => (Number.isFinite(x) ? x : 0)) };
    rest = from.subtract('', rest, from.lift(finite));
  }
}
