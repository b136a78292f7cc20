/** What the tests of the IEEE operations share: flags as a mask, cases from raw bits, and fast against oracle. */
import { type BinaryFormat, binaryFormat } from '../../../src/formats/format.ts';
import { type Format, parseFormat, type RoundingMode, roundingModes } from '../../../src/formats/index.ts';
import {
  type Flags,
  type IeeeContext,
  type IeeeOperations,
  ieee,
  ieeeOracle,
  newFlags,
} from '../../../src/softfloat/ieee/index.ts';

export type Tininess = IeeeContext['tininess'];

/** TestFloat's mask: 01 inexact, 02 underflow, 04 overflow, 08 division by zero, 10 invalid. */
export function flagBits(flags: Flags): number {
  return (
    (flags.inexact ? 1 : 0) |
    (flags.underflow ? 2 : 0) |
    (flags.overflow ? 4 : 0) |
    (flags.divisionByZero ? 8 : 0) |
    (flags.invalid ? 16 : 0)
  );
}

export function binary(name: string): BinaryFormat {
  const format = parseFormat(name);
  if (format.kind !== 'binary') throw new TypeError(`expected a binary format, got ${name}`);
  return format;
}

const TABLE = ['fp64', 'fp32', 'tf32', 'fp16', 'bf16', 'e5m2', 'e4m3', 'e3m2', 'e2m3', 'e2m1'];
const OTHERS = [
  ...['e8m3', 'e4m10', 'e6m9', 'e3m4', 'e2m2', 'e3m1', 'e8m22', 'e9m8', 'e5m24', 'e8m30'],
  ...['e11m1', 'e11m10', 'e11m50', 'e11m51', 'e11m52', 'e2m52', 'e5m30'],
];

/** The table's formats, other eXmY, and one without subnormals and one without −0 that no name stands for. */
export const testedFormats: readonly BinaryFormat[] = [
  ...[...TABLE, ...OTHERS].map(binary),
  binaryFormat({ ...binary('e5m2'), name: 'e5m2 without subnormals', subnormals: false }),
  binaryFormat({ ...binary('e5m10'), name: 'e5m10 without −0', signedZero: false }),
];

export const unary = ['sqrt', 'roundToIntegral'] as const;
export const binaryNames = ['add', 'sub', 'mul', 'div', 'remainder', 'compare'] as const;
export type Name = (typeof unary)[number] | (typeof binaryNames)[number] | 'fma' | 'convert';

export interface Case {
  readonly name: Name;
  readonly operands: readonly bigint[];
  readonly format: Format;
  /** Of `convert`. */
  readonly to?: Format;
  readonly mode: RoundingMode;
  readonly tininess: Tininess;
}

/** The result, and the flags as a mask. */
export function outcome({ name, operands, format, to, mode, tininess }: Case, ops: IeeeOperations): [unknown, number] {
  const c: IeeeContext = { mode, tininess, flags: newFlags() };
  const [x, y, z] = operands;
  let result: unknown;
  if (name === 'fma') result = ops.fma(x, y, z, format, c);
  else if (name === 'convert') result = ops.convert(x, format, to ?? format, c);
  else if (name === 'sqrt' || name === 'roundToIntegral') result = ops[name](x, format, c);
  else result = ops[name](x, y, format, c);
  return [result, flagBits(c.flags)];
}

/** How fast and oracle differ, in words; undefined where they do not. */
export function disagreement(c: Case): string | undefined {
  const [fast, oracle] = [outcome(c, ieee), outcome(c, ieeeOracle)];
  if (fast[0] === oracle[0] && fast[1] === oracle[1]) return undefined;
  const hex = (x: unknown) => (typeof x === 'bigint' ? `0x${x.toString(16)}` : String(x));
  const words = ([result, flags]: [unknown, number]) => `${hex(result)} flags ${flags.toString(16)}`;
  const place = `${c.format.name}${c.to === undefined ? '' : ` to ${c.to.name}`}, ${c.mode}, tininess ${c.tininess}`;
  return `${c.name}(${c.operands.map(hex).join(', ')}) in ${place}: ${words(fast)}, not ${words(oracle)}`;
}

