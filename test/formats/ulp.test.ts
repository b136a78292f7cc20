import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { float64FromBits } from '../../src/formats/float64.ts';
import {
  decode,
  formats,
  InputError,
  nextDown,
  nextUp,
  parseFormat,
  ulp,
  ulpDistance,
} from '../../src/formats/index.ts';

describe('neighbours and distances', () => {
  it.each(['fp16', 'bf16', 'e4m3', 'e5m2', 'e2m1'])('%s: the numbers in order are one step apart', (name) => {
    const format = parseFormat(name);
    if (format.kind !== 'binary') throw new Error('expected a binary format');
    let x = -format.largest;
    let steps = 0n;
    while (x < format.largest) {
      const next = nextUp(x, format);
      if (!(next > x) || ulpDistance(x, next, format) !== 1n || nextDown(next, format) !== x) {
        throw new Error(`${name}: ${x} is followed by ${next}`);
      }
      x = next;
      steps++;
    }
    expect(ulpDistance(-format.largest, format.largest, format)).toBe(steps);
  });
  it('steps through float64 by its bits', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 0x7feffffffffffffen }), (bits) => {
        expect(nextUp(float64FromBits(bits), formats.fp64)).toBe(float64FromBits(bits + 1n));
      }),
      { seed: 5, numRuns: 2000 },
    );
  });
  it('rounds a number between two others up or down', () => {
    expect(nextUp(0.1, formats.bf16)).toBe(0.10009765625);
    expect(nextDown(0.1, formats.bf16)).toBe(0.099609375);
    expect(nextUp(formats.fp16.largest, formats.fp16)).toBe(Number.POSITIVE_INFINITY);
    expect(nextUp(formats.e2m1.largest, formats.e2m1)).toBe(6);
    expect(nextDown(Number.POSITIVE_INFINITY, formats.fp16)).toBe(65504);
    expect(nextUp(-formats.fp16.smallestSubnormal, formats.fp16)).toBe(-0);
  });
  it('counts nothing between the zeros, and throws on NaN and on strangers', () => {
    expect(ulpDistance(-0, 0, formats.fp16)).toBe(0n);
    expect(ulpDistance(-formats.fp16.smallestSubnormal, formats.fp16.smallestSubnormal, formats.fp16)).toBe(2n);
    expect(() => ulpDistance(Number.NaN, 1, formats.fp16)).toThrow(InputError);
    expect(() => ulpDistance(0.1, 1, formats.fp16)).toThrow(InputError);
  });
  it('has the gap of the binade', () => {
    expect(ulp(1, formats.bf16)).toBe(2 ** -7);
    expect(ulp(0.99, formats.bf16)).toBe(2 ** -8);
    expect(ulp(0, formats.fp16)).toBe(2 ** -24);
    expect(ulp(decode(1n, formats.e4m3), formats.e4m3)).toBe(2 ** -9);
    expect(ulp(Number.NaN, formats.fp16)).toBeNaN();
  });
  it('steps through decimals', () => {
    const eight = parseFormat('decimal:8');
    expect(nextUp(1, eight)).toBe(1.0000001);
    expect(nextDown(1, eight)).toBe(0.99999999);
    expect(ulpDistance(0.99999999, 1.0000001, eight)).toBe(2n);
    expect(ulp(123, eight)).toBe(1e-5);
  });
});
