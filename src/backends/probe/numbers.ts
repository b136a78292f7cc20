/** Operands for measurements: the numbers of a format at which rounding modes differ, and some of any bits. */
import { type BinaryFormat, decode, round } from '../../formats/index.ts';
import { choices } from './query.ts';

const ANY = 8;

/**
 * Finite normal numbers, of both signs, whose sums, products and quotients lie on midpoints, beside them, and beyond the
 * largest number.
 */
export function operands(format: BinaryFormat): number[] {
  const { epsMach, u, largest, smallestNormal, emax, precision } = format;
  const chosen = [
    ...[1, 1 + epsMach, 1 + 2 * epsMach, 1 + 3 * epsMach, 1.5, 2 - epsMach, 0.5, 2, 3, 10, 0.1, 1 / 3, 2 / 3],
    ...[u, u * (1 + epsMach), u * (2 - epsMach), u / 2, epsMach, 3 * u],
    ...[largest, largest / 2, 2 ** (emax - precision), 2 ** (emax - precision - 1), 2 ** emax],
    ...[smallestNormal, smallestNormal * (1 + epsMach), smallestNormal * 2],
  ].map((x) => round(x, format));
  const magnitudes = new Set([...chosen, ...anyNumbers(format, ANY, () => true)]);
  const normal = [...magnitudes].filter((x) => x >= smallestNormal && Number.isFinite(x));
  return normal.flatMap((x) => [x, -x]);
}

/** Positive numbers with any bits. */
export function anyNumbers(format: BinaryFormat, count: number, wanted: (x: number) => boolean): number[] {
  const next = choices(0x2545f491);
  const found: number[] = [];
  while (found.length < count) {
    const bits = (BigInt(next(2 ** 31)) << 42n) ^ (BigInt(next(2 ** 31)) << 21n) ^ BigInt(next(2 ** 31));
    const x = decode(bits & ((1n << BigInt(format.width - 1)) - 1n), format);
    if (Number.isFinite(x) && wanted(x)) found.push(x);
  }
  return found;
}
