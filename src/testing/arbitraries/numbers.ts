/** Formats, their numbers from raw bits, and tensors of them. */
import { type BinaryFormat, decode, encode, type Format, formats, parseFormat, round } from '../../formats/index.ts';
import type { Arbitrary, FastCheck } from './fast-check.ts';

export interface FormatConstraints {
  /** Only formats that have a name (fp16, e4m3, …), no other eXmY. Default: false. */
  readonly named?: boolean;
  /** The widest encoding, in bits, 4 to 64. Default: 64. */
  readonly maxWidth?: number;
}

/** Binary formats; shrinks towards the widest named one. */
export function format(
  fc: FastCheck,
  { named = false, maxWidth = 64 }: FormatConstraints = {},
): Arbitrary<BinaryFormat> {
  const known = (Object.values(formats) as BinaryFormat[]).filter(({ width }) => width <= maxWidth);
  const ofName = fc.constantFrom(...known);
  if (named) return ofName;
  const ofSizes = fc
    .tuple(fc.integer({ min: 2, max: 11 }), fc.integer({ min: 1, max: 52 }))
    .filter(([x, y]) => 1 + x + y <= maxWidth)
    .map(([x, y]) => parseFormat(`e${x}m${y}`) as BinaryFormat);
  return fc.oneof({ withCrossShrink: true }, ofName, ofSizes);
}

export interface NumberConstraints {
  /** No infinity and no NaN. Default: true. */
  readonly finite?: boolean;
}

/**
 * Numbers of a format, from random bits: every exponent as likely as any other, subnormals and −0 included. Shrinks to +0.
 * Decimal formats have no bits: there it is any float64, rounded.
 */
export function number(fc: FastCheck, of: Format, { finite = true }: NumberConstraints = {}): Arbitrary<number> {
  const numbers =
    of.kind === 'decimal'
      ? fc.double().map((x) => round(x, of))
      : fc.bigInt({ min: 0n, max: (1n << BigInt(of.width)) - 1n }).map(
          (bits) => decode(bits, of),
          (x) => encode(x as number, of),
        );
  return finite ? numbers.filter(Number.isFinite) : numbers;
}

export interface TensorConstraints extends NumberConstraints {
  /** This shape. Default: any of at most `maxRank` dimensions, none of them 0. */
  readonly shape?: readonly number[];
  /** Default: 3. */
  readonly maxRank?: number;
  /** The longest dimension. Default: 5. */
  readonly maxLength?: number;
}

/** Row by row, as `simulate` and `reference` take it. */
export interface ArbitraryTensor {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** Tensors of numbers of a format. Shrinks to one +0. */
export function tensor(
  fc: FastCheck,
  of: Format,
  { shape, maxRank = 3, maxLength = 5, ...numbers }: TensorConstraints = {},
): Arbitrary<ArbitraryTensor> {
  const length = fc.integer({ min: 1, max: maxLength });
  const shapes = shape ? fc.constant(shape) : fc.array(length, { minLength: 1, maxLength: maxRank, size: 'max' });
  return shapes.chain((drawn) => {
    const size = drawn.reduce((product, n) => product * n, 1);
    return fc
      .array(number(fc, of, numbers), { minLength: size, maxLength: size })
      .map((data) => ({ shape: drawn, data }));
  });
}
