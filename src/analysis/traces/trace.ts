/**
 * What a run recorded at its taps, whoever ran it: named tensors with the format that each was stored in, read one at a
 * time. Tap names and shapes are those of docs/semantics.md.
 */
import { type Format, InputError } from '../../formats/index.ts';
import type { Span } from '../../tensor/index.ts';

/** What is known of a run beside its numbers. */
export interface TraceMetadata {
  /** `ulpwise`, `pytorch`, …; `unknown` where the file does not say. */
  readonly producer: string;
  /** The policy of a run of ulpwise. */
  readonly policy?: string;
  /** The sequences, each without its padding. */
  readonly tokens?: readonly (readonly number[])[];
  /** Where each sequence's own tokens stand on the token axis of the taps; the rest is padding. */
  readonly spans?: readonly Span[];
}

export interface TapHeader {
  readonly shape: readonly number[];
  /** The format that the numbers were stored in; null for integers. */
  readonly format: Format | null;
}

export interface RecordedTap extends TapHeader {
  /** Row-major, unrounded. */
  readonly values: Float64Array;
}

export interface Trace {
  /** A file's path as given, or another name; for messages. */
  readonly source: string;
  readonly metadata: TraceMetadata;
  /** Program order as far as it is known: taps with names of ours as the program has them, then the others. */
  taps(): readonly string[];
  /** Without reading the numbers; undefined where there is no such tap. */
  header(name: string): TapHeader | undefined;
  /** @throws InputError where there is no such tap, or its numbers cannot be read */
  read(name: string): Promise<RecordedTap>;
}

/** A trace that is in memory already; its taps in the map's order. */
export function memoryTrace(source: string, metadata: TraceMetadata, taps: ReadonlyMap<string, RecordedTap>): Trace {
  const names = [...taps.keys()];
  return {
    source,
    metadata,
    taps: () => names,
    header: (name) => taps.get(name),
    async read(name) {
      const tap = taps.get(name);
      if (tap === undefined) throw new InputError(`${source}: expected a tap '${name}', got none of that name`);
      return tap;
    },
  };
}
