/** Is this difference expected? Two traces of one decoder, each held against its own numbers, span by span. */
import type { DecoderSource } from '../../../model/decoder-source.ts';
import { halfBlocks, siteNames } from '../../../model/program/taps.ts';
import { parsePolicy } from '../../../tensor/index.ts';
import { norm2 } from '../../metrics.ts';
import type { Progress } from '../../options.ts';
import { steps } from '../../steps.ts';
import { align } from '../align.ts';
import type { Trace } from '../trace.ts';
import { checkTaps, type RecordedBatch, recordedBatch } from './batch.ts';
import { type CheckedSide, type CheckedTap, LocalChecks } from './local-check.ts';
import { freedomOf, type ProducerName, policyOf, producerOf } from './producers.ts';
import type { ExplainedSide, ExplainedTap, Explanation, LocalCheck, SideName, Split } from './result.ts';

export interface SideOptions {
  /** Default: what the trace names. */
  readonly producer?: ProducerName | undefined;
  /** Default: what the trace says, or else by the formats of its taps. */
  readonly policy?: string | undefined;
}

export interface ExplainOptions {
  readonly A?: SideOptions | undefined;
  readonly B?: SideOptions | undefined;
  /** The sequences without padding, as in A, where neither trace says. */
  readonly tokens?: readonly (readonly number[])[] | undefined;
  /** Where a trace that does not say so itself is padded. */
  readonly pad?: 'left' | 'right' | undefined;
  /** Receives each recorded tap as it was checked, in program order. */
  readonly onTap?: ((tap: string, sides: Readonly<Record<SideName, CheckedTap | undefined>>) => void) | undefined;
  /** Called before each step of the program. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Awaited between steps. */
  readonly pause?: (() => Promise<void>) | undefined;
}

/**
 * @throws InputError where a trace is not of this model, a policy or the tokens are wrong, or the traces are of other sequences
 */
export async function explain(
  model: DecoderSource,
  traces: Readonly<Record<SideName, Trace>>,
  options: ExplainOptions = {},
): Promise<Explanation> {
  const { config } = model;
  checkTaps(config, traces.A);
  checkTaps(config, traces.B);
  const { pairs, batches } = align(traces.A, traces.B, options.pad);
  const tokens = pairs.map(
    ({ a, b }, i) => traces.A.metadata.tokens?.[a] ?? traces.B.metadata.tokens?.[b] ?? options.tokens?.[i],
  );
  const side = (name: SideName): CheckedSide & { readonly described: ExplainedSide } => {
    const key = name === 'A' ? 'a' : 'b';
    const sequences = pairs.map((pair) => pair[key]);
    const known = batches?.[key].spans.map((_, s) => tokens[sequences.indexOf(s)]) ?? [];
    const recorded = recordedBatch(config, traces[name], batches?.[key], known);
    return { ...sideOf(model, traces[name], recorded, options[name]), sequences };
  };
  const [A, B] = [side('A'), side('B')];
  const checks = { A: new LocalChecks(config, A), B: new LocalChecks(config, B) };
  const groups = tapsByStep(model);
  const taps: ExplainedTap[] = [];
  let done = 0;
  for await (const step of steps(model)) {
    const names = groups[done];
    options.onProgress?.({ done, total: groups.length, what: names[0] });
    const [ours, theirs] = [await checks.A.step(step, names), await checks.B.step(step, names)];
    for (const tap of names) {
      const [a, b] = [ours.get(tap), theirs.get(tap)];
      if (a === undefined && b === undefined) continue;
      options.onTap?.(tap, { A: a, B: b });
      taps.push({ tap, A: a?.check, B: b?.check, split: a && b && splitOf(a, b) });
    }
    done++;
    await options.pause?.();
  }
  return { ...verdictOf(taps), sides: { A: A.described, B: B.described }, taps };
}

