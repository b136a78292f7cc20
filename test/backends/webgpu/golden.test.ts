/** Oracle: SHA-256 of every tap from an independent implementation of docs/semantics.md in another language. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GpuArithmetic } from '../../../src/backends/webgpu/gpu-arithmetic.ts';
import { siteNames } from '../../../src/model/program/taps.ts';
import { loadCheckpoint } from '../../../src/platform/node-checkpoint.ts';
import { parsePolicy } from '../../../src/tensor/index.ts';
import { canonicalBytes } from '../../support/bits.ts';
import { gpu, needsGpu } from '../../support/gpu.ts';
import { allTaps } from '../../support/run-program.ts';
import { hasSharedData, needsSharedData, sharedData } from '../../support/shared-data.ts';
import { TRUSTED } from './values.ts';

/** Of the larger model; ULPWISE_FULL=1 takes all, which is some ten minutes on SwiftShader with two cores. */
const largeModelPolicies =
  process.env.ULPWISE_FULL === '1' ? /./ : /^(bf16|fp16; order=pairwise|autocast\(bf16\)|fp16; softmax=unshifted)$/;

interface Golden {
  models: Record<string, { tokens: number[][]; policies: Record<string, Record<string, string>> }>;
}

describe.skipIf(gpu === undefined || !hasSharedData)(needsSharedData(needsGpu('digests of every tap')), () => {
  const golden: Golden = hasSharedData
    ? JSON.parse(readFileSync(resolve(sharedData, 'golden/digests.json'), 'utf8'))
    : { models: {} };
  for (const [name, { tokens, policies }] of Object.entries(golden.models)) {
    const part = Object.keys(policies).filter((text) => name === 'gpt-nano-sort' || largeModelPolicies.test(text));
    it.each(part)(`${name}: %s`, async (text) => {
      const model = await loadCheckpoint(resolve(sharedData, name));
      const { specFor } = parsePolicy(text, siteNames(model.config));
      const taps = await allTaps(model, tokens, new GpuArithmetic(text, specFor, gpu!, TRUSTED));
      const digests = [...taps].map(([tap, { data }]) => [
        tap,
        createHash('sha256').update(canonicalBytes(data)).digest('hex'),
      ]);
      expect(Object.fromEntries(digests)).toEqual(policies[text]);
    });
  }
});
