import { expect, it } from 'vitest';
import { analyze } from '../../src/analysis/analyze.ts';
import { attentionPrecisionExperiment, policyOf } from '../../src/experiments/attention-precision/index.ts';
import { parametersOf } from '../../src/experiments/parameters.ts';
import { randomDecoder } from '../../src/model/random/random-decoder.ts';
import { randomTokens } from '../../src/model/random/random-tokens.ts';
import { context } from './small.ts';

// Oracle: an analysis for each policy, with a reference of its own.
it('errors against one reference are those of an analysis', async () => {
  const parameters = parametersOf(attentionPrecisionExperiment, [
    ...['layers=2', 'width=16', 'tokens=5', 'samples=1', 'gains=4', 'formats=bf16'],
  ]);
  const [cell] = attentionPrecisionExperiment.cells(parameters);
  const rows = await attentionPrecisionExperiment.run(parameters, cell, context);
  const model = randomDecoder({
    ...{ layers: 2, width: 16, heads: 4, positions: 5, seed: 1 },
    ...{ initialisation: 'fan-in', standardDeviation: 1, queryKeyGain: 4 },
  });
  const tokens = randomTokens(1, 1, 5, model.config.vocabulary);
  for (const [name, parts] of [
    ['none', []],
    ['softmax', ['softmax']],
    ['scores + softmax + accumulation', ['scores', 'softmax', 'accumulation']],
  ] as const) {
    const { taps } = await analyze(model, tokens, {
      policy: policyOf('bf16', 'fp32', parts),
      taps: ['*.mlp_residual'],
    });
    expect(rows.filter((row) => row.parts === name).map(({ error, errorLinf }) => [error, errorLinf])).toEqual(
      taps.map(({ relFrobenius, relLinf }) => [relFrobenius, relLinf.q50]),
    );
  }
});
