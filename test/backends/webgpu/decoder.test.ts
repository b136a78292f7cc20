/**
 * Oracle: the scalar interpreter, on random decoders under policies of every format, order and mode, with subnormals, infinities,
 * NaN and −0 in their inputs. ULPWISE_FULL=1 takes every combination, of which ULPWISE_SHARD=i/n takes the i-th of n parts.
 */
import { describe, expect, it } from 'vitest';
import { decoderCase, pairwiseRows, productRows, rowTitle } from '../../support/decoder-cases.ts';
import { gpu, needsGpu } from '../../support/gpu.ts';
import { expectSameTaps } from '../../support/three-backends.ts';
import { TRUSTED } from './values.ts';

function chosenRows() {
  if (process.env.ULPWISE_FULL !== '1') return pairwiseRows;
  const [, part, parts] = (/^(\d+)\/(\d+)$/.exec(process.env.ULPWISE_SHARD ?? '1/1') ?? []).map(Number);
  return productRows().filter((_, i) => i % parts === part - 1);
}

describe.skipIf(gpu === undefined)(
  needsGpu('random decoders equal the scalar oracle and the CPU backend, every tap'),
  () => {
    it.each(chosenRows().map((row) => [rowTitle(row), row] as const))('%s', async (_, row) => {
      expect(await expectSameTaps(decoderCase(row), gpu!, TRUSTED)).toBeGreaterThan(1000);
    });
  },
);
