import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode, encode, formats, InputError, parseFormat, round } from '../../src/formats/index.ts';

const small = ['fp16', 'bf16', 'e4m3', 'e5m2', 'e2m3', 'e3m2', 'e2m1', 'e3m4', 'e2m1', 'tf32'];

describe('encode and decode', () => {
  it.each(small)('%s: every code but the NaNs comes back', (name) => {
    const format = parseFormat(name);
    if (format.kind !== 'binary') throw new Error('expected a binary format');
    let nans = 0;
    for (let bits = 0n; bits < 1n << BigInt(format.width); bits++) {
      const x = decode(bits, format);
      if (Number.isNaN(x)) nans++;
      else if (encode(x, format) !== bits) throw new Error(`${name}: ${bits} decodes to ${x}, which encodes elsewhere`);
    }
    const fractions = 2 ** format.fractionBits;
    expect(nans).toBe(format.infinities ? 2 * (fractions - 1) : format.nan ? 2 : 0);
  });
  it('agrees with the platform on fp32 and fp64', () => {
    const view = new DataView(new ArrayBuffer(8));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }), (high, low) => {
        view.setUint32(0, high);
        view.setUint32(4, low);
        expect(decode(BigInt(high), formats.fp32)).toBe(view.getFloat32(0));
        expect(decode(view.getBigUint64(0), formats.fp64)).toBe(view.getFloat64(0));
      }),
      { seed: 7, numRuns: 20000 },
    );
  });
  it('gives NaN its canonical code', () => {
    expect(encode(Number.NaN, formats.fp16)).toBe(0x7e00n);
    expect(encode(Number.NaN, formats.bf16)).toBe(0x7fc0n);
    expect(encode(Number.NaN, formats.fp32)).toBe(0x7fc00000n);
    expect(encode(Number.NaN, formats.e4m3)).toBe(0x7fn);
  });
  it('refuses what the format does not hold', () => {
    expect(() => encode(0.1, formats.fp16)).toThrow(InputError);
    expect(() => encode(Number.POSITIVE_INFINITY, formats.e4m3)).toThrow(InputError);
    expect(() => encode(Number.NaN, formats.e2m1)).toThrow(InputError);
    expect(() => encode(1, parseFormat('decimal:8'))).toThrow(/no bit patterns/);
    expect(() => decode(0x10000n, formats.fp16)).toThrow(InputError);
    expect(() => decode(-1n, formats.fp16)).toThrow(InputError);
  });
});

describe('the format table', () => {
  it('derives the published extremes', () => {
    expect(formats.e4m3.largest).toBe(448);
    expect(formats.e4m3.smallestSubnormal).toBe(2 ** -9);
    expect(formats.e5m2.largest).toBe(57344);
    expect(formats.e2m3.largest).toBe(7.5);
    expect(formats.e3m2.largest).toBe(28);
    expect(formats.e2m1.largest).toBe(6);
    expect(formats.fp64.largest).toBe(Number.MAX_VALUE);
    expect(formats.fp64.smallestSubnormal).toBe(Number.MIN_VALUE);
    expect(formats.fp16.u).toBe(2 ** -11);
    expect(formats.bf16.epsMach).toBe(2 ** -7);
  });
  it('has the logarithm of the largest number to the last digits', () => {
    for (const format of Object.values(formats)) {
      expect(Math.abs(format.lnMax - Math.log(format.largest))).toBeLessThanOrEqual(4 * Number.EPSILON * format.lnMax);
    }
  });
  it('reads eXmY as IEEE, and the names of the table first', () => {
    const half = parseFormat('e5m10');
    fc.assert(
      fc.property(fc.double(), (x) => {
        expect(round(x, half)).toBe(round(x, formats.fp16));
      }),
      { seed: 3 },
    );
    expect(parseFormat('e4m3')).toBe(formats.e4m3);
    expect(parseFormat('e8m23').largest).toBe(formats.fp32.largest);
  });
  it.each(['', 'fp8', 'e1m3', 'e12m3', 'e5m0', 'e5m53', 'decimal:16', 'decimal:0', 'BF16', 'e5m10 ', 'constructor'])(
    'refuses %j',
    (text) => {
      expect(() => parseFormat(text)).toThrow(InputError);
    },
  );
});
