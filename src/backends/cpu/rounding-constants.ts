/** Roundings as the kernels read them from memory; the fields are described in assembly/layout.ts. */
import type { BinaryFormat } from '../../formats/index.ts';
import { overflowed, overflowsToInfinity, roundingModes } from '../../formats/round.ts';
import type { RoundingContext } from '../../softfloat/scalar.ts';
import type { Address, KernelMemory } from './wasm.ts';

const LANE_BYTES = 192;
const WIDE_BYTES = 160;
const SIGN = 0x80000000;

/** A context whose format is binary. */
export interface BinaryContext extends RoundingContext {
  readonly format: BinaryFormat;
}

/** What a number too large for the context becomes in a nearest mode. */
function special({ format, overflow }: BinaryContext): number {
  return overflow === 'saturate' ? format.largest : overflowed(format, false);
}

/** The smallest float32 that rounds (to nearest even, without a largest number) above the format's largest. */
export function overflowsFrom(format: BinaryFormat): number {
  const gap = 2 ** (format.emax + 1 - format.precision);
  const tie = format.largest + gap / 2;
  // Float32's own: only an infinity is above.
  if (format.precision === 24 && format.emax === 127) return Number.POSITIVE_INFINITY;
  const tieStays = (format.largest / gap) % 2 === 0;
  return tieStays ? tie + 2 ** (format.emax - 23) : tie;
}

/** Constants for float32 lanes; with `scale`, for numbers that are 2^scale times as large. */
export function laneConstants(memory: KernelMemory, context: BinaryContext, scale = 0): Address {
  const { precision, emin } = context.format;
  const address = memory.allocate(LANE_BYTES);
  const dropped = 24 - precision;
  const words = [
    dropped === 0 ? 0 : 2 ** (dropped - 1) - 1,
    1,
    -(2 ** dropped),
    0x7f800000,
    (emin + scale + 127) << 23,
    (dropped << 23) | 0x400000,
    SIGN,
  ];
  const integers = memory.int32(address, LANE_BYTES / 4);
  words.forEach((word, i) => {
    integers.fill(word, 4 * i, 4 * i + 4);
  });
  const numbers = memory.float32(address, LANE_BYTES / 4);
  numbers.fill(overflowsFrom(context.format), 28, 32);
  numbers.fill(special(context), 32, 36);
  numbers.fill(context.format.nan ? Number.NaN : 0, 36, 40);
  numbers.fill(2 ** dropped + 1, 40, 44);
  integers[44] = dropped;
  return address;
}

/** Constants for float64 lanes, of any context whose format fits in float32. */
export function wideConstants(memory: KernelMemory, context: BinaryContext): Address {
  const { format, mode, overflow, subnormals } = context;
  const address = memory.allocate(WIDE_BYTES);
  const numbers = memory.float64(address, WIDE_BYTES / 8);
  const bits = new BigInt64Array(numbers.buffer, address, WIDE_BYTES / 8);
  const beyond = (negative: boolean): number => {
    const size = overflow === 'inf' && overflowsToInfinity(mode, negative) ? special(context) : format.largest;
    return negative ? -size : size;
  };
  const tiny = subnormals === 'flush' || !format.subnormals ? format.smallestNormal : 0;
  numbers.fill(2 ** format.emin, 0, 2);
  bits.fill((BigInt(53 - format.precision) << 52n) | (1n << 51n), 2, 4);
  numbers.fill(format.largest, 4, 6);
  numbers.fill(beyond(false), 6, 8);
  numbers.fill(beyond(true), 8, 10);
  numbers.fill(special(context), 10, 12);
  numbers.fill(tiny, 12, 14);
  bits.fill(format.nan ? -1n : 0n, 14, 16);
  bits.fill(BigInt(format.precision - 1) << 52n, 16, 18);
  memory.int32(address + 144, 1)[0] = roundingModes.indexOf(mode);
  return address;
}
