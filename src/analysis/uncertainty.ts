/** How far the reference itself can be trusted: its largest difference from the next stronger arithmetic. */
import type { Arithmetic } from '../arithmetic/arithmetic.ts';
import type { DecoderSource } from '../model/decoder-source.ts';
import { batchOf } from '../model/program/batch.ts';
import { DecoderProgram } from '../model/program/decoder.ts';
import { norm2, ratio } from './metrics.ts';
import { operationsPerSecond, type ReferenceName, referenceArithmetic, strongerReference } from './references.ts';
import { rowsOf } from './rows.ts';
import { Run } from './run.ts';
import { steps } from './steps.ts';

/** Seconds the stronger arithmetic may take, about. */
const BUDGET_SECONDS = 3;

export interface Uncertainty {
  readonly value: number;
  readonly against: ReferenceName;
  readonly sampledTokens: number;
  readonly sampledOf: number;
}

/** How many tokens the stronger arithmetic computes in a few seconds, at least one. */
function sampleLength(model: DecoderSource, against: ReferenceName): number {
  return Math.max(1, Math.floor((BUDGET_SECONDS * operationsPerSecond(against)) / (2 * model.parameters)));
}

/**
 * max over taps of ‖reference − stronger‖_F / ‖stronger‖_F, on the first tokens of the first sequence, as many as the
 * stronger arithmetic can afford. A causal program computes the same rows for them in the whole batch.
 */
export async function referenceUncertainty(
  model: DecoderSource,
  sequences: readonly (readonly number[])[],
  reference: ReferenceName,
): Promise<Uncertainty> {
  const against = strongerReference(reference);
  const sample = sequences[0].slice(0, sampleLength(model, against));
  const batch = batchOf([sample], { token: 0 });
  const program = new DecoderProgram(model.config, batch);
  const judged = new Run(referenceArithmetic(reference));
  const judge = new Run(referenceArithmetic(against));
  const { arithmetic } = judge;
  let value = 0;
  for await (const { compute } of steps(model, program)) {
    judged.step((A, tap) => compute(A, judged, tap));
    judge.step((A, tap) => compute(A, judge, tap));
    const approximations = judged.takeTaps();
    for (const [i, { tap, value: exact }] of judge.takeTaps().entries()) {
      const approximate = await carry(judged.arithmetic, approximations[i].value, arithmetic);
      const difference = await arithmetic.lower(arithmetic.subtract(tap, approximate, exact));
      const { shape, data } = await arithmetic.lower(exact);
      const rows = rowsOf(tap, shape, batch);
      value = Math.max(value, ratio(norm2(difference.data, rows), norm2(data, rows)));
    }
  }
  const sampledOf = sequences.reduce((n, tokens) => n + tokens.length, 0);
  return { value, against, sampledTokens: sample.length, sampledOf };
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
