/** The formats that have names, and the text form of all others. */
import { type BinaryFormat, binaryFormat, decimalFormat, type Format } from './format.ts';
import { InputError } from './input-error.ts';

function ieee(name: string, exponentBits: number, fractionBits: number): BinaryFormat {
  const emax = 2 ** (exponentBits - 1) - 1;
  return binaryFormat({
    name,
    precision: fractionBits + 1,
    emin: 1 - emax,
    emax,
    subnormals: true,
    infinities: true,
    nan: true,
    signedZero: true,
  });
}

/** A format whose all-ones exponent holds numbers too (OCP MX specification 1.0). */
function finite(name: string, precision: number, emin: number, emax: number, nan: boolean): BinaryFormat {
  return binaryFormat({ name, precision, emin, emax, subnormals: true, infinities: false, nan, signedZero: true });
}

/** Every named format, widest first. */
export const formats = Object.freeze({
  fp64: ieee('fp64', 11, 52),
  fp32: ieee('fp32', 8, 23),
  tf32: ieee('tf32', 8, 10),
  fp16: ieee('fp16', 5, 10),
  bf16: ieee('bf16', 8, 7),
  e5m2: ieee('e5m2', 5, 2),
  e4m3: finite('e4m3', 4, -6, 8, true),
  e3m2: finite('e3m2', 3, -2, 4, false),
  e2m3: finite('e2m3', 4, 0, 2, false),
  e2m1: finite('e2m1', 2, 0, 2, false),
});

export type FormatName = keyof typeof formats;

const EXPECTED = `${Object.keys(formats).join(', ')}, eXmY (2 ≤ X ≤ 11, 1 ≤ Y ≤ 52) or decimal:N (1 ≤ N ≤ 15)`;

/**
 * The format that a text names: a name of the table, `eXmY` (IEEE style: X exponent bits, Y fraction bits, subnormals,
 * infinities, NaN), or `decimal:N`. Names win: `e4m3` is OCP's.
 * @throws InputError for any other text.
 */
export function parseFormat(text: string): Format {
  const format = formatOrUndefined(text);
  if (format === undefined) throw new InputError(`format: expected ${EXPECTED}, got '${text}'`);
  return format;
}

/** Like `parseFormat`; undefined where the text names no format. */
export function formatOrUndefined(text: string): Format | undefined {
  if (Object.hasOwn(formats, text)) return formats[text as FormatName];
  const binary = /^e([1-9]\d?)m([1-9]\d?)$/.exec(text);
  if (binary) {
    const [x, y] = [Number(binary[1]), Number(binary[2])];
    return x >= 2 && x <= 11 && y <= 52 ? ieee(text, x, y) : undefined;
  }
  const decimal = /^decimal:([1-9]\d?)$/.exec(text);
  return decimal && Number(decimal[1]) <= 15 ? decimalFormat(Number(decimal[1])) : undefined;
}