function sideOf(
  { config }: DecoderSource,
  trace: Trace,
  { batch, hasTokens }: RecordedBatch,
  options: SideOptions = {},
): Omit<CheckedSide, 'sequences'> & { readonly described: ExplainedSide } {
  const producer = options.producer ?? producerOf(trace);
  const policy = options.policy ?? policyOf(producer, trace);
  const { specFor } = parsePolicy(policy, siteNames(config));
  return {
    ...{ trace, batch, hasTokens, specOf: specFor, freedom: freedomOf(producer, config, batch, trace) },
    described: { source: trace.source, producer, policy, embeddingChecked: hasTokens },
  };
}

/** The taps of each step: the embedding, half blocks up to their residual streams, the head. */
function tapsByStep({ config }: DecoderSource): string[][] {
  const ends = new Set(['embed', ...halfBlocks(config).map(({ name }) => name)]);
  const groups: string[][] = [[]];
  for (const tap of siteNames(config)) {
    groups[groups.length - 1].push(tap);
    if (ends.has(tap)) groups.push([]);
  }
  return groups;
}

/** Where the other side stands by its own numbers is what was inherited; each side's distance from there is its own. */
function splitOf(a: CheckedTap, b: CheckedTap): Split {
  const all = [{ start: 0, end: b.recorded.length }];
  const size = norm2(b.recorded, all);
  const relative = (x: Float64Array, y: Float64Array): number => {
    const distance = norm2(
      x.map((xi, i) => (xi === y[i] ? 0 : xi - y[i])),
      all,
    );
    return distance === 0 ? 0 : distance / size;
  };
  return {
    difference: relative(a.recorded, b.recorded),
    inherited: relative(a.recomputed, b.recomputed),
    addedA: relative(a.recorded, a.recomputed),
    addedB: relative(b.recorded, b.recomputed),
  };
}

function verdictOf(taps: readonly ExplainedTap[]): Pick<Explanation, 'verdict' | 'tap' | 'side' | 'evidence'> {
  const first = taps.find(({ A, B }) => isBeyond(A) || isBeyond(B));
  if (first === undefined) {
    const sides = taps.flatMap(({ A, B }) => [A, B].filter((check) => check !== undefined));
    const nearest = sides.reduce((most, { boundRatio }) => Math.max(most, boundRatio), 0);
    const unknown = sides.reduce((count, check) => count + check.unknown, 0);
    const rest =
      unknown === 0
        ? ''
        : `; nothing is known of ${unknown} entries, where an overflow may have happened or a layer is in 8 bits`;
    const evidence = `every recorded number is one that rounding can give: at most ${nearest.toPrecision(3)} of the bound${rest}`;
    return { verdict: 'expected', tap: null, side: null, evidence };
  }
  const { tap, A, B } = first;
  const side = isBeyond(A) ? (isBeyond(B) ? 'both' : 'A') : 'B';
  const evidence = evidenceOf((side === 'B' ? B : A) as LocalCheck);
  return {
    verdict: 'bug',
    tap,
    side,
    evidence: side === 'both' ? `${evidence} (A; B is beyond its bound, too)` : evidence,
  };
}

function isBeyond(check: LocalCheck | undefined): boolean {
  return check !== undefined && check.beyond > 0;
}

function evidenceOf({ entries, beyond, boundRatio, orderFree, worst }: LocalCheck): string {
  if (worst === undefined) throw new Error('evidence: expected an entry beyond its bound');
  const { index, recorded, recomputed, difference, bound } = worst;
  const at = `${beyond} of ${entries} entries; the worst at [${index}]: recorded ${recorded}, recomputed ${recomputed} from the trace's own inputs`;
  if (orderFree || bound === 0) return `${at}; no order of additions matters here, so that it must match to the bit`;
  if (!Number.isFinite(boundRatio)) return `${at}; no overflow was possible`;
  return `${at}; the difference ${difference.toPrecision(3)} is ${boundRatio.toPrecision(3)} times what rounding can do (${bound.toPrecision(3)})`;
}
