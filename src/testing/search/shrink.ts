/** A counterexample made as plain as it can be while it stays one. */
import { exponentOf, powerOfTwo } from '../../formats/float64.ts';
import { type BinaryFormat, parseFormat, round } from '../../formats/index.ts';
import type { Trial, TrialCase } from '../trial.ts';
import { attempt, type Searched } from './attempt.ts';

const TRIES = 3000;

/** Plainer numbers for x, the plainest first: 0, ±1, then x with more and more of its bits. */
function* plainer(x: number, format: BinaryFormat): Generator<number> {
  for (const y of [0, 1, -1]) {
    if (x === y) return;
    if (round(y, format) === y) yield y;
  }
  const scale = powerOfTwo(exponentOf(x));
  for (let bits = 0; bits < format.precision - 1; bits++) {
    const y = Math.round((x / scale) * 2 ** bits) * 2 ** -bits * scale;
    if (y === x) return;
    if (Number.isFinite(y)) yield y;
  }
}

/** The case with each of its numbers replaced, and what the trial itself knows to be simpler. */
function* simpler(trial: Trial, trialCase: TrialCase): Generator<TrialCase> {
  if (trial.simpler !== undefined) yield* trial.simpler(trialCase);
  const format = parseFormat(trialCase.format) as BinaryFormat;
  for (const [name, numbers] of Object.entries(trialCase.arrays)) {
    for (let i = 0; i < numbers.length; i++) {
      for (const x of plainer(numbers[i], format)) {
        yield { ...trialCase, arrays: { ...trialCase.arrays, [name]: numbers.with(i, x) } };
      }
    }
  }
}

/** The violating case, simplified as long as it violates. */
export function shrink(bound: Searched, trial: Trial, violating: TrialCase): TrialCase {
  let best = violating;
  let tries = 0;
  for (let found = true; found; ) {
    found = false;
    for (const candidate of simpler(trial, best)) {
      if (tries++ === TRIES) return best;
      const result = attempt(bound, trial, candidate);
      if (typeof result === 'object' && result.violated) {
        best = candidate;
        found = true;
        break;
      }
    }
  }
  return best;
}
