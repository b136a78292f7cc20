/** Stochastic rounding of scalars, held against the formula in rational arithmetic. */
import { describe, expect, it } from 'vitest';
import { float64Fraction } from '../../src/formats/float64.ts';
import { type Format, formats, parseFormat, round } from '../../src/formats/index.ts';
import { correctlyRounded } from '../../src/softfloat/elementary/correct.ts';
import { stochasticElementary } from '../../src/softfloat/elementary/stochastic.ts';
import { exactScalarsOf } from '../../src/softfloat/exact.ts';
import { softfloat } from '../../src/softfloat/scalar.ts';
import { elementaryNames } from '../../src/softfloat/scalars.ts';
import { stochasticScalars } from '../../src/softfloat/stochastic.ts';
import { between, generator, operand } from './random.ts';

/** n/d, d > 0. */
type Ratio = readonly [n: bigint, d: bigint];

function ratioOf(x: number): Ratio {
  const { negative, significand, exponent } = float64Fraction(x);
  const n = negative ? -significand : significand;
  return exponent >= 0 ? [n << BigInt(exponent), 1n] : [n, 1n << BigInt(-exponent)];
}

const bits = (n: bigint): number => n.toString(2).length;

/** ⌊2^32·(|x| − |lower|)/gap⌋, and |lower| and |lower| + gap. */
function neighbours([n, d]: Ratio, format: Format): { threshold: number; lower: number; upper: number } {
  if (format.kind !== 'binary') throw new TypeError('binary formats only');
  const size = n < 0n ? -n : n;
  let e = Math.max(format.emin, bits(size) - bits(d) - 1);
  const reaches = (k: number): boolean => (k >= 0 ? size >= d << BigInt(k) : size << BigInt(-k) >= d);
  while (reaches(e + 1)) e++;
  const q = e - format.precision + 1;
  const [a, b] = q >= 0 ? [size, d << BigInt(q)] : [size << BigInt(-q), d];
  const m = a / b;
  return {
    threshold: Number(((a - m * b) << 32n) / b),
    lower: Number(m) * 2 ** q,
    upper: Number(m + 1n) * 2 ** q,
  };
}

/** The formula, for a result that is not 0. */
function expected(x: Ratio, format: Format, word: number): number {
  const { threshold, lower, upper } = neighbours(x, format);
  const size = word < threshold ? upper : lower;
  const beyond = format.infinities ? Number.POSITIVE_INFINITY : format.nan ? Number.NaN : format.largest;
  const magnitude = size > format.largest ? beyond : size;
  return x[0] < 0n ? -magnitude : magnitude;
}

const tested = ['fp64', 'fp32', 'tf32', 'fp16', 'bf16', 'e5m2', 'e4m3', 'e2m1', 'e11m20', 'e8m21'].map(parseFormat);

/** Words that decide, and one that does not. */
function wordsFor(x: Ratio, format: Format, next: () => number): number[] {
  const { threshold } = neighbours(x, format);
  return [next(), threshold - 1, threshold].filter((word) => word >= 0 && word < 2 ** 32);
}

describe.each(tested.map((format) => [format.name, format] as const))('%s', (name, format) => {
  it('+ − × ÷ and fma', () => {
    const next = generator(name.length * 1000 + 1);
    for (let i = 0; i < 300; i++) {
      const [x, y, z] = [operand(next, format), between(next, format), operand(next, format)];
      if (![x, y, z].every((v) => Number.isFinite(v) && v !== 0)) continue;
      const [[a, b], [c, d], [e, f]] = [x, y, z].map(ratioOf);
      const sign = c < 0n ? -1n : 1n;
      const cases: [Ratio, (s: ReturnType<typeof stochasticScalars>) => number][] = [
        [[a * d + b * c, b * d], (s) => s.add(x, y)],
        [[a * d - b * c, b * d], (s) => s.sub(x, y)],
        [[a * c, b * d], (s) => s.mul(x, y)],
        [[sign * a * d, sign * b * c], (s) => s.div(x, y)],
        [[a * c * f + e * b * d, b * d * f], (s) => s.fma(x, y, z)],
        [[c, d], (s) => s.fromNumber(y)],
      ];
      for (const [exact, operation] of cases) {
        if (exact[0] === 0n) continue;
        for (const word of wordsFor(exact, format, next)) {
          const s = stochasticScalars({ format, overflow: 'inf', subnormals: 'keep' }, () => word);
          const [computed, formula] = [operation(s), expected(exact, format, word)];
          if (computed !== formula && !Object.is(computed, formula)) {
            expect.fail(`${exact}, word ${word}: expected ${formula}, got ${computed} (${x}, ${y}, ${z})`);
          }
        }
      }
    }
  });

  it('√ and 1/√: √x rounds up exactly if x is above the square of the number between', () => {
    const next = generator(7);
    if (format.kind !== 'binary') return;
    for (let i = 0; i < 1000; i++) {
      const x = Math.abs(operand(next, format));
      if (!(x > 0 && x < Number.POSITIVE_INFINITY)) continue;
      for (const [name, power] of [
        ['sqrt', [1n, 1n]],
        ['rsqrt', [-1n, 1n]],
      ] as const) {
        const low = softfloat[name](x, format, 'toward-zero');
        const high = softfloat[name](x, format, 'up');
        if (low === high || !Number.isFinite(high) || low >= format.largest || low === 0) continue;
        const [[a, b], [c, d], [n, m]] = [ratioOf(low), ratioOf(high), ratioOf(x)];
        for (const word of [next(), 0, 2 ** 32 - 1]) {
          // low + (word + 1)/2^32·(high − low) ≤ root
          const w = BigInt(word) + 1n;
          const numerator = ((a * d) << 32n) + w * (c * b - a * d);
          const denominator = (b * d) << 32n;
          const [p, q] = power[0] > 0n ? [n, m] : [m, n];
          const up = numerator * numerator * q <= p * denominator * denominator;
          expect(softfloat[name](x, format, { mode: 'stochastic', word })).toBe(up ? high : low);
        }
      }
    }
  });

  it('elementary functions: the word decides between neighbours as the exact function does', () => {
    const next = generator(9);
    const context = { format, overflow: 'inf', subnormals: 'keep' } as const;
    for (const f of elementaryNames) {
      for (let i = 0; i < 60; i++) {
        const x = operand(next, format);
        const words = [next(), 0, 2 ** 32 - 1, 2 ** 32 - 3, 1 << (i % 31)];
        const results = words.map((word) => {
          const mode = { mode: 'stochastic', word } as const;
          const slow = exactScalarsOf({ ...context, mode })[f](x);
          expect(correctlyRounded(f, x, { ...context, mode })).toBe(slow);
          expect(stochasticScalars(context, () => word)[f](x)).toBe(slow);
          return slow;
        });
        const zero = exactScalarsOf({ ...context, mode: 'toward-zero' })[f](x);
        // All but a share of 2^−32 of the words round x away if any does.
        if (!Object.is(results[2], zero) && Math.abs(zero) < format.largest) expect.fail(`${f}(${x}), the last word`);
      }
    }
  });
});

