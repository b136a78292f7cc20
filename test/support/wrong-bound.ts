/** Deliberately wrong bounds, for the search to find out. */
import { expect } from 'vitest';
import { bounds, type Scope, type Values } from '../../src/bounds/index.ts';
import type { Searched } from '../../src/testing/search/attempt.ts';
import { summarize } from '../../src/testing/search/summary.ts';
import { runUnit } from '../../src/testing/search/unit.ts';
import { trials } from '../../src/testing/trials/index.ts';

export type Inputs = Readonly<Record<string, unknown>>;

/** The bound of this id with another value, undefined where it says nothing; not valid where the bound is not. */
export function wrong(id: string, value: (scope: Scope, inputs: Inputs) => Values | undefined): Searched {
  return {
    ...{ id, kind: 'rigorous' },
    evaluate(inputs) {
      const scope = bounds.get(id).scope(inputs) as Scope;
      const given = 'valid' in scope ? undefined : value(scope, inputs);
      if (given === undefined) return { valid: false, because: 'the bound is not' };
      const slack = 1 + 2 ** -40;
      const guaranteed = typeof given === 'number' ? given * slack : given.map((x) => x * slack);
      return { valid: true, value: given, guaranteed };
    },
  };
}

/** The scope of a bound that has no components. */
export const scalars = (scope: Scope): Readonly<Record<string, number>> => scope as Readonly<Record<string, number>>;

/** Fails where 20,000 cases show no violation. */
export function expectViolation(bound: Searched): void {
  const trial = trials.get(bound.id);
  if (trial === undefined) throw new Error(`${bound.id} has no trial`);
  let cases = 0;
  for (let unit = 0; unit < 10; unit++) {
    const found = summarize(bound, [runUnit(bound, trial, { bound: bound.id, unit, cases: 2000, seed: 1 })]);
    cases += found.cases;
    if (found.violations === 0) continue;
    expect(found.counterexample?.ratio).toBeGreaterThan(1);
    return;
  }
  throw new Error(`no violation in ${cases} cases`);
}
