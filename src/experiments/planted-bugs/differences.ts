/** Pairs of runs that differ honestly. */
import { CpuArithmetic } from '../../backends/cpu/cpu-arithmetic.ts';
import type { Batch } from '../../model/program/batch.ts';
import { batchOf } from '../../model/program/batch.ts';
import { siteNames } from '../../model/program/taps.ts';
import { randomTokens } from '../../model/random/random-tokens.ts';
import { parsePolicy } from '../../tensor/index.ts';
import type { Pair, Place } from './planted.ts';
import { ForeignArithmetic } from './programs.ts';
import { record, recordGeneration } from './record.ts';

/** Overrides of B's policy. */
const overrides = {
  pairwise: 'order=pairwise',
  'reversed order': 'order=reversed',
  'blocks of 8': 'order=blocked(8)',
  '8 lanes': 'order=lanes(8)',
  'split in 4': 'order=splitk(4)',
  'compensated sums': 'order=kahan',
  'fused multiply-add': 'fma=on',
  'fused bias': 'bias=fused',
} as const;

export const differenceNames = [
  ...(Object.keys(overrides) as (keyof typeof overrides)[]),
  'padded batch',
  'key-value cache',
  'another program',
] as const;
export type DifferenceName = (typeof differenceNames)[number];

export async function honestPair(name: DifferenceName, place: Place): Promise<Pair> {
  const { model, policy, seed, sample } = place;
  const specs = (text: string) => parsePolicy(text, siteNames(model.config)).specFor;
  if (name === 'key-value cache') return cachedPair(place);
  const lengths = [place.tokens, Math.ceil(place.tokens / 3)];
  const tokens = randomTokens(seed + sample, 2, place.tokens, model.config.vocabulary).map((t, s) =>
    t.slice(0, lengths[s]),
  );
  const batch = batchOf(tokens, { token: 0 });
  const theirPolicy = name in overrides ? `${policy}; ${overrides[name as keyof typeof overrides]}` : policy;
  const [specOf, theirSpecOf] = [specs(policy), specs(theirPolicy)];
  const theirBatch =
    name === 'padded batch' ? batchOf(tokens, { token: 0, side: 'left', length: place.tokens + 7 }) : batch;
  const theirs =
    name === 'another program'
      ? new ForeignArithmetic(specs(`${policy}; order=lanes(8)`), seed + sample)
      : new CpuArithmetic('B', theirSpecOf);
  const metadata = (text: string, { spans }: Batch) => ({ producer: 'ulpwise', policy: text, tokens, spans });
  const A = await record(model, batch, new CpuArithmetic('A', specOf), specOf, metadata(policy, batch));
  const B = await record(model, theirBatch, theirs, theirSpecOf, metadata(theirPolicy, theirBatch));
  return {
    traces: { A: A.trace, B: B.trace },
    producer: name === 'another program' ? 'unknown' : 'ulpwise',
  };
}

/** One run over all tokens, and one that takes the second half of them from a cache, in kernels chosen by shape. */
async function cachedPair({ model, policy, seed, sample, tokens: length }: Place): Promise<Pair> {
  const text = `${policy}; kernels=shaped`;
  const { specFor } = parsePolicy(text, siteNames(model.config));
  const tokens = randomTokens(seed + sample, 1, length, model.config.vocabulary);
  const metadata = { producer: 'ulpwise', policy: text, tokens };
  const arithmetic = () => new CpuArithmetic('cached', specFor);
  const A = await record(model, batchOf(tokens, { token: 0 }), arithmetic(), specFor, metadata);
  const prompt = Math.ceil(length / 2);
  const B = await recordGeneration(model, tokens[0], prompt, arithmetic(), specFor, metadata);
  return { traces: { A: A.trace, B }, producer: 'ulpwise' };
}
