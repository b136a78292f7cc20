/** The rules of IEEE 754, and the choices of codes.ts, that random operands rarely meet; through both implementations. */
import { describe, expect, it } from 'vitest';
import { encode, type Format, formats, InputError, parseFormat, roundingModes } from '../../../src/formats/index.ts';
import { type IeeeContext, ieee, ieeeOracle, newFlags } from '../../../src/softfloat/ieee/index.ts';
import { binary, flagBits } from './cases.ts';

const { fp16, fp32, fp64, e4m3, e5m2, e2m3, e2m1 } = formats;
const [INEXACT, UNDERFLOW, OVERFLOW, DIVISION, INVALID] = [1, 2, 4, 8, 16];

describe.each([
  ['ieee', ieee],
  ['ieeeOracle', ieeeOracle],
])('%s', (_, ops) => {
  type Change = { mode?: IeeeContext['mode']; tininess?: IeeeContext['tininess'] };
  /** Result and flags of one operation. */
  const run = (operation: (c: IeeeContext) => unknown, { mode = 'nearest-even', tininess = 'after' }: Change = {}) => {
    const c: IeeeContext = { mode, tininess, flags: newFlags() };
    return [operation(c), flagBits(c.flags)];
  };
  const bits = (x: number, format: Format) => encode(x, format);

  it('flags are set and never cleared', () => {
    const c: IeeeContext = { mode: 'nearest-even', tininess: 'after', flags: newFlags() };
    ops.div(0x3c00n, 0n, fp16, c);
    expect(flagBits(c.flags)).toBe(DIVISION);
    ops.div(0x3c00n, 0x4200n, fp16, c);
    expect(flagBits(c.flags)).toBe(DIVISION | INEXACT);
    ops.add(0x3c00n, 0x3c00n, fp16, c);
    expect(flagBits(c.flags)).toBe(DIVISION | INEXACT);
    ops.sqrt(0xbc00n, fp16, c);
    ops.mul(0x7bffn, 0x7bffn, fp16, c);
    ops.mul(0x0001n, 0x0001n, fp16, c);
    expect(flagBits(c.flags)).toBe(31);
  });

  it.each(['fp16', 'bf16', 'fp32', 'fp64', 'e5m2', 'e11m40'])('%s: NaN in, the canonical NaN out', (name) => {
    const format = binary(name);
    const quiet = bits(Number.NaN, format);
    const sign = 1n << BigInt(format.width - 1);
    const signalling = (quiet ^ (1n << BigInt(format.fractionBits - 1))) | 1n;
    const one = bits(1, format);
    for (const [nan, flags] of [
      [quiet | sign, 0],
      [signalling, INVALID],
      [signalling | sign, INVALID],
    ] as const) {
      for (const operation of ['add', 'sub', 'mul', 'div', 'remainder'] as const) {
        expect(run((c) => ops[operation](nan, one, format, c))).toEqual([quiet, flags]);
        expect(run((c) => ops[operation](one, nan, format, c))).toEqual([quiet, flags]);
      }
      for (const operation of ['sqrt', 'roundToIntegral'] as const)
        expect(run((c) => ops[operation](nan, format, c))).toEqual([quiet, flags]);
      expect(run((c) => ops.fma(one, one, nan, format, c))).toEqual([quiet, flags]);
      expect(run((c) => ops.compare(one, nan, format, c))).toEqual(['unordered', flags]);
      expect(run((c) => ops.convert(nan, format, fp32, c))).toEqual([0x7fc00000n, flags]);
      expect(run((c) => ops.convert(nan, format, format, c))).toEqual([quiet, flags]);
      expect(run((c) => ops.convert(nan, format, e4m3, c))).toEqual([0x7fn, flags]);
      expect(run((c) => ops.convert(nan, format, e2m1, c))).toEqual([0n, INVALID]);
    }
    const infinity = bits(Number.POSITIVE_INFINITY, format);
    expect(run((c) => ops.fma(infinity, 0n, quiet, format, c))).toEqual([quiet, INVALID]);
  });

  it('invalid operations', () => {
    const [inf, one, zero, two] = [0x7c00n, 0x3c00n, 0n, 0x4000n];
    const minus = 0x8000n;
    const nan = [0x7e00n, INVALID];
    expect(run((c) => ops.add(inf, inf | minus, fp16, c))).toEqual(nan);
    expect(run((c) => ops.sub(inf, inf, fp16, c))).toEqual(nan);
    expect(run((c) => ops.mul(zero, inf, fp16, c))).toEqual(nan);
    expect(run((c) => ops.div(zero, zero, fp16, c))).toEqual(nan);
    expect(run((c) => ops.div(inf, inf, fp16, c))).toEqual(nan);
    expect(run((c) => ops.fma(inf, one, inf | minus, fp16, c))).toEqual(nan);
    expect(run((c) => ops.sqrt(one | minus, fp16, c))).toEqual(nan);
    expect(run((c) => ops.sqrt(inf | minus, fp16, c))).toEqual(nan);
    expect(run((c) => ops.remainder(one, zero, fp16, c))).toEqual(nan);
    expect(run((c) => ops.remainder(inf, one, fp16, c))).toEqual(nan);
    expect(run((c) => ops.remainder(two | minus, inf, fp16, c))).toEqual([two | minus, 0]);
    expect(run((c) => ops.sqrt(minus, fp16, c))).toEqual([minus, 0]);
    expect(run((c) => ops.div(one, inf | minus, fp16, c))).toEqual([minus, 0]);
    expect(run((c) => ops.div(inf, zero | minus, fp16, c))).toEqual([inf | minus, 0]);
  });

  it('e4m3: NaN where others have infinity', () => {
    const [largest, nan, minus] = [0x7en, 0x7fn, 0x80n];
    const f = e4m3;
    expect(run((c) => ops.add(largest, largest, f, c))).toEqual([nan, OVERFLOW | INEXACT]);
    expect(run((c) => ops.mul(largest, largest | minus, f, c))).toEqual([nan, OVERFLOW | INEXACT]);
    expect(run((c) => ops.add(largest, largest, f, c), { mode: 'down' })).toEqual([largest, OVERFLOW | INEXACT]);
    expect(run((c) => ops.div(bits(1, f), 0n, f, c))).toEqual([nan, DIVISION]);
    expect(run((c) => ops.add(nan | minus, 0n, f, c))).toEqual([nan, 0]);
    expect(run((c) => ops.convert(0x7c00n, fp16, f, c))).toEqual([nan, OVERFLOW | INEXACT]);
    // 464 is a tie of 448 and what would be 480: even is 448, which is no overflow.
    expect(run((c) => ops.add(largest, bits(16, f), f, c))).toEqual([largest, INEXACT]);
    expect(run((c) => ops.add(largest, bits(16, f), f, c), { mode: 'nearest-away' })).toEqual([nan, 5]);
  });

  it('formats without NaN saturate, and NaN is +0', () => {
    expect(run((c) => ops.add(7n, 7n, e2m1, c))).toEqual([7n, OVERFLOW | INEXACT]);
    expect(run((c) => ops.div(0xan, 0n, e2m1, c))).toEqual([0xfn, DIVISION]);
    expect(run((c) => ops.div(0n, 0n, e2m1, c))).toEqual([0n, INVALID]);
    expect(run((c) => ops.sqrt(0xan, e2m1, c))).toEqual([0n, INVALID]);
    expect(run((c) => ops.convert(0xfc00n, fp16, e2m1, c))).toEqual([0xfn, OVERFLOW | INEXACT]);
    expect(run((c) => ops.convert(0x7e00n, fp16, e2m1, c))).toEqual([0n, INVALID]);
    expect(run((c) => ops.convert(0x8000n, fp16, e2m1, c))).toEqual([8n, 0]);
  });

  it('tininess after and before rounding', () => {
    // (1 − 2^−12)·2^−14 rounds to 2^−14 with 11 bits too; (1 − 2^−11)·2^−14 is a number of 11 bits, and rounds there.
    const convert = (x: number, to: Format, change: Change) =>
      run((c) => ops.convert(bits(x, fp64), fp64, to, c), change);
    for (const sign of [1, -1]) {
      const least = bits(sign * 2 ** -14, fp16);
      const above = (sign * (1 - 2 ** -12)) / 2 ** 14;
      const below = (sign * (1 - 2 ** -11)) / 2 ** 14;
      expect(convert(above, fp16, { tininess: 'after' })).toEqual([least, INEXACT]);
      expect(convert(above, fp16, { tininess: 'before' })).toEqual([least, INEXACT | UNDERFLOW]);
      expect(convert(below, fp16, { tininess: 'after' })).toEqual([least, INEXACT | UNDERFLOW]);
      expect(convert(below, fp16, { tininess: 'before' })).toEqual([least, INEXACT | UNDERFLOW]);
    }
    // (1 − 2^−12)(1 + 2^−12)·2^−126.
    const [x, y] = [bits((1 - 2 ** -12) * 2 ** -100, fp32), bits((1 + 2 ** -12) * 2 ** -26, fp32)];
    expect(run((c) => ops.mul(x, y, fp32, c), { tininess: 'after', mode: 'up' })).toEqual([
      0x800000n,
      INEXACT | UNDERFLOW,
    ]);
    const [u, v] = [bits((1 - 2 ** -13) * 2 ** -100, fp32), bits((1 + 2 ** -13) * 2 ** -26, fp32)];
    expect(run((c) => ops.mul(u, v, fp32, c), { tininess: 'after' })).toEqual([0x800000n, INEXACT]);
    expect(run((c) => ops.mul(u, v, fp32, c), { tininess: 'before' })).toEqual([0x800000n, INEXACT | UNDERFLOW]);
    // An exact subnormal result raises nothing.
    expect(run((c) => ops.mul(0x0002n, 0x3800n, fp16, c), { tininess: 'before' })).toEqual([1n, 0]);
  });

  it.each(roundingModes)('zeros, %s', (mode) => {
    const cancelled = mode === 'down' ? 0x8000n : 0n;
    const change = { mode };
    expect(run((c) => ops.sub(0x3c00n, 0x3c00n, fp16, c), change)).toEqual([cancelled, 0]);
    expect(run((c) => ops.add(0n, 0x8000n, fp16, c), change)).toEqual([cancelled, 0]);
    expect(run((c) => ops.add(0x8000n, 0x8000n, fp16, c), change)).toEqual([0x8000n, 0]);
    expect(run((c) => ops.add(0n, 0n, fp16, c), change)).toEqual([0n, 0]);
    expect(run((c) => ops.fma(0x3c00n, 0x3c00n, 0xbc00n, fp16, c), change)).toEqual([cancelled, 0]);
    expect(run((c) => ops.fma(0x8000n, 0x3c00n, 0x8000n, fp16, c), change)).toEqual([0x8000n, 0]);
    // A zero of the remainder has the sign of x in every mode.
    expect(run((c) => ops.remainder(0xc200n, 0x3c00n, fp16, c), change)).toEqual([0x8000n, 0]);
    expect(run((c) => ops.remainder(0x4200n, 0xbc00n, fp16, c), change)).toEqual([0n, 0]);
    const minusHalf = run((c) => ops.roundToIntegral(0xb800n, fp16, c), change);
    const one = mode === 'down' || mode === 'nearest-away' || mode === 'odd';
    expect(minusHalf).toEqual([one ? 0xbc00n : 0x8000n, INEXACT]);
  });

  it('remainder: ties to the even quotient', () => {
    const rem = (x: number, y: number, f: Format = fp64) => run((c) => ops.remainder(bits(x, f), bits(y, f), f, c));
    expect(rem(5, 2)).toEqual([bits(1, fp64), 0]);
    expect(rem(7, 2)).toEqual([bits(-1, fp64), 0]);
    expect(rem(3, 2)).toEqual([bits(-1, fp64), 0]);
    expect(rem(1, 2)).toEqual([bits(1, fp64), 0]);
    expect(rem(Number.MAX_VALUE, Number.MIN_VALUE)).toEqual([0n, 0]);
    expect(rem(2 ** 1023, Number.MAX_VALUE)).toEqual([bits(2 ** 1023 - Number.MAX_VALUE, fp64), 0]);
    expect(rem(3 * Number.MIN_VALUE, 2 * Number.MIN_VALUE)).toEqual([bits(-Number.MIN_VALUE, fp64), 0]);
  });

  it('roundToIntegral: the format may be too narrow for the integer', () => {
    const integral = (x: number, f: Format, mode: IeeeContext['mode']) =>
      run((c) => ops.roundToIntegral(bits(x, f), f, c), { mode });
    expect(integral(2.5, fp16, 'nearest-even')).toEqual([bits(2, fp16), INEXACT]);
    expect(integral(2.5, fp16, 'odd')).toEqual([bits(3, fp16), INEXACT]);
    expect(integral(7.5, e2m3, 'nearest-even')).toEqual([bits(7.5, e2m3), OVERFLOW | INEXACT]);
    expect(integral(7.5, e2m3, 'toward-zero')).toEqual([bits(7, e2m3), INEXACT]);
    expect(integral(Number.NEGATIVE_INFINITY, fp16, 'up')).toEqual([0xfc00n, 0]);
  });

  it('compare', () => {
    expect(run((c) => ops.compare(0n, 0x8000n, fp16, c))).toEqual(['equal', 0]);
    expect(run((c) => ops.compare(0xfc00n, 0x7c00n, fp16, c))).toEqual(['less', 0]);
    expect(run((c) => ops.compare(0x7c00n, 0x7bffn, fp16, c))).toEqual(['greater', 0]);
    expect(run((c) => ops.compare(0xfc00n, 0xfc00n, fp16, c))).toEqual(['equal', 0]);
    expect(run((c) => ops.compare(0x0001n, 0x8001n, fp16, c))).toEqual(['greater', 0]);
  });

  it('refuses what has no meaning', () => {
    const c: IeeeContext = { mode: 'nearest-even', tininess: 'after', flags: newFlags() };
    const decimal = parseFormat('decimal:8');
    expect(() => ops.add(0n, 0n, decimal, c)).toThrow(/expected a binary format, got decimal:8/);
    expect(() => ops.convert(0n, fp16, decimal, c)).toThrow(InputError);
    expect(() => ops.convert(0n, decimal, fp16, c)).toThrow(InputError);
    for (const format of [fp64, fp32, fp16, e5m2, e2m1, binary('e11m40'), binary('e4m10')]) {
      for (const wrong of [-1n, 1n << BigInt(format.width), 1n << 64n, -(1n << 64n), (1n << 64n) + 1n]) {
        expect(() => ops.sqrt(wrong, format, c)).toThrow(InputError);
        expect(() => ops.add(0n, wrong, format, c)).toThrow(InputError);
        expect(() => ops.fma(0n, 0n, wrong, format, c)).toThrow(InputError);
        expect(() => ops.convert(wrong, format, fp32, c)).toThrow(InputError);
      }
    }
    expect(() => ops.sqrt(0x10000n, fp16, c)).toThrow('ieee: expected 16 bits for fp16, got 65536');
    expect(flagBits(c.flags)).toBe(0);
  });
});
