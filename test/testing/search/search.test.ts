/** The search itself: that it finds what is there, says it plainly, and is the same every time. */
import { describe, expect, it } from 'vitest';
import { type BinaryFormat, parseFormat } from '../../../src/formats/index.ts';
import { scalarsOf } from '../../../src/softfloat/scalar.ts';
import type { Searched } from '../../../src/testing/search/attempt.ts';
import { shrink } from '../../../src/testing/search/shrink.ts';
import { failed, summarize } from '../../../src/testing/search/summary.ts';
import { runUnit, type UnitTask } from '../../../src/testing/search/unit.ts';
import type { Trial, TrialCase } from '../../../src/testing/trial.ts';

/** x + y in the format: off by at most u|x + y|. */
const sum: Trial = {
  bound: 'sum',
  draw: (random, { name }) => ({
    ...{ format: name, mode: 'nearest-even', subnormals: 'keep', order: 'sequential', scalars: {} },
    arrays: { xs: [1 + random.integer(0, 7) / 8, random.integer(1, 64)] },
  }),
  observe({ format: name, arrays: { xs } }) {
    const format = parseFormat(name) as BinaryFormat;
    const context = { format, mode: 'nearest-even', overflow: 'inf', subnormals: 'keep' } as const;
    const computed = scalarsOf(context).add(xs[0], xs[1]);
    // Two numbers of at most 24 bits; where float64 rounds their sum, so much less than u that it does not matter here.
    const exact = xs[0] + xs[1];
    if (!Number.isFinite(computed)) return undefined;
    return { inputs: { u: format.u, size: Math.abs(exact) }, observed: Math.abs(computed - exact) };
  },
  sharp: { trial: undefined as unknown as TrialCase, ratio: 1 },
  outside: {},
};

const bound = (factor: number, kind: Searched['kind'] = 'rigorous'): Searched => ({
  ...{ id: 'sum', kind },
  evaluate({ u, size }) {
    const value = factor * (u as number) * (size as number);
    return { valid: true, value, guaranteed: kind === 'heuristic' ? undefined : value * (1 + 2 ** -50) };
  },
});
const task: UnitTask = { bound: 'sum', unit: 3, cases: 2000, seed: 7 };

describe('the search', () => {
  it('finds nothing above a bound that holds, and comes close to it', () => {
    const summary = summarize(bound(1), [runUnit(bound(1), sum, task)]);
    expect(summary).toMatchObject({ cases: 2000, violations: 0, counterexample: null });
    // (1 + u)^-1 of the bound is attained beside a power of two.
    expect(summary.maxRatio).toBeGreaterThan(0.9);
    expect(failed(summary)).toBe(false);
  });
  it('finds what exceeds a bound that is too small by 3 %', () => {
    const result = summarize(bound(0.97), [runUnit(bound(0.97), sum, task)]);
    expect(result.violations).toBeGreaterThan(0);
    expect(failed(result)).toBe(true);
    expect(result.counterexample?.ratio).toBeGreaterThan(1);
  });
  it('does the same every time', () => {
    expect(runUnit(bound(0.9), sum, task)).toEqual(runUnit(bound(0.9), sum, task));
    expect(runUnit(bound(0.9), sum, { ...task, unit: 4 })).not.toEqual(runUnit(bound(0.9), sum, task));
  });
  it('simplifies a counterexample', () => {
    const start = { ...sum.draw({ integer: () => 3 } as never, parseFormat('fp16') as BinaryFormat) };
    const violating = { ...start, arrays: { xs: [1.0009765625, 2047.5 / 2 ** 14] } };
    const plain = shrink(bound(0.5), sum, violating);
    const bits = (xs: readonly number[]): number => xs.reduce((total, x) => total + x.toString(2).length, 0);
    expect(bits(plain.arrays.xs)).toBeLessThan(bits(violating.arrays.xs));
  });
  it('gives a heuristic a correlation and no violations', () => {
    const summary = summarize(bound(0.1, 'heuristic'), [runUnit(bound(0.1, 'heuristic'), sum, task)]);
    expect(summary).toMatchObject({ violations: 0, counterexample: null });
    expect(summary.correlation).toBeGreaterThan(0);
    expect(failed(summary)).toBe(false);
  });
  it('counts what is not valid, and gives up', () => {
    const never: Searched = { id: 'sum', kind: 'rigorous', evaluate: () => ({ valid: false, because: 'no' }) };
    const summary = summarize(never, [runUnit(never, sum, { ...task, cases: 10 })]);
    expect(summary).toMatchObject({ cases: 0, maxRatio: null, medianRatio: null });
    expect(summary.notValid).toBeGreaterThan(10);
  });
  it('summaries do not depend on the order of the units', () => {
    const units = [0, 1, 2].map((unit) => runUnit(bound(0.9), sum, { ...task, unit, cases: 200 }));
    expect(summarize(bound(0.9), units)).toEqual(summarize(bound(0.9), units.toReversed()));
  });
});
