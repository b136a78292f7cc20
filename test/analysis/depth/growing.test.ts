import { describe, expect, it } from 'vitest';
import { Growing } from '../../../src/analysis/depth/growing.ts';

describe('a bound that grows', () => {
  it('is a number as long as it fits, and a logarithm from there on', () => {
    const bound = new Growing();
    bound.set(3);
    bound.step(5, 1);
    expect(bound.number).toBe(16);
    expect(bound.scaled(2)).toEqual({ value: 32 * (1 + 2 ** -50), log10: Number(Math.log10(32).toPrecision(12)) });
    // 2^4 (2^10)^k and the sum of what was added.
    for (let k = 0; k < 200; k++) bound.step(2 ** 10, 0);
    expect(bound.number).toBeUndefined();
    expect(bound.scaled(1).value).toBe(Number.POSITIVE_INFINITY);
    expect(bound.scaled(1).log10 / (2004 * Math.log10(2))).toBeCloseTo(1, 11);
    // What is small does not get lost where the bound shrinks again: it ends as the last addition.
    for (let k = 0; k < 220; k++) bound.step(2 ** -10, 7);
    expect(bound.scaled(1).log10).toBeCloseTo(Math.log10(7 / (1 - 2 ** -10)), 10);
    bound.set(0);
    expect(bound.scaled(1)).toEqual({ value: 0, log10: Number.NEGATIVE_INFINITY });
    bound.step(1e300, 1e290);
    expect(bound.scaled(1).log10).toBe(290);
    bound.step(0, 0);
    expect(bound.scaled(1).log10).toBe(Number.NEGATIVE_INFINITY);
  });
});
