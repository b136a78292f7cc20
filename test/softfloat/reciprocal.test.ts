/** 1/x and 1/√x: the definition by exact comparisons, special cases, and arguments whose results are nearly ties. */
import { describe, expect, it } from 'vitest';
import { decimalScalars } from '../../src/arithmetic/decimal-scalars.ts';
import {
  type BinaryFormat,
  decode,
  encode,
  formats,
  nextDown,
  nextUp,
  parseFormat,
  roundingModes,
} from '../../src/formats/index.ts';
import { doubleDouble } from '../../src/softfloat/double-double.ts';
import { type Dyadic, dyadicOf } from '../../src/softfloat/dyadic.ts';
import { fixedOf } from '../../src/softfloat/elementary/fixed-point.ts';
import { exactScalarsOf } from '../../src/softfloat/exact.ts';
import { integerSqrt, sum } from '../../src/softfloat/exact-arithmetic.ts';
import { float64Rsqrt } from '../../src/softfloat/float64.ts';
import { scalarsOf, softfloat } from '../../src/softfloat/scalar.ts';
import { context, contexts, generator, operand, title } from './random.ts';

const { POSITIVE_INFINITY: INF, NaN: NAN } = Number;

/** The sign of b^power·x − 1, b and x positive and finite: all that a reciprocal (1) or rsqrt (2) has to be told. */
function compared(b: Dyadic, x: number, power: 1 | 2): number {
  const n = dyadicOf(x);
  const product = b.significand ** BigInt(power) * n.significand;
  const exponent = power * b.exponent + n.exponent;
  const [left, right] = exponent < 0 ? [product, 1n << BigInt(-exponent)] : [product << BigInt(exponent), 1n];
  return left > right ? 1 : left < right ? -1 : 0;
}

/** True if y > 0, finite, is the number nearest to 1/x or 1/√x; of two the one with the even code. */
function isNearest(y: number, x: number, power: 1 | 2, format: BinaryFormat): boolean {
  const side = compared(dyadicOf(y), x, power);
  const neighbour = side > 0 ? nextDown(y, format) : nextUp(y, format);
  if (side === 0 || !Number.isFinite(neighbour)) return true;
  const twice = sum(dyadicOf(y), dyadicOf(neighbour)) as Dyadic;
  const middle = compared({ ...twice, exponent: twice.exponent - 1 }, x, power);
  return middle === 0 ? (encode(y, format) & 1n) === 0n : middle !== side;
}

describe.each([
  ['exact.ts', exactScalarsOf],
  ['scalar.ts', scalarsOf],
])('%s', (_, implementation) => {
  it('special cases', () => {
    for (const name of ['fp16', 'bf16', 'fp32', 'fp64', 'e5m2', 'e11m10']) {
      for (const mode of roundingModes) {
        const { reciprocal, rsqrt } = implementation(context(parseFormat(name), mode));
        expect([0, -0, INF, -INF, NAN, 4, -0.5].map(reciprocal)).toEqual([INF, -INF, 0, -0, NAN, 0.25, -2]);
        expect([0, -0, INF, -INF, NAN, 4, 0.25, -1].map(rsqrt)).toEqual([INF, -INF, 0, NAN, NAN, 0.5, 2, NAN]);
      }
    }
    const decimal = implementation(context(parseFormat('decimal:3')));
    expect([decimal.reciprocal(3), decimal.rsqrt(3), decimal.rsqrt(-0), decimal.rsqrt(-2)]).toEqual([
      0.333,
      0.577,
      -INF,
      NAN,
    ]);
  });

  it('what stands for infinity and NaN is the format’s', () => {
    const e4m3 = implementation(context(formats.e4m3));
    expect([e4m3.reciprocal(0), e4m3.rsqrt(-0), e4m3.rsqrt(-1), e4m3.reciprocal(2 ** -9)]).toEqual([
      NAN,
      NAN,
      NAN,
      NAN,
    ]);
    const saturating = implementation({ ...context(formats.e4m3), overflow: 'saturate' });
    expect([saturating.reciprocal(0), saturating.rsqrt(-0), saturating.rsqrt(-1)]).toEqual([448, -448, NAN]);
    expect(saturating.reciprocal(2 ** -9)).toBe(448);
    const e2m1 = implementation(context(formats.e2m1));
    expect([e2m1.reciprocal(0), e2m1.rsqrt(-0), e2m1.rsqrt(-1), e2m1.rsqrt(6)]).toEqual([6, -6, 0, 0.5]);
    const flushed = implementation({ ...context(formats.fp32), subnormals: 'flush' });
    expect([flushed.reciprocal(2 ** 127), flushed.reciprocal(-(2 ** 126))]).toEqual([0, -(2 ** -126)]);
    expect(implementation(context(formats.fp32)).reciprocal(2 ** -149)).toBe(INF);
    expect(implementation(context(formats.fp32, 'down')).reciprocal(2 ** -149)).toBe(formats.fp32.largest);
  });

  it('the nearest number, by exact comparison', () => {
    for (const name of ['fp16', 'bf16', 'fp32', 'fp64', 'tf32'] as const) {
      const format = formats[name] as BinaryFormat;
      const { reciprocal, rsqrt } = implementation(context(format));
      const next = generator(41);
      for (let i = 0; i < 1500; i++) {
        const x = Math.abs(operand(next, format));
        if (!(x > 0 && x < INF)) continue;
        const [y, z] = [reciprocal(x), rsqrt(x)];
        if (y > 0 && y < INF) expect(isNearest(y, x, 1, format), `1/${x} = ${y}`).toBe(true);
        expect(isNearest(z, x, 2, format), `1/√${x} = ${z}`).toBe(true);
      }
    }
  });
});

