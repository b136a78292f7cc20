/** Jobs of stochastic rounding in memory, in the order of assembly/stochastic/layout.ts. */
import type { Addresses } from '../../arithmetic/stochastic.ts';
import { type BinaryFormat, type Format, fitsFloat32 } from '../../formats/index.ts';
import type { RoundingContext } from '../../softfloat/scalar.ts';
import { type BinaryContext, wideConstants } from './rounding-constants.ts';
import type { Address, KernelMemory } from './wasm.ts';

/** Prepared elements, five sets of words, and a stack of 36 sums (a pairwise sum of 2^31 terms has 31 waiting). */
export const SCRATCH = 128 + 5 * 32 + 36 * 64;

/** A rounding with its word takes about as long as so many multiplications of the other kernels. */
export const ROUNDING_COST = 64;

const ROUNDS = 10;
/** Philox's Weyl constants (src/softfloat/philox.ts). */
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

/** What a stochastic rounding needs besides its words. */
export type StochasticContext = Omit<RoundingContext, 'mode'>;

/** Formats that the kernels round to. */
export function isKernelFormat(format: Format): format is BinaryFormat {
  return fitsFloat32(format) && format.signedZero;
}

/** Philox's keys, round by round, a vector of each of the two. */
export function keysOf(memory: KernelMemory, { key }: Addresses): Address {
  const address = memory.allocate(ROUNDS * 32);
  const words = memory.int32(address, ROUNDS * 8);
  for (let round = 0; round < ROUNDS; round++) {
    words.fill(key[0] + round * W0, 8 * round, 8 * round + 4);
    words.fill(key[1] + round * W1, 8 * round + 4, 8 * round + 8);
  }
  return address;
}

/** Constants of a rounding in float64 lanes: overflow as in the nearest modes. */
export function constantsOf(memory: KernelMemory, context: StochasticContext): Address {
  return wideConstants(memory, { ...context, mode: 'nearest-even' } as BinaryContext);
}

/** Whether a rounding looks at what is left beside a float64 (assembly/stochastic/round.ts). */
export function isFine(format: Format): boolean {
  return format.kind === 'binary' && format.precision > 21;
}