describe('elementary functions from hi + lo', () => {
  it.each(['bf16', 'fp16', 'fp32'])('%s: decide nearly always, and as fixed point does beside a threshold', (name) => {
    const format = parseFormat(name);
    const next = generator(5);
    let undecided = 0;
    let decided = 0;
    for (const f of elementaryNames) {
      for (let i = 0; i < 150; i++) {
        const x = round((next() / 2 ** 32) * 8, format);
        // The threshold: the largest word with which f(x) still rounds away, by bisection.
        const context = (word: number) => {
          return { format, overflow: 'inf', subnormals: 'keep', mode: { mode: 'stochastic', word } } as const;
        };
        const away = correctlyRounded(f, x, context(0));
        let [from, to] = [0, 2 ** 32];
        while (to - from > 1) {
          const middle = Math.floor((from + to) / 2);
          if (Object.is(correctlyRounded(f, x, context(middle)), away)) from = middle;
          else to = middle;
        }
        for (const word of [from - 1, from, to, to + 1, next()]) {
          if (word < 0 || word >= 2 ** 32) continue;
          const fast = stochasticElementary(f, x, word, context(word));
          if (fast === undefined) undecided++;
          else {
            decided++;
            expect(fast).toBe(correctlyRounded(f, x, context(word)));
          }
        }
      }
    }
    expect(undecided).toBeLessThan(decided / 20);
  });
});

describe('decimal formats', () => {
  it('round between multiples of a power of ten', () => {
    const format = parseFormat('decimal:3');
    const at = (x: number, share: number): number =>
      round(x, format, { mode: 'stochastic', word: Math.floor(share * 2 ** 32) });
    // 1234.5 lies 0.45 of the way from 1230 to 1240.
    expect([at(1234.5, 0.449), at(1234.5, 0.451), at(-1234.5, 0.25)]).toEqual([1240, 1230, -1240]);
    expect(at(1230, 0)).toBe(1230);
  });
});

describe('edges', () => {
  const at = (x: number, format: Format, word: number): number => round(x, format, { mode: 'stochastic', word });
  it('overflow: the gaps go on above the largest number', () => {
    // 65504 + 32·f
    expect(at(65520, formats.fp16, 2 ** 31 - 1)).toBe(Number.POSITIVE_INFINITY);
    expect(at(65520, formats.fp16, 2 ** 31)).toBe(65504);
    expect(at(-65520, formats.fp16, 0)).toBe(Number.NEGATIVE_INFINITY);
    expect(at(65536, formats.fp16, 2 ** 32 - 1)).toBe(Number.POSITIVE_INFINITY);
    expect(at(464, formats.e4m3, 0)).toBe(Number.NaN);
    expect(at(464, formats.e4m3, 2 ** 31)).toBe(448);
    expect(at(7, formats.e2m1, 0)).toBe(6);
  });
  it('below the smallest subnormal: zero, with its sign, or the smallest subnormal', () => {
    const smallest = formats.fp16.smallestSubnormal;
    expect(at(-smallest / 4, formats.fp16, 2 ** 30 - 1)).toBe(-smallest);
    expect(at(-smallest / 4, formats.fp16, 2 ** 30)).toBe(-0);
    expect(at(smallest * 2 ** -40, formats.fp16, 0)).toBe(0);
  });
  it('needs a word', () => {
    for (const mode of ['stochastic', { mode: 'stochastic' }, { mode: 'stochastic', word: 2 ** 32 }, null]) {
      expect(() => round(1, formats.bf16, mode as never)).toThrow(/expected a mode of nearest-even.*with a word/);
      expect(() => softfloat.add(1, 1, formats.bf16, mode as never)).toThrow(/expected a mode of nearest-even/);
    }
  });
});
