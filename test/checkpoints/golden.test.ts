/** Oracle: SHA-256 of every tap from an independent implementation of docs/semantics.md in another language. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SoftfloatArithmetic } from '../../src/arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../src/backends/cpu/cpu-arithmetic.ts';
import { siteNames } from '../../src/model/program/taps.ts';
import { loadCheckpoint } from '../../src/platform/node-checkpoint.ts';
import { parsePolicy } from '../../src/tensor/index.ts';
import { canonicalBytes } from '../support/bits.ts';
import { allTaps } from '../support/run-program.ts';
import { hasSharedData, needsSharedData, sharedData } from '../support/shared-data.ts';

interface Golden {
  models: Record<string, { tokens: number[][]; policies: Record<string, Record<string, string>> }>;
}

/** What the slow oracle runs too: every order and each kind of mixture, on the smaller model. */
const oraclePolicies =
  /^(bf16|fp16; order=kahan|autocast\(bf16\)|fp16; softmax=unshifted|e4m3; acc.*|bf16; product=exact; .*)$/;

describe.skipIf(!hasSharedData)(needsSharedData('digests of every tap'), () => {
  const golden: Golden = hasSharedData
    ? JSON.parse(readFileSync(resolve(sharedData, 'golden/digests.json'), 'utf8'))
    : { models: {} };
  it('are there for two models under 31 policies', () => {
    expect(Object.values(golden.models).map(({ policies }) => Object.keys(policies).length)).toEqual([31, 31]);
  });
  for (const [name, { tokens, policies }] of Object.entries(golden.models)) {
    const check = async (text: string, Interpreter: typeof SoftfloatArithmetic): Promise<void> => {
      const model = await loadCheckpoint(resolve(sharedData, name));
      const { specFor } = parsePolicy(text, siteNames(model.config));
      const taps = await allTaps(model, tokens, new Interpreter(text, specFor));
      const digests = [...taps].map(([tap, { data }]) => [
        tap,
        createHash('sha256')
          .update(canonicalBytes(Float32Array.from(data)))
          .digest('hex'),
      ]);
      expect(Object.fromEntries(digests)).toEqual(policies[text]);
    };
    it.each(Object.keys(policies))(`${name}: %s`, (text) => check(text, CpuArithmetic));
    const part = Object.keys(policies).filter((text) => name === 'gpt-nano-sort' && oraclePolicies.test(text));
    it.each(part)(`${name}, scalar oracle: %s`, (text) => check(text, SoftfloatArithmetic));
  }
});
