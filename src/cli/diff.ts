/** `ulpwise diff`: two traces side by side. */
import { diffTraces, type TraceDiff } from '../analysis/traces/diff.ts';
import { type RevealOrdersOptions, revealTraceOrders } from '../analysis/traces/orders.ts';
import type { Trace } from '../analysis/traces/trace.ts';
import { loadCheckpoint } from '../platform/node-checkpoint.ts';
import { type AtomicFile, atomicFile } from '../platform/node-output.ts';
import { diffJson, type Orders } from '../report/diff-json.ts';
import { allDiffColumns, diffColumns, diffSummary, ordersColumns, ordersRows } from '../report/diff-table.ts';
import { markdownList, printTable, type TableFormat } from '../report/table.ts';
import type { Io } from './io.ts';
import { openTraceAt } from './open-trace.ts';
import { progressLine } from './progress.ts';

export interface DiffCommandOptions {
  readonly pad?: 'left' | 'right';
  readonly taps?: string[];
  readonly first?: boolean;
  readonly mapA?: string;
  readonly mapB?: string;
  readonly table: TableFormat;
  readonly json?: string;
  readonly report?: string;
  /** A checkpoint's folder. */
  readonly orders?: string;
}

/** @throws InputError where a trace is wrong, the two cannot be aligned, or an output cannot be written */
export async function runDiff(pathA: string, pathB: string, options: DiffCommandOptions, io: Io): Promise<void> {
  const { pad, taps, first, json, report, table } = options;
  const [a, b] = [await openTraceAt(pathA, options.mapA), await openTraceAt(pathB, options.mapB)];
  const files: AtomicFile[] = [];
  const open = (option: string, path: string | undefined): AtomicFile | undefined => {
    if (path === undefined || path === '-') return undefined;
    const file = atomicFile(option, path);
    files.push(file);
    return file;
  };
  const progress = progressLine(io);
  try {
    const [jsonFile, page] = [open('--json', json), open('--report', report)];
    const diff = await diffTraces(a, b, { pad, taps, first, onProgress: progress.report, pause: io.pause });
    const orders = await findOrders(a, b, options, { onProgress: progress.report, pause: io.pause });
    progress.clear();
    const text = diffJson(diff, orders);
    const encoder = new TextEncoder();
    jsonFile?.write(encoder.encode(text));
    // Loaded here: what draws its figure takes longer to load than all the rest.
    page?.write(encoder.encode((await import('../report/diff-page.ts')).diffPage(diff, orders)));
    for (const file of files) file.commit();
    io.stdout(json === '-' ? text : printed(diff, orders, table));
  } finally {
    progress.clear();
    for (const file of files) file.abort();
  }
}

/** The orders of both, where a checkpoint is given. */
async function findOrders(
  a: Trace,
  b: Trace,
  { orders }: DiffCommandOptions,
  options: RevealOrdersOptions,
): Promise<Orders | undefined> {
  if (orders === undefined) return undefined;
  const model = await loadCheckpoint(orders);
  return { a: await revealTraceOrders(a, model, options), b: await revealTraceOrders(b, model, options) };
}

function printed(diff: TraceDiff, orders: Orders | undefined, table: TableFormat): string {
  const text = printTable(table, table === 'csv' ? allDiffColumns : diffColumns, diff.taps);
  const main = table === 'md' ? `${markdownList(diffSummary(diff))}\n${text}` : text;
  return orders === undefined ? main : `${main}\n${printTable(table, ordersColumns, ordersRows(orders.a, orders.b))}`;
}
