/** The search finds what is wrong with bounds of softmax and attention that leave out what they must not. */
import { describe, it } from 'vitest';
import { conditionNumber } from '../../../src/bounds/attention/kappas.ts';
import type { Scope } from '../../../src/bounds/index.ts';
import { expectViolation, type Inputs, scalars, wrong } from '../../support/wrong-bound.ts';

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
  it('is found out within 20,000 cases', () => expectViolation(bound));
});
