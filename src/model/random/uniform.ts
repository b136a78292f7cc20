/** Seeded uniform numbers, the same on every machine. */
import { fnv1a, keyOf, philox } from '../../softfloat/philox.ts';

/** `size` numbers uniform in (low, high): number i is made of the first word of Philox at (i, 0, FNV-1a of the name, 0). */
export function uniformNumbers(size: number, name: string, seed: number, low: number, high: number): Float64Array {
  const [key, words, hash] = [keyOf(seed), new Uint32Array(4), fnv1a(name)];
  return Float64Array.from({ length: size }, (_, i) => {
    philox([i, 0, hash, 0], key, words);
    return low + ((words[0] + 0.5) / 2 ** 32) * (high - low);
  });
}
