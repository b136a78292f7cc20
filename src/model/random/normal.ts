/** Seeded normal numbers, the same on every machine. */
import { randomNormals } from '../../backends/cpu/random-normals.ts';
import { kernelMemory } from '../../backends/cpu/wasm.ts';
import { fnv1a, keyOf } from '../../softfloat/philox.ts';

/**
 * `size` numbers N(0, standardDeviation²) in float32: element i of the tensor of this name under this seed.
 *
 * Method: words (w0, w1) of Philox4x32-10 with key (seed low, seed high) and counter (i, 0, FNV-1a of the name, 0), i below
 * 2^32; p = (w0·2^20 + ⌊w1/2^12⌋ + 1/2)·2^−52, exact in float64, symmetric and never 0 or 1 (with one bit more, the half
 * would be rounded away and p = 1 be reached); the quantile of p (AS241, assembly/normal.ts) times the standard deviation
 * in float64; then rounded to float32.
 */
export function normalNumbers(size: number, name: string, seed: number, standardDeviation: number): Float32Array {
  return randomNormals(kernelMemory(), size, { key: keyOf(seed), name: fnv1a(name), standardDeviation });
}
