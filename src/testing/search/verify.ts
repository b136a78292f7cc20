/** The search over several bounds: which units there are, and what is left to do of them. */
import { type Bound, bounds } from '../../bounds/index.ts';
import { InputError } from '../../formats/index.ts';
import { trials } from '../trials/index.ts';
import { runUnit, type UnitResult, type UnitTask } from './unit.ts';

/** Cases of a unit: some tenths of a second of work. */
export const UNIT_CASES = 500;

export interface VerifyOptions {
  /** Default: all that have a trial. */
  readonly ids?: readonly string[];
  /** Of each bound. */
  readonly cases: number;
  readonly seed: number;
}

/** @throws InputError where an id is no bound's */
export function boundsToVerify(ids: readonly string[] | undefined): Bound[] {
  const chosen = ids === undefined || ids.length === 0 ? bounds.all : [...new Set(ids)].map((id) => bounds.get(id));
  const missing = chosen.filter(({ id }) => !trials.has(id));
  if (missing.length > 0)
    throw new InputError(`verify: there is no trial of ${missing.map(({ id }) => id).join(', ')}`);
  return [...chosen];
}

/** The units of a search; the units of all bounds in turn, so that each is tried early. */
export function tasksOf({ ids, cases, seed }: VerifyOptions): UnitTask[] {
  const chosen = boundsToVerify(ids);
  const units = Math.ceil(cases / UNIT_CASES);
  return Array.from({ length: units }, (_, unit) => {
    const share = Math.min(UNIT_CASES, cases - unit * UNIT_CASES);
    return chosen.map(({ id }) => ({ bound: id, unit, cases: share, seed }));
  }).flat();
}

/** Runs one unit; what a worker does. */
export function runTask(task: UnitTask): UnitResult {
  const trial = trials.get(task.bound);
  if (trial === undefined) throw new InputError(`verify: there is no trial of ${task.bound}`);
  return runUnit(bounds.get(task.bound), trial, task);
}

/** Equal for a task and its result, and different for any other. */
export function taskKey({ bound, unit, cases, seed }: UnitTask): string {
  return `${bound} ${unit} ${cases} ${seed}`;
}
