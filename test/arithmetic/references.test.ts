import { describe, expect, it } from 'vitest';
import { norm2 } from '../../src/analysis/metrics.ts';
import { referenceArithmetic } from '../../src/analysis/references.ts';
import { type RandomDecoderOptions, randomDecoder } from '../../src/model/random/random-decoder.ts';
import { allTaps } from '../support/run-program.ts';

const tokens = [[3, 1, 4, 1, 5, 9]];
const shapes: [string, RandomDecoderOptions][] = [
  ['GPT-2 style', {}],
  ['LLaMA style', { norm: 'rmsNorm', activation: 'silu', gated: true, positionEncoding: 'rotary', kvHeads: 1 }],
  ['post-norm, erf', { normPlacement: 'post', activation: 'gelu-erf' }],
];

describe('the references agree to their own precision', () => {
  it.each(shapes)('%s', async (_, options) => {
    const model = randomDecoder({ layers: 2, width: 8, heads: 2, vocabulary: 10, positions: 8, seed: 3, ...options });
    const [float64, doubleDouble, decimal] = await Promise.all(
      (['float64', 'double-double', 'decimal:50'] as const).map((name) =>
        allTaps(model, tokens, referenceArithmetic(name)),
      ),
    );
    for (const [tap, { data }] of decimal) {
      const rows = [{ start: 0, end: data.length }];
      const finite = data.map((x) => (Number.isFinite(x) ? x : 0));
      const distance = (other: Map<string, { data: ArrayLike<number> }>): number => {
        const theirs = other.get(tap)?.data as ArrayLike<number>;
        return (
          norm2(
            finite.map((x, i) => (Number.isFinite(data[i]) ? x - theirs[i] : 0)),
            rows,
          ) / norm2(finite, rows)
        );
      };
      // Some 100 roundings deep, each below 2^-52 of numbers of the size of the result.
      expect(distance(float64), tap).toBeLessThan(100 * 2 ** -52);
      // Both are rounded to float64 to be compared, and round alike.
      expect(distance(doubleDouble), tap).toBeLessThan(2 ** -52);
    }
  });
});