it('softfloat has them by format and mode', () => {
  expect(softfloat.reciprocal(3, formats.bf16)).toBe(0.333984375);
  expect(softfloat.reciprocal(3, formats.bf16, 'down')).toBe(0.33203125);
  // One rounding: R(1/R(√3)) is 0.578125.
  expect([softfloat.rsqrt(3, formats.bf16), softfloat.rsqrt(3, formats.bf16, 'up')]).toEqual([0.578125, 0.578125]);
});

describe('all 65,536 operands, fast and exact', () => {
  // `npm run exhaustive` takes all operands in all modes, against decimal.js.
  it.each(['fp16', 'bf16'] as const)('%s, the six modes in turn', (name) => {
    const pairs = roundingModes.map((mode) => {
      const c = context(formats[name], mode);
      return [scalarsOf(c), exactScalarsOf(c), c] as const;
    });
    const next = generator(46);
    for (let code = 0; code < 65536; code++) {
      const x = decode(BigInt(code), formats[name]);
      const [fast, exact, c] = pairs[next() % pairs.length];
      if (!Object.is(fast.reciprocal(x), exact.reciprocal(x))) expect.fail(`1/${x} in ${title(c)}`);
      if (!Object.is(fast.rsqrt(x), exact.rsqrt(x))) expect.fail(`1/√${x} in ${title(c)}`);
    }
  });
});

