/** Seeded operands from raw bits: every encoding is as likely as any other, with the special ones and near-ties added. */
import { decode, type Format, nextUp, type RoundingMode, round, roundingModes } from '../../src/formats/index.ts';
import type { RoundingContext } from '../../src/softfloat/scalar.ts';

/** mulberry32: a 32-bit word a call. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
}

const SPECIAL = [0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 1, -1, 2, 0.5];

/** A number of the format: raw bits, sometimes a special value, sometimes of magnitude near 1, where ties are common. */
export function operand(next: () => number, format: Format): number {
  const choice = next() % 16;
  if (choice === 0) return SPECIAL[next() % SPECIAL.length];
  if (choice === 1) return [format.largest, format.smallestNormal, format.smallestSubnormal][next() % 3];
  if (choice < 6) return round((next() / 2 ** 32 - 0.5) * 16, format);
  if (format.kind === 'decimal') return round((next() - 2 ** 31) * 10 ** ((next() % 40) - 30), format);
  const bits = (BigInt(next()) << 32n) | BigInt(next());
  return decode(bits & ((1n << BigInt(format.width)) - 1n), format);
}

/** A float64 that the format does not hold: between two neighbours, often halfway or next to it. */
export function between(next: () => number, format: Format): number {
  const x = operand(next, format);
  if (!Number.isFinite(x) || Math.abs(x) >= format.largest / 4) return x;
  const gap = nextUp(x, format) - x;
  return x + gap * [0.5, 0.5 + 2 ** -20, 0.5 - 2 ** -20, 0.3, 0.01, 0.99][next() % 6];
}

/** Every combination of mode and options. */
export function contexts(format: Format): RoundingContext[] {
  return roundingModes.flatMap((mode) =>
    (['inf', 'saturate'] as const).flatMap((overflow) =>
      (['keep', 'flush'] as const).map((subnormals) => ({ format, mode, overflow, subnormals })),
    ),
  );
}

/** The usual context of a format in a mode. */
export function context(format: Format, mode: RoundingMode = 'nearest-even'): RoundingContext {
  return { format, mode, overflow: 'inf', subnormals: 'keep' };
}

export function title({ format, mode, overflow, subnormals }: RoundingContext): string {
  return `${format.name} ${mode} ${overflow} ${subnormals}`;
}
