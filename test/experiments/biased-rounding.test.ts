import { describe, expect, it } from 'vitest';
import { FORMATS, signedErrors, type Variant } from '../../src/experiments/biased-rounding/attention.ts';

const ROWS = { seed: 1, rows: 2048, keys: 4, features: 8, gap: 14 };
const mean = (x: Float64Array): number => x.reduce((sum, value) => sum + value, 0) / x.length;

describe.each(['bf16', 'fp16'] as const)('rounding of attention with a repeated maximum in %s', (name) => {
  const format = FORMATS[name];
  // Tails far below half an ulp of the sum, and in fp16 still well above its smallest subnormal, e^−16.6.
  const errors = (variant: Variant) => signedErrors(variant, { ...ROWS, format, gap: name === 'bf16' ? 14 : 12 });

  it('has one sign with a tail, and none without it', () => {
    const biased = errors('repeated maximum');
    // Half of the sums v₁ + v₂ in [2, 4] are ties, which are rounded away by 2u: u·E[1/(v₁ + v₂)] = (10 ln 2 − 6 ln 3)u = 0.340u
    // on average. Errors are below u: of 16,384, 5 standard errors are below 0.04u. Of both signs they can be larger: sums
    // near 0 are exact, but what the tail adds is not.
    expect(mean(biased)).toBeLessThan(-0.3);
    expect(mean(biased)).toBeGreaterThan(-0.38);
    expect(Math.abs(mean(errors('no tail')))).toBeLessThan(0.04);
    expect(Math.abs(mean(errors('values of both signs')))).toBeLessThan(0.06);
  });
  it('loses its sign where the shift is moved', () => {
    expect(Math.abs(mean(errors('shift moved')))).toBeLessThan(0.06);
  });
  it('drifts linearly with the tail alone', () => {
    const drift = (variant: Variant, rows: number): number =>
      Math.abs(
        errors(variant)
          .subarray(0, rows * ROWS.features)
          .reduce((sum, x) => sum + x, 0),
      );
    // 16 where each row adds the same; 128 rows know their mean to 3 %.
    expect(drift('repeated maximum', 2048) / drift('repeated maximum', 128)).toBeGreaterThan(13);
    expect(drift('repeated maximum', 2048) / drift('repeated maximum', 128)).toBeLessThan(19);
    expect(drift('shift moved', 2048)).toBeLessThan(drift('repeated maximum', 2048) / 6);
  });
});
