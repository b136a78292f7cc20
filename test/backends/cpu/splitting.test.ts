/** The theorem behind the kernels that round by splitting (assembly/lanes.ts), on every significand of float32. */
import { expect, it } from 'vitest';

it.each([2, 3, 4, 5, 6, 7, 8, 9, 10, 11])('splitting rounds to %i bits, ties to even', (p) => {
  const s = 24 - p;
  const [splitter, half] = [2 ** s + 1, 2 ** (s - 1)];
  const { fround } = Math;
  let wrong = 0;
  for (let x = 2 ** 23; x < 2 ** 24; x++) {
    const g = fround(splitter * x);
    const split = fround(fround(x - g) + g);
    const rest = x & (2 * half - 1);
    let kept = x >>> s;
    if (rest > half || (rest === half && (kept & 1) === 1)) kept++;
    if (split !== kept * 2 ** s) wrong++;
  }
  expect(wrong).toBe(0);
});
