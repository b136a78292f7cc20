/** A pair of runs of which one has a defect. */
import { rowsOf } from '../../analysis/rows.ts';
import { visible } from '../../analysis/traces/explain/local-check.ts';
import type { Trace } from '../../analysis/traces/trace.ts';
import { CpuArithmetic } from '../../backends/cpu/cpu-arithmetic.ts';
import type { DecoderSource } from '../../model/decoder-source.ts';
import { batchOf } from '../../model/program/batch.ts';
import { siteNames } from '../../model/program/taps.ts';
import { randomTokens } from '../../model/random/random-tokens.ts';
import { parsePolicy } from '../../tensor/index.ts';
import { Random } from '../../testing/random.ts';
import { type BugName, plantOf } from './bugs.ts';
import { record } from './record.ts';

export interface Place {
  readonly model: DecoderSource;
  readonly policy: string;
  readonly seed: number;
  readonly sample: number;
  readonly tokens: number;
}

export interface Pair {
  readonly traces: { readonly A: Trace; readonly B: Trace };
  /** Of B; A is ours. */
  readonly producer: 'ulpwise' | 'unknown';
  /** What was changed in B. */
  readonly planted?: {
    readonly tap: string;
    /** The tap's numbers as they were. */
    readonly honest: Float64Array;
    /** Of all of the tap's numbers those that are compared. */
    readonly visible: (values: Float64Array) => Float64Array;
  };
}

/** Both runs are honest otherwise, in different orders of additions. Undefined where the decoder has no place for the defect. */
export async function plantedPair(name: BugName, place: Place): Promise<Pair | undefined> {
  const { model, policy, seed, sample } = place;
  const specs = (text: string) => parsePolicy(text, siteNames(model.config)).specFor;
  const [ours, theirs] = [`${policy}; order=pairwise`, policy];
  const specOf = specs(theirs);
  const random = new Random(seed, `${name} ${policy} ${model.config.activation}`, sample);
  const plant = plantOf(name, { config: model.config, specOf, random });
  if (plant === undefined) return undefined;
  const tokens = randomTokens(seed + sample, 1, place.tokens, model.config.vocabulary);
  const batch = batchOf(tokens, { token: 0 });
  const metadata = (text: string) => ({ producer: 'ulpwise', policy: text, tokens });
  const A = await record(model, batch, new CpuArithmetic('A', specs(ours)), specOf, metadata(ours));
  const B = await record(model, batch, new CpuArithmetic('B', specOf), specOf, metadata(theirs), plant);
  const { tap } = plant;
  const rows = rowsOf(tap, B.trace.header(tap)?.shape ?? [], batch);
  return {
    ...{ traces: { A: A.trace, B: B.trace }, producer: 'ulpwise' },
    planted: { tap, honest: B.honest as Float64Array, visible: (values) => visible(values, rows) },
  };
}