describe('results next to a number or midpoint', () => {
  /**
   * The fp32 numbers beside 1/m², m of 25 bits: 1/√x is within 2^−24 of m relative, and among many m some are far nearer;
   * where m² divides a power of two, x = 1/m² itself.
   */
  it('rsqrt of fp32', () => {
    const next = generator(42);
    const all = contexts(formats.fp32).map((c) => [scalarsOf(c), exactScalarsOf(c), c] as const);
    const nearest: { x: number; distance: number }[] = [];
    for (let i = 0; i < 100000; i++) {
      const m = (2 ** 24 + (next() >>> 8)) * 2 ** -24;
      const x = Math.fround((1 / m / m) * 4 ** ((next() % 8) - 4));
      const square = doubleDouble.mul({ hi: m * m, lo: 0 }, { hi: x, lo: 0 });
      const power = 4 ** Math.round(Math.log2(square.hi) / 2);
      nearest.push({ x, distance: Math.abs(square.hi / power - 1 + square.lo / power) });
    }
    nearest.sort((a, b) => a.distance - b.distance);
    expect(nearest[0].distance).toBeLessThan(2 ** -36);
    for (const { x } of nearest.slice(0, 80)) {
      for (const [fast, exact, c] of all) {
        for (const y of [x, x * 2, x * 2 ** 60, x * 4 ** -60]) {
          expect(fast.rsqrt(y), `${y} ${title(c)}`).toBe(exact.rsqrt(y));
          expect(fast.reciprocal(y), `${y} ${title(c)}`).toBe(exact.reciprocal(y));
        }
      }
    }
  });

  it('operands wider than the format: 1/m² to 53 bits and its neighbours, m a number or midpoint', () => {
    for (const name of ['bf16', 'fp16', 'fp32', 'e4m3'] as const) {
      const format = formats[name] as BinaryFormat;
      const next = generator(43);
      for (const c of contexts(format)) {
        const [fast, exact] = [scalarsOf(c), exactScalarsOf(c)];
        for (let i = 0; i < 20; i++) {
          const m = (1 + Math.floor((next() / 2 ** 32) * 2 ** format.precision) * 2 ** -format.precision) * 2;
          const x = 1 / (m * m);
          for (const y of [x, nextUp(x, formats.fp64), nextDown(x, formats.fp64), 1 / m]) {
            expect(fast.rsqrt(y), `${y} ${title(c)}`).toBe(exact.rsqrt(y));
            expect(fast.reciprocal(y), `${y} ${title(c)}`).toBe(exact.reciprocal(y));
          }
        }
      }
    }
  });

  it('fp64: the double-double decision is the right one', () => {
    const next = generator(44);
    const { rsqrt } = exactScalarsOf(context(formats.fp64));
    for (let i = 0; i < 6000; i++) {
      const x = Math.abs(operand(next, formats.fp64));
      expect(float64Rsqrt(x), `${x}`).toBe(rsqrt(x));
      const m = 1 + next() / 2 ** 32 + next() / 2 ** 53;
      expect(float64Rsqrt(1 / m / m)).toBe(rsqrt(1 / m / m));
    }
    expect([float64Rsqrt(4 ** -511), float64Rsqrt(4 ** 500), float64Rsqrt(2 ** -1074)]).toEqual([
      2 ** 511,
      2 ** -500,
      2 ** 537,
    ]);
    expect([0, -0, INF, -1, NAN].map(float64Rsqrt)).toEqual([INF, -INF, 0, NAN, NAN]);
  });
});

describe('other arithmetics', () => {
  it('double-double: within 2^−102', () => {
    const next = generator(45);
    const bits = 1200n;
    for (let i = 0; i < 4000; i++) {
      const hi = (1 + next() / 2 ** 32) * 2 ** ((next() % 1500) - 750);
      const x = { hi, lo: i % 3 === 0 ? 0 : hi * 2 ** -53 * (next() / 2 ** 32) };
      // Up to 2^600 and 2^−600 in 2^−1200ths; x·y² compared with 1 to 2^−100 relative, twice the error.
      const n = fixedOf(x.hi, 1200) + fixedOf(x.lo, 1200);
      const y = doubleDouble.rsqrt(x);
      const got = fixedOf(y.hi, 1200) + fixedOf(y.lo, 1200);
      const expected = integerSqrt((1n << (3n * bits)) / n);
      const difference = got > expected ? got - expected : expected - got;
      expect(difference <= (expected >> 102n) + 1n, `rsqrt(${x.hi} + ${x.lo})`).toBe(true);
      const inverse = doubleDouble.reciprocal(x);
      const quotient = (1n << (2n * bits)) / n;
      const error = fixedOf(inverse.hi, 1200) + fixedOf(inverse.lo, 1200) - quotient;
      expect((error < 0n ? -error : error) <= (quotient >> 102n) + 1n, `1/(${x.hi} + ${x.lo})`).toBe(true);
    }
    const n = doubleDouble.fromNumber;
    expect([0, -0, INF, -1].map((x) => doubleDouble.rsqrt(n(x)).hi)).toEqual([INF, -INF, 0, NAN]);
    expect(doubleDouble.rsqrt(n(2 ** -1074)).hi).toBe(2 ** 537);
  });
  it('decimal.js', () => {
    const d = decimalScalars(30);
    const n = d.fromNumber;
    expect(d.rsqrt(n(2)).toString()).toBe('0.707106781186547524400844362105');
    expect(d.reciprocal(n(3)).toString()).toBe('0.333333333333333333333333333333');
    expect([0, -0, INF, -1].map((x) => d.toNumber(d.rsqrt(n(x))))).toEqual([INF, -INF, 0, NAN]);
    expect([0, -0, -INF].map((x) => d.toNumber(d.reciprocal(n(x))))).toEqual([INF, -INF, -0]);
    // √0.64 = 0.8 and 1/0.8 = 1.25: a tie of two digits.
    expect(
      decimalScalars(2)
        .rsqrt(decimalScalars(30).div(n(64), n(100)))
        .toString(),
    ).toBe('1.2');
  });
});
