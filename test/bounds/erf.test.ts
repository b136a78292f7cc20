import { describe, expect, it } from 'vitest';
import { erf } from '../../src/bounds/elementwise/erf.ts';
import { formats } from '../../src/formats/index.ts';
import { scalarsOf } from '../../src/softfloat/scalar.ts';

const exact = scalarsOf({ format: formats.fp64, mode: 'nearest-even', overflow: 'inf', subnormals: 'keep' }).erf;

describe('the error function of the bounds', () => {
  it('is within 2^−45 of the correctly rounded one', () => {
    for (let i = -6400; i <= 6400; i++) {
      const x = i / 1000;
      expect(Math.abs(erf(x) - exact(x)), `erf(${x})`).toBeLessThanOrEqual(2 ** -45 * Math.abs(exact(x)));
    }
    for (let e = -1074; e < 0; e += 7)
      expect(Math.abs(erf(2 ** e) / exact(2 ** e) - 1)).toBeLessThanOrEqual(e < -1020 ? 1 : 2 ** -45);
  });
  it('has its limits at both ends', () => {
    expect([0, 30, -30, Number.POSITIVE_INFINITY].map(erf)).toEqual([0, 1, -1, 1]);
    expect(erf(Number.NaN)).toBeNaN();
  });
});
