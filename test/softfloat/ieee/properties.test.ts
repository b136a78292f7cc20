/** Laws that hold whatever the implementation: here for the fast one, checked in exact integers where they need it. */
import { describe, expect, it } from 'vitest';
import { float64Fraction } from '../../../src/formats/float64.ts';
import { type BinaryFormat, decode, formats, type RoundingMode, roundingModes } from '../../../src/formats/index.ts';
import { type IeeeContext, ieee, newFlags } from '../../../src/softfloat/ieee/index.ts';
import { generator } from '../random.ts';
import { binary, encoding, flagBits } from './cases.ts';

const NAMES = ['fp64', 'fp32', 'tf32', 'fp16', 'bf16', 'e4m3', 'e2m1', 'e8m30', 'e11m10', 'e4m10'];
const RUNS = 600;

function operate<T>(mode: RoundingMode, operation: (c: IeeeContext) => T): { result: T; flags: number } {
  const c: IeeeContext = { mode, tininess: 'after', flags: newFlags() };
  return { result: operation(c), flags: flagBits(c.flags) };
}

/** A finite x as an integer multiple of 2^−1200, of which 1 is `UNIT`. */
const UNIT = 1n << 1200n;
function fixed(x: number): bigint {
  const { negative, significand, exponent } = float64Fraction(x);
  const n = significand << BigInt(exponent + 1200);
  return negative ? -n : n;
}

describe.each(NAMES)('%s', (name) => {
  const format: BinaryFormat = binary(name);
  const minus = 1n << BigInt(format.width - 1);
  /** `body` for random pairs and modes. */
  const forPairs = (seed: number, body: (a: bigint, b: bigint, mode: RoundingMode) => void) => {
    const next = generator(seed);
    for (let i = 0; i < RUNS; i++) {
      const a = encoding(next, format, 0n);
      body(a, encoding(next, format, a), roundingModes[i % roundingModes.length]);
    }
  };
  const number = (bits: bigint) => decode(bits, format);

  it('+ and × commute, flags too; x − y is x + (−y); fma(x, 1, y) is x + y', () => {
    const one = BigInt(1 - format.emin) << BigInt(format.fractionBits);
    expect(number(one)).toBe(1);
    forPairs(1, (a, b, mode) => {
      const sum = operate(mode, (c) => ieee.add(a, b, format, c));
      expect(operate(mode, (c) => ieee.add(b, a, format, c))).toEqual(sum);
      expect(operate(mode, (c) => ieee.sub(a, b ^ minus, format, c))).toEqual(sum);
      expect(operate(mode, (c) => ieee.fma(a, one, b, format, c))).toEqual(sum);
      const product = operate(mode, (c) => ieee.mul(a, b, format, c));
      expect(operate(mode, (c) => ieee.mul(b, a, format, c))).toEqual(product);
    });
  });

  it('down ≤ every mode ≤ up, equal exactly where the result is exact', () => {
    forPairs(2, (a, b) => {
      for (const operation of ['add', 'mul', 'div'] as const) {
        const [low, high] = (['down', 'up'] as const).map((mode) =>
          operate(mode, (c) => ieee[operation](a, b, format, c)),
        );
        const [x, y] = [number(low.result), number(high.result)];
        if (Number.isNaN(x) || Number.isNaN(y)) continue;
        const saturated = !format.infinities && ((low.flags | high.flags) & 12) !== 0;
        if (!saturated) expect(x === y).toBe((low.flags & 1) === 0 || (high.flags & 1) === 0);
        for (const mode of roundingModes) {
          const z = number(operate(mode, (c) => ieee[operation](a, b, format, c)).result);
          if (z < x || z > y) expect.fail(`${operation}(${number(a)}, ${number(b)}), ${mode}: ${z}`);
        }
      }
    });
  });

  it('√x down and up bracket x in their squares', () => {
    forPairs(3, (a) => {
      const x = number(a);
      if (!(x > 0 && x < Number.POSITIVE_INFINITY)) return;
      const [low, high] = (['down', 'up'] as const).map((mode) => operate(mode, (c) => ieee.sqrt(a, format, c)));
      const [l, h, square] = [fixed(number(low.result)), fixed(number(high.result)), fixed(x) * UNIT];
      expect(l * l <= square && square <= h * h).toBe(true);
      expect(low.flags).toBe(l * l === square ? 0 : low.flags | 1);
      const between = high.result - low.result;
      expect(between).toBe(low.flags === 0 ? 0n : 1n);
    });
  });

  it('|remainder| ≤ |y|/2, and x − remainder is a multiple of y; exact', () => {
    forPairs(4, (a, b, mode) => {
      const [x, y] = [number(a), number(b)];
      if (!Number.isFinite(x) || !Number.isFinite(y) || y === 0) return;
      const { result, flags } = operate(mode, (c) => ieee.remainder(a, b, format, c));
      const [r, divisor] = [fixed(number(result)), fixed(Math.abs(y))];
      expect(flags).toBe(0);
      expect(2n * r <= divisor && -2n * r <= divisor).toBe(true);
      expect((fixed(x) - r) % divisor).toBe(0n);
      const odd = ((fixed(x) - r) / divisor) % 2n !== 0n;
      if (2n * r === divisor || -2n * r === divisor) expect(odd).toBe(false);
    });
  });

  it('roundToIntegral gives an integer, is less than 1 off, and leaves integers alone', () => {
    forPairs(5, (a, _, mode) => {
      const x = number(a);
      const { result, flags } = operate(mode, (c) => ieee.roundToIntegral(a, format, c));
      const n = number(result);
      if (!Number.isFinite(n) || (flags & 4) !== 0) return;
      const difference = fixed(x) - fixed(n);
      expect(Number.isInteger(n) && difference < UNIT && -difference < UNIT).toBe(true);
      expect(flags).toBe(n === x ? 0 : 1);
      expect(operate(mode, (c) => ieee.roundToIntegral(result, format, c))).toEqual({ result, flags: 0 });
    });
  });

  it('compare is the order of the numbers', () => {
    forPairs(6, (a, b, mode) => {
      const [x, y] = [number(a), number(b)];
      const expected = x < y ? 'less' : x > y ? 'greater' : x === y ? 'equal' : 'unordered';
      expect(operate(mode, (c) => ieee.compare(a, b, format, c)).result).toBe(expected);
    });
  });

  it('convert to fp64 and back changes nothing and raises nothing', () => {
    forPairs(7, (a, _, mode) => {
      if (Number.isNaN(number(a))) return;
      const wide = operate(mode, (c) => ieee.convert(a, format, formats.fp64, c));
      expect(decode(wide.result, formats.fp64)).toBe(number(a));
      const back = operate(mode, (c) => ieee.convert(wide.result, formats.fp64, format, c));
      expect(back).toEqual({ result: a, flags: 0 });
      expect(wide.flags).toBe(0);
    });
  });
});

describe('every 16-bit code goes to fp32 and back', () => {
  it.each(['fp16', 'bf16'] as const)('%s', (name) => {
    const format = formats[name];
    for (let code = 0n; code < 0x10000n; code++) {
      if (Number.isNaN(decode(code, format))) continue;
      const wide = operate('odd', (c) => ieee.convert(code, format, formats.fp32, c));
      const back = operate('odd', (c) => ieee.convert(wide.result, formats.fp32, format, c));
      if (back.result !== code || wide.flags !== 0 || back.flags !== 0) expect.fail(`code ${code}`);
    }
  });
});
