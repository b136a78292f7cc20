/** `ulpwise diff A B --explain CHECKPOINT`: is the difference one of rounding? */
import { explain, type SideOptions } from '../analysis/traces/explain/explain.ts';
import type { ProducerName } from '../analysis/traces/explain/producers.ts';
import { producerOf } from '../analysis/traces/explain/producers.ts';
import type { Trace } from '../analysis/traces/trace.ts';
import { InputError } from '../formats/index.ts';
import { loadCheckpoint } from '../platform/node-checkpoint.ts';
import { type AtomicFile, atomicFile } from '../platform/node-output.ts';
import { explainJson } from '../report/explain-json.ts';
import { explainColumns, explainSummary } from '../report/explain-table.ts';
import { markdownList, printTable } from '../report/table.ts';
import type { DiffCommandOptions } from './diff.ts';
import type { Io } from './io.ts';
import { openTraceAt } from './open-trace.ts';
import { progressLine } from './progress.ts';

export interface ExplainCommandOptions {
  /** A checkpoint's folder. */
  readonly explain?: string;
  readonly producer?: ProducerName;
  readonly policyA?: string;
  readonly policyB?: string;
  /** The sequences, where neither trace says. */
  readonly tokens?: number[][];
}

/**
 * @returns whether all of it is expected
 * @throws InputError where a trace or the checkpoint is wrong, the two cannot be aligned, or an option of other comparisons is given
 */
export async function runExplain(
  pathA: string,
  pathB: string,
  options: DiffCommandOptions & ExplainCommandOptions & { readonly explain: string },
  io: Io,
): Promise<boolean> {
  refuseOthers(options);
  const { json, pad, table, tokens } = options;
  const [A, B] = [await openTraceAt(pathA, options.mapA), await openTraceAt(pathB, options.mapB)];
  const model = await loadCheckpoint(options.explain);
  const side = (trace: Trace, policy: string | undefined): SideOptions => ({
    // What a trace of ours did is known.
    producer: producerOf(trace) === 'ulpwise' ? undefined : options.producer,
    policy,
  });
  const progress = progressLine(io);
  let file: AtomicFile | undefined;
  try {
    file = json === undefined || json === '-' ? undefined : atomicFile('--json', json);
    const found = await explain(
      model,
      { A, B },
      {
        ...{ A: side(A, options.policyA), B: side(B, options.policyB), tokens, pad },
        ...{ onProgress: progress.report, pause: io.pause },
      },
    );
    progress.clear();
    const text = explainJson(found);
    file?.write(new TextEncoder().encode(text));
    file?.commit();
    const rows = printTable(table, explainColumns, found.taps);
    if (json === '-') io.stdout(text);
    else io.stdout(table === 'md' ? `${markdownList(explainSummary(found))}\n${rows}` : rows);
    return found.verdict === 'expected';
  } finally {
    progress.clear();
    file?.abort();
  }
}

function refuseOthers({ first, taps, report, orders }: DiffCommandOptions): void {
  const stray = Object.entries({ first, taps, report, orders }).find(([, value]) => value !== undefined);
  if (stray === undefined) return;
  throw new InputError(`--${stray[0]}: expected without --explain, got both; leave out one of them`);
}
