/** Rounding to N decimal digits in float64 arithmetic, against its definition and against decimal.js. */
import { Decimal } from 'decimal.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimalFromNumber } from '../../src/arithmetic/decimal-scalars.ts';
import { decimalFormat } from '../../src/formats/format.ts';
import { formats, nextDown, nextUp, round } from '../../src/formats/index.ts';
import { decadeTable, powersOfTen, quickDecimalRounder } from '../../src/softfloat/decimal-round.ts';
import { rounderOf } from '../../src/softfloat/fast-round.ts';
import { scalarsOf } from '../../src/softfloat/scalar.ts';
import { context, generator } from './random.ts';

const Wide = Decimal.clone({ precision: 1100, rounding: Decimal.ROUND_HALF_EVEN, toExpNeg: -9e15, toExpPos: 9e15 });
const digits = fc.integer({ min: 1, max: 15 });

/** By decimal.js: the exact digits of the float64, rounded, and read back. */
function byDecimal(x: number, N: number): number {
  if (x === 0 || !Number.isFinite(x)) return x;
  return Number(decimalFromNumber(x).toSignificantDigits(N, Decimal.ROUND_HALF_EVEN).toString());
}
/** A float64 at or next to half a unit of the last of N digits, in any decade. */
const nearTie = fc
  .record({
    N: digits,
    n: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    decade: fc.oneof(fc.integer({ min: -30, max: 30 }), fc.integer({ min: -300, max: 300 })),
    steps: fc.integer({ min: -2, max: 2 }),
    negative: fc.boolean(),
  })
  .map(({ N, n, decade, steps, negative }) => {
    const significand = Math.floor((0.1 + 0.9 * n) * 10 ** N);
    let x = Number(`${significand}5e${decade - N}`);
    for (let i = 0; i < Math.abs(steps); i++) x = steps > 0 ? nextUp(x, formats.fp64) : nextDown(x, formats.fp64);
    return { N, x: negative ? -x : x };
  });

describe('decimal rounding', () => {
  it('of any float64 is the definition', () => {
    fc.assert(
      fc.property(digits, fc.double({ noDefaultInfinity: true, noNaN: true }), (N, x) => {
        expect(rounderOf(context(decimalFormat(N)))(x)).toBe(round(x, decimalFormat(N)));
      }),
      { numRuns: 3000 },
    );
  });
  it('near ties is the definition, and what decimal.js gives', () => {
    fc.assert(
      fc.property(nearTie, ({ N, x }) => {
        const r = rounderOf(context(decimalFormat(N)))(x);
        expect(r).toBe(round(x, decimalFormat(N)));
        expect(r).toBe(byDecimal(x, N));
      }),
      { numRuns: 2000 },
    );
  });
  it('of sums, products, quotients, roots and functions of N-digit numbers is what decimal.js gives of their float64', () => {
    const next = generator(7);
    for (let i = 0; i < 3000; i++) {
      const N = 1 + (next() % 15);
      const format = decimalFormat(N);
      const scalars = scalarsOf(context(format));
      const number = (): number => round((next() - 2 ** 31) * 10 ** ((next() % 24) - 16), format);
      const [x, y, z] = [number(), number(), Math.abs(number())];
      const small = x % 20;
      const { exp } = scalarsOf(context(formats.fp64));
      for (const [got, float64] of [
        [scalars.add(x, y), x + y],
        [scalars.sub(x, y), x - y],
        [scalars.mul(x, y), x * y],
        [scalars.div(x, y), x / y],
        [scalars.sqrt(z), Math.sqrt(z)],
        [scalars.exp(small), exp(small)],
      ]) {
        expect(got).toBe(byDecimal(float64, N));
      }
    }
  });
  it('is decided in float64 arithmetic from 1e-250 to 1e20, next to always', () => {
    const next = generator(8);
    let undecided = 0;
    for (let i = 0; i < 100_000; i++) {
      const x = (1 + next() / 2 ** 32) * 10 ** ((next() % 270) - 250);
      if (Number.isNaN(quickDecimalRounder(8)(x))) undecided++;
    }
    // Fractions within 2^−50 of a half.
    expect(undecided).toBe(0);
  });
  it('keeps signs of zeros, infinities and NaN, and rounds up across decades', () => {
    const R = rounderOf(context(decimalFormat(3)));
    expect(R(-0)).toBe(-0);
    expect(R(Number.NEGATIVE_INFINITY)).toBe(Number.NEGATIVE_INFINITY);
    expect(R(Number.NaN)).toBeNaN();
    expect([R(9.996), R(-99950), R(0.99951), R(1.004), R(1.014), R(2.5e-310)]).toEqual([
      10, -100000, 1, 1, 1.01, 2.5e-310,
    ]);
    expect(R(99949)).toBe(99900);
  });
});

describe('tables', () => {
  it('each float64 is in the decade that the table says', () => {
    const { first, next } = decadeTable();
    for (let field = 1; field < 2047; field++) {
      const start = 2 ** (field - 1023);
      expect(decimalFromNumber(start).e).toBe(first[field]);
      if (next[field] === Number.POSITIVE_INFINITY) continue;
      expect(decimalFromNumber(next[field]).e).toBe(first[field] + 1);
      expect(decimalFromNumber(nextDown(next[field], formats.fp64)).e).toBe(first[field]);
    }
  });
  it('powers of ten are known to 2^−106 of themselves', () => {
    const { high, low, inverseHigh, inverseLow } = powersOfTen();
    for (let j = 0; j < high.length; j++) {
      const rest = 10n ** BigInt(j) - BigInt(high[j]) - BigInt(low[j]);
      expect(Math.abs(Number(rest) / 10 ** j)).toBeLessThanOrEqual(2 ** -106);
      const inverse = new Wide(decimalFromNumber(inverseHigh[j])).plus(decimalFromNumber(inverseLow[j]));
      expect(inverse.times(new Wide(10).pow(j)).minus(1).abs().toNumber()).toBeLessThanOrEqual(2 ** -104);
    }
  });
});
