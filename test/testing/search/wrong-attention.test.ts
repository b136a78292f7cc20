/** The search finds what is wrong with bounds of softmax and attention that leave out what they must not. */
import { describe, expect, it } from 'vitest';
import { conditionNumber } from '../../../src/bounds/attention/kappas.ts';
import { bounds, type Scope, type Values } from '../../../src/bounds/index.ts';
import type { Searched } from '../../../src/testing/search/attempt.ts';
import { summarize } from '../../../src/testing/search/summary.ts';
import { runUnit } from '../../../src/testing/search/unit.ts';
import { trials } from '../../../src/testing/trials/index.ts';

type Numbers = Readonly<Record<string, number>>;
type Inputs = Readonly<Record<string, unknown>>;

/** The bound of this id with another value, undefined where it says nothing; not valid where the bound is not. */
function wrong(id: string, value: (scope: Scope, inputs: Inputs) => Values | undefined): Searched {
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

const scalars = (scope: Scope): Numbers => scope as Numbers;
const storedExactly = ({ errors }: Inputs): boolean => (errors as number[] | undefined)?.every((x) => x === 0) ?? true;

/** κ(V) where the bound has κ_val. */
function byConditionOfV(scope: Scope, { value }: Inputs): number {
  const { eP, s, eV, t, g, m, z } = scalars(scope);
  const rows = value as number[][];
  const V = { rows: rows.length, columns: rows[0].length, data: Float64Array.from(rows.flat()) };
  return conditionNumber(V) * eP + s * eV + t * eP * eV + Math.expm1(g) * (m + t * eP + s * eV + t * eP * eV) + z;
}

describe.each([
  [
    'shifted softmax without the gap',
    wrong('softmaxShiftedC', (scope, inputs) => {
      if (!storedExactly(inputs)) return undefined;
      const { h, v, n, eta, u } = scalars(scope);
      return (scope.p as Float64Array).map((p) => p * Math.expm1((h + 3) * v + n * eta) + (2 + u) * eta);
    }),
  ],
  [
    'shifted softmax without underflow',
    wrong('softmaxShiftedC', (scope) => {
      const { L, h, v } = scalars(scope);
      const w = scope.w as Float64Array;
      return (scope.p as Float64Array).map((p, j) => p * Math.expm1(w[j] + L + (h + 1) * v));
    }),
  ],
  ['tanh(range/8)', wrong('softmaxTV', (scope) => Math.tanh(scalars(scope).r / 8))],
  ['range²/9', wrong('softmaxKL', (scope) => scalars(scope).r ** 2 / 9)],
  ['κ(V) for κ_val', wrong('valueN', byConditionOfV)],
  ['attention without the movement of its scores', wrong('attnLip', (scope) => scalars(scope).ov)],
])('%s', (_, bound) => {
  it('is found out within 20,000 cases', () => {
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
  });
});
