/** Correctly rounded elementary functions against decimal.js. */
import { describe, expect, it } from 'vitest';
import { decode, formats, parseFormat, round, roundingModes } from '../../src/formats/index.ts';
import { scalarsOf } from '../../src/softfloat/scalar.ts';
import { type ElementaryName, elementaryNames } from '../../src/softfloat/scalars.ts';
import { decimalFunction, roundDecimal } from './decimal-oracle.ts';
import { context, generator } from './random.ts';

/** True where f(x) is an ordinary number, worth a decimal evaluation. */
function isOrdinary(name: ElementaryName, x: number): boolean {
  const size = Math.abs(x);
  if (!Number.isFinite(x) || x === 0) return false;
  if (name === 'log') return x > 0 && x !== 1;
  if (name === 'exp') return size > 2 ** -30 && size < 110;
  if (name === 'tanh') return size > 2 ** -28 && size < 20;
  return size > 2 ** -28 && size < (name === 'erf' ? 5 : 100);
}

/** An operand of ordinary size: a random significand, an exponent from 2^−12 to 2^6. */
function ordinary(next: () => number, name: ElementaryName): number {
  for (;;) {
    const x = (1 + next() / 2 ** 32) * 2 ** ((next() % 18) - 12) * (next() % 2 === 0 ? 1 : -1);
    const operand = name === 'log' ? Math.abs(x) : x;
    if (isOrdinary(name, operand)) return operand;
  }
}

describe('bf16 exp', () => {
  it('all 65,536 operands, nearest even', () => {
    const { exp } = scalarsOf(context(formats.bf16));
    for (let code = 0; code < 65536; code++) {
      const x = decode(BigInt(code), formats.bf16);
      const expected = Number.isNaN(x)
        ? Number.NaN
        : x > 89
          ? Number.POSITIVE_INFINITY
          : x < -105
            ? 0
            : Math.abs(x) < 2 ** -10
              ? 1 // |e^x − 1| < u/2 on both sides of 1.
              : roundDecimal(decimalFunction('exp', x), context(formats.bf16));
      if (!Object.is(exp(x), expected)) expect.fail(`exp(${x}) = ${exp(x)}, not ${expected}`);
    }
  });
});

describe.each(elementaryNames)('%s', (name) => {
  it.each(['bf16', 'fp16', 'fp32', 'e4m3', 'e11m10', 'fp64', 'e10m30'])('%s: a sample in every mode', (formatName) => {
    const format = parseFormat(formatName);
    const next = generator(11);
    for (let i = 0; i < 25; i++) {
      const x = round(ordinary(next, name), format);
      if (!isOrdinary(name, x)) continue;
      const y = decimalFunction(name, x);
      for (const mode of roundingModes) {
        const c = context(format, mode);
        expect(scalarsOf(c)[name](x), `${name}(${x}) ${mode}`).toBe(roundDecimal(y, c));
      }
    }
  });

  it('fp32: 150 operands to nearest even', () => {
    const next = generator(12);
    const c = context(formats.fp32);
    for (let i = 0; i < 150; i++) {
      const x = Math.fround(ordinary(next, name));
      expect(scalarsOf(c)[name](x), `${name}(${x})`).toBe(roundDecimal(decimalFunction(name, x), c));
    }
  });
});
