/** Two traces side by side, tap by tap: one tap of each is in memory at a time. */
import { InputError } from '../../formats/index.ts';
import { layerOf } from '../../model/program/taps.ts';
import { patternTest } from '../../tensor/index.ts';
import type { Progress } from '../options.ts';
import { align, alignedRows, type Pair } from './align.ts';
import { compareTap, type TapDifference } from './compare.ts';
import { inProgramOrder } from './program-order.ts';
import type { TapHeader, Trace, TraceMetadata } from './trace.ts';

export interface DiffOptions {
  /** Where a trace that does not say so itself is padded. */
  readonly pad?: 'left' | 'right' | undefined;
  /** Taps to compare, `*` for any characters; default all. */
  readonly taps?: readonly string[] | undefined;
  /** Ends at the first tap that differs. */
  readonly first?: boolean | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Awaited between taps. */
  readonly pause?: (() => Promise<void>) | undefined;
}

export interface ComparedTap {
  readonly tap: string;
  /** Block the tap is in; null outside of blocks. */
  readonly layer: number | null;
  readonly a: { readonly shape: readonly number[]; readonly format: string };
  readonly b: { readonly shape: readonly number[]; readonly format: string };
  /** null where the shapes do not belong together, padding aside. */
  readonly difference: TapDifference | null;
}

export interface TraceDiff {
  readonly schema: 'ulpwise.diff/1';
  readonly a: { readonly source: string } & TraceMetadata;
  readonly b: { readonly source: string } & TraceMetadata;
  /** Sequences that were compared; empty where taps were compared whole. */
  readonly pairs: readonly Pair[];
  /** In program order; with `first` up to the first that differs. */
  readonly taps: readonly ComparedTap[];
  readonly onlyInA: readonly string[];
  readonly onlyInB: readonly string[];
  /** Whether every tap that was compared has the same numbers. */
  readonly identical: boolean;
  /** The first tap of other numbers, or of a shape that does not fit. */
  readonly firstDifference: string | null;
}

/** True if the numbers differ, or could not be compared. */
export function differs({ difference }: ComparedTap): boolean {
  return difference === null || difference.differing > 0;
}

/**
 * Compares two traces at the taps that both have.
 * @throws InputError where they have no tap in common, cannot be aligned, or a file cannot be read
 */
export async function diffTraces(a: Trace, b: Trace, options: DiffOptions = {}): Promise<TraceDiff> {
  const wanted = (options.taps ?? ['*']).map(patternTest);
  const chosen = (trace: Trace): string[] => trace.taps().filter((tap) => wanted.some((matches) => matches(tap)));
  const [tapsA, tapsB] = [chosen(a), chosen(b)];
  const [inA, inB] = [new Set(tapsA), new Set(tapsB)];
  const common = inProgramOrder(tapsA.filter((tap) => inB.has(tap)));
  if (common.length === 0) {
    throw new InputError(
      `diff: expected taps that both traces have, got ${summary(tapsA)} in ${a.source} and ${summary(tapsB)} in ${b.source}; give a name map (--map-a, --map-b)`,
    );
  }
  const alignment = align(a, b, options.pad);
  const taps: ComparedTap[] = [];
  for (const [done, tap] of common.entries()) {
    options.onProgress?.({ done, total: common.length, what: tap });
    const compared = await compareOne(tap, a, b, alignment);
    taps.push(compared);
    if (options.first === true && differs(compared)) break;
    await options.pause?.();
  }
  const first = taps.find(differs);
  return {
    schema: 'ulpwise.diff/1',
    a: { source: a.source, ...a.metadata },
    b: { source: b.source, ...b.metadata },
    pairs: alignment.pairs,
    taps,
    onlyInA: tapsA.filter((tap) => !inB.has(tap)),
    onlyInB: tapsB.filter((tap) => !inA.has(tap)),
    identical: first === undefined,
    firstDifference: first?.tap ?? null,
  };
}

function summary(taps: readonly string[]): string {
  if (taps.length === 0) return 'none';
  return taps.length <= 3 ? taps.join(', ') : `${taps.slice(0, 2).join(', ')} … (${taps.length})`;
}

async function compareOne(tap: string, a: Trace, b: Trace, alignment: ReturnType<typeof align>): Promise<ComparedTap> {
  const [headerA, headerB] = [a.header(tap) as TapHeader, b.header(tap) as TapHeader];
  const about = ({ shape, format }: TapHeader) => ({ shape, format: format?.name ?? 'integers' });
  const rows = alignedRows(tap, headerA.shape, headerB.shape, alignment);
  return {
    ...{ tap, layer: layerOf(tap), a: about(headerA), b: about(headerB) },
    difference: rows && compareTap(await a.read(tap), await b.read(tap), rows),
  };
}
