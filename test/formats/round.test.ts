import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { float64Fraction, float64FromBits } from '../../src/formats/float64.ts';
import {
  type BinaryFormat,
  decode,
  type Format,
  formats,
  fromOrdinal,
  ordinal,
  parseFormat,
  type RoundingMode,
  round,
  roundingModes,
} from '../../src/formats/index.ts';

const SEED = 20250101;
const rawFloat64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(float64FromBits);

/** Exact comparison of |x| with the mean of two adjacent magnitudes, as integers over a common power of two. */
function compareWithMidpoint(x: number, low: number, high: number): number {
  const fractions = [x, low, high].map((v) => float64Fraction(Math.abs(v)));
  const least = Math.min(...fractions.map(({ exponent }) => exponent));
  const [a, b, c] = fractions.map(({ significand, exponent }) => significand << BigInt(exponent - least));
  const difference = 2n * a - b - c;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** Rounding by its meaning: search the ordinals for the two neighbours, then choose. Finite formats' numbers only. */
function roundBySearch(x: number, format: BinaryFormat, mode: RoundingMode): number {
  const top = ordinal(format.largest, format);
  let [low, high] = [-top, top];
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (fromOrdinal(middle, format) <= x) low = middle;
    else high = middle;
  }
  const [below, above] = [fromOrdinal(low, format), fromOrdinal(high, format)];
  if (below === x) return x === 0 ? x : below;
  if (above === x) return above;
  const result = choose(x, below, above, low, mode);
  return result === 0 && x < 0 ? -0 : result;
}

function choose(x: number, below: number, above: number, low: bigint, mode: RoundingMode): number {
  const [inner, outer] = x < 0 ? [above, below] : [below, above];
  const lowIsOdd = low % 2n !== 0n;
  switch (mode) {
    case 'down':
      return below;
    case 'up':
      return above;
    case 'toward-zero':
      return inner;
    case 'odd':
      return lowIsOdd ? below : above;
    default: {
      const tie = compareWithMidpoint(x, inner, outer);
      if (tie !== 0) return tie < 0 ? inner : outer;
      return mode === 'nearest-away' ? outer : lowIsOdd ? above : below;
    }
  }
}

const searched: Format[] = [...Object.values(formats), parseFormat('e2m2'), parseFormat('e6m9'), parseFormat('e11m40')];

describe('round is the neighbour that the mode names, found by search', () => {
  for (const format of searched.filter((f) => f.kind === 'binary')) {
    it.each(roundingModes)(`${format.name}, %s`, (mode) => {
      const inside = fc.oneof(
        rawFloat64,
        // Between neighbours: 0, .3, .49, .50, .51, .99 of a gap, and halfway exactly.
        fc
          .tuple(
            fc.bigInt({ min: 0n, max: 2n ** BigInt(format.width) - 1n }),
            fc.constantFrom(0, 0.3, 0.49, 0.5, 0.51, 0.99),
          )
          .map(([bits, t]) => decode(bits, format) * (1 + t * format.epsMach)),
      );
      fc.assert(
        fc.property(inside, (x) => {
          fc.pre(Math.abs(x) <= format.largest);
          expect(round(x, format, mode)).toBe(roundBySearch(x, format, mode));
        }),
        { seed: SEED, numRuns: 300 },
      );
    });
  }
});

describe('round at the edges', () => {
  it('overflows as IEEE 754 says, and to what the format has', () => {
    expect(round(70000, formats.fp16)).toBe(Number.POSITIVE_INFINITY);
    expect(round(65519.99, formats.fp16)).toBe(65504);
    expect(round(65520, formats.fp16)).toBe(Number.POSITIVE_INFINITY);
    expect(round(-70000, formats.fp16, 'up')).toBe(-65504);
    expect(round(-70000, formats.fp16, 'down')).toBe(Number.NEGATIVE_INFINITY);
    expect(round(70000, formats.fp16, 'odd')).toBe(65504);
    expect(round(464, formats.e4m3)).toBe(448);
    expect(round(464, formats.e4m3, 'nearest-away')).toBeNaN();
    expect(round(465, formats.e4m3)).toBeNaN();
    expect(round(Number.POSITIVE_INFINITY, formats.e4m3)).toBeNaN();
    expect(round(100, formats.e2m1)).toBe(6);
    expect(round(Number.NEGATIVE_INFINITY, formats.e2m1)).toBe(-6);
  });
  it('refuses what is no format or no mode', () => {
    expect(() => round(3, 'bf16' as never)).toThrow(/round: expected a format/);
    expect(() => round(3, formats.bf16, 'nearest' as never)).toThrow(/round: expected a mode/);
    expect(() => decode(3 as never, formats.bf16)).toThrow(/decode: expected a bigint/);
  });
  it('keeps signed zeros and turns NaN into what the format has', () => {
    expect(round(-1e-30, formats.fp16)).toBe(-0);
    expect(round(-0, formats.e2m1)).toBe(-0);
    expect(round(Number.NaN, formats.fp16)).toBeNaN();
    expect(round(Number.NaN, formats.e3m2)).toBe(0);
  });
  it('is the conversion that JavaScript has to float32', () => {
    fc.assert(
      fc.property(rawFloat64, (x) => {
        expect(round(x, formats.fp32)).toBe(Math.fround(x));
      }),
      { seed: SEED, numRuns: 20000 },
    );
  });
});

describe('decimal:N', () => {
  const eight = parseFormat('decimal:8');
  it('rounds the exact expansion of the float64, ties to the even digit', () => {
    expect(round(12345678.5, eight)).toBe(12345678);
    expect(round(12345679.5, eight)).toBe(12345680);
    expect(round(12345678.5, eight, 'nearest-away')).toBe(12345679);
    expect(round(1 / 3, eight)).toBe(0.33333333);
    expect(round(1 / 3, eight, 'up')).toBe(0.33333334);
    expect(round(-1 / 3, eight, 'up')).toBe(-0.33333333);
    // 0.123456785 is a little above the tie as a float64.
    expect(round(0.123456785, eight)).toBe(Number((0.123456785).toPrecision(8)));
  });
  it('agrees with toPrecision where there is no tie', () => {
    fc.assert(
      fc.property(rawFloat64, fc.integer({ min: 1, max: 15 }), (x, digits) => {
        fc.pre(Number.isFinite(x) && !Number.isInteger(x * 2 ** 40));
        expect(round(x, parseFormat(`decimal:${digits}`))).toBe(Number(x.toPrecision(digits)));
      }),
      { seed: SEED, numRuns: 5000 },
    );
  });
});
