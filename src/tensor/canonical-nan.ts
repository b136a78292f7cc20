/** The one NaN that results hold: positive and quiet, as docs/semantics.md has it. */
import type { Numbers } from './tensor.ts';

/** Upper words of the quiet NaN, and of infinity. */
const single = { nan: 0x7fc00000, infinity: 0x7f800000 };
const double = { nan: 0x7ff80000, infinity: 0x7ff00000 };

const littleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/**
 * Makes every NaN the canonical one, in place. An engine's own NaN has any sign and payload, by how its code was compiled,
 * so that this is done on bits.
 */
export function withCanonicalNaN<N extends Numbers>(numbers: N): N {
  const wide = numbers instanceof Float64Array;
  const { nan, infinity } = wide ? double : single;
  const words = new Uint32Array(numbers.buffer, numbers.byteOffset, wide ? 2 * numbers.length : numbers.length);
  for (let i = 0; i < numbers.length; i++) {
    const [upper, lower] = wide ? (littleEndian ? [2 * i + 1, 2 * i] : [2 * i, 2 * i + 1]) : [i, -1];
    const size = words[upper] & 0x7fffffff;
    if (size < infinity || (size === infinity && (lower < 0 || words[lower] === 0))) continue;
    words[upper] = nan;
    if (lower >= 0) words[lower] = 0;
  }
  return numbers;
}
