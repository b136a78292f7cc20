/** Elementary functions of formulas beside the engine's, which are off by a rounding or two themselves. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elementaryFunctions } from '../../src/analysis/diagnostics/elementary.ts';

const { exp, log, log2, log10, pow } = elementaryFunctions;
const near = (found: number, wanted: number, roundings: number) =>
  expect(Math.abs(found - wanted)).toBeLessThanOrEqual(roundings * 2 ** -53 * Math.abs(wanted));

describe('elementary functions of formulas', () => {
  it('are near to the engine’s', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-30, max: 1e30, noNaN: true }),
        fc.double({ min: -9, max: 9, noNaN: true }),
        (x, y) => {
          for (const [f, g] of [
            [log, Math.log],
            [log2, Math.log2],
            [log10, Math.log10],
          ] as const)
            near(f(x), g(x), 6);
          near(exp(y), Math.exp(y), 4);
          // The exponent is y ln x, |y ln x| < 9·70, with a rounding of the logarithm and one of the product.
          near(pow(x, y), x ** y, 2 * 9 * 70 + 8);
          // A product of at most 2·9 factors.
          near(pow(x, Math.round(y)), x ** Math.round(y), 40);
          near(pow(-x, Math.round(y)), (-x) ** Math.round(y), 40);
        },
      ),
    );
  });
  it('have the special cases of powers', () => {
    const values = [0, -0, 1, -1, 2, -2, 0.5, -0.5, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];
    for (const x of values)
      for (const y of [...values, 3, -3, 65, -65, 66, 1e300, 0.25]) {
        const [found, wanted] = [pow(x, y), x ** y];
        if (Number.isFinite(wanted) && wanted !== 0) near(found, wanted, 100);
        else expect(found, `${x}^${y}`).toBe(wanted);
      }
    expect(pow(2, 0.5)).toBe(Math.SQRT2);
    expect(pow(-8, 65)).toBe(-pow(8, 65));
  });
});
