/** Paper B's setting, small: why its componentwise relative errors are told by quantiles. */
import { expect, it } from 'vitest';
import { analyze } from '../../src/analysis/analyze.ts';
import { quantile } from '../../src/analysis/quantiles.ts';
import { randomDecoder } from '../../src/model/random/random-decoder.ts';
import { randomTokens } from '../../src/model/random/random-tokens.ts';

it('over initialisations, the largest componentwise relative error has a mean far above its median', async () => {
  const size = 20;
  const errors: number[] = [];
  for (let seed = 1; seed <= 20; seed++) {
    const model = randomDecoder({
      ...{ seed, layers: 1, width: size, heads: 1, mlpWidth: size, positions: size, vocabulary: size },
      ...{ norm: 'rmsNorm', activation: 'relu', initialisation: 'normal', standardDeviation: 1, biases: 'none' },
    });
    const { taps } = await analyze(model, randomTokens(seed, 1, size, size), {
      ...{ policy: 'decimal:8', taps: ['layers.0.mlp_residual'], uncertaintyTokens: 1 },
    });
    errors.push(taps[0].relComponentwise.max);
  }
  const median = quantile(Float64Array.from(errors).sort(), 0.5);
  const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
  // Eight digits: more than one rounding, and far from the sequence's end.
  expect(median).toBeGreaterThan(5e-8);
  expect(median).toBeLessThan(1e-2);
  expect(mean).toBeGreaterThan(2 * median);
});
