/** Seeded sequences of tokens, each token uniform and with an address of its own. */
import { fnv1a, keyOf, philox } from '../../softfloat/philox.ts';

/** `sequences` arrays of `length` tokens below `vocabulary`: ⌊w·vocabulary/2^32⌋, w the first word at (place, 0, name, sequence). */
export function randomTokens(seed: number, sequences: number, length: number, vocabulary: number): number[][] {
  const key = keyOf(seed);
  const words = new Uint32Array(4);
  const name = fnv1a('tokens');
  return Array.from({ length: sequences }, (_, sequence) =>
    Array.from({ length }, (_, place) => {
      philox([place, 0, name, sequence], key, words);
      return Math.floor((words[0] / 2 ** 32) * vocabulary);
    }),
  );
}