/** A random word of `width` bits. */
function raw(next: () => number, width: number): bigint {
  return BigInt.asUintN(width, (BigInt(next()) << 32n) | BigInt(next()));
}

/**
 * An encoding: raw bits, often made special: the format's ends, NaNs of both kinds, short significands (ties), runs of
 * ones, neighbours of `other` (cancellation), and exponents for which the product with `other` is near emin or emax.
 */
export function encoding(next: () => number, format: BinaryFormat, other: bigint): bigint {
  const { width, fractionBits, exponentBits, emin, emax } = format;
  const bits = raw(next, width);
  const f = BigInt(fractionBits);
  const hidden = 1n << f;
  const fraction = bits & (hidden - 1n);
  const sign = bits & (1n << BigInt(width - 1));
  const step = BigInt(next() % 5) - 2n;
  const withField = (field: number, digits = fraction) => {
    const inside = Math.min(Math.max(field, 0), 2 ** exponentBits - 1);
    return sign | (BigInt(inside) << f) | digits;
  };
  const otherField = Number(BigInt.asUintN(exponentBits, other >> f));
  switch (next() % 16) {
    case 0: {
      const ends = [0n, hidden, hidden << 1n, (1n << BigInt(width - 1)) - hidden, (1n << BigInt(width - 1)) - 1n];
      return BigInt.asUintN(width, (ends[next() % ends.length] + step) ^ sign);
    }
    case 1:
      return withField(2 ** exponentBits - 1);
    case 2:
      return bits & ~((1n << BigInt(next() % (fractionBits + 1))) - 1n);
    case 3:
      return bits | ((1n << BigInt(next() % (fractionBits + 1))) - 1n);
    case 4:
      return BigInt.asUintN(width, (other + step) ^ (sign | (bits & 1n)));
    case 5:
      return withField(otherField + (next() % (2 * fractionBits + 6)) - fractionBits - 3);
    case 6:
      // The product's exponent is near emin, or p below it.
      return withField(emin - (otherField - 1 + emin) - emin + 1 - (next() % (fractionBits + 4)) + 2);
    case 7:
      return withField(emax - (otherField - 1 + emin) - emin + 1 + Number(step));
    case 8: {
      // 1 − 2^−h or 1 + 2^−h of any binade: their product is 1 − 2^−2h, just below a power of two.
      const h = BigInt((format.precision + 2) >> 1);
      const digits = next() % 2 === 0 ? hidden >> h : hidden - (hidden >> (h - 1n));
      return withField(emin - (otherField - 1 + emin) - emin + 1 + Number(step), digits & (hidden - 1n));
    }
    case 9:
      return withField(1 - emin + Number(step) + (next() % 3) * (fractionBits >> 1), fraction >> BigInt(next() % 4));
    default:
      return bits;
  }
}

/** The next case of a sequence: any operation, format, mode and tininess. */
export function randomCase(next: () => number, format: BinaryFormat): Case {
  const mode = roundingModes[next() % roundingModes.length];
  const tininess = next() % 2 === 0 ? 'after' : 'before';
  const common = { format, mode, tininess } as const;
  const a = encoding(next, format, raw(next, format.width));
  const b = encoding(next, format, a);
  const choice = next() % 16;
  if (choice < 4) {
    // The third operand is often near −a·b.
    const c: IeeeContext = { mode, tininess, flags: newFlags() };
    const near = next() % 2 === 0 ? a : ieee.mul(a, b, format, c) ^ (1n << BigInt(format.width - 1));
    return { ...common, name: 'fma', operands: [a, b, encoding(next, format, near)] };
  }
  if (choice < 6) {
    const to = testedFormats[next() % testedFormats.length];
    return { ...common, name: 'convert', operands: [a], to };
  }
  if (choice < 8) return { ...common, name: unary[next() % unary.length], operands: [a] };
  return { ...common, name: binaryNames[next() % binaryNames.length], operands: [a, b] };
}
