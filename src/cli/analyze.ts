/** `ulpwise analyze`: carries the analysis out and writes what was asked for. */
import { join } from 'node:path';
import { analyze, dumpType, policyFor, type TapTensors } from '../analysis/analyze.ts';
import { parseReference } from '../analysis/references.ts';
import type { Analysis } from '../analysis/result.ts';
import type { DecoderSource } from '../model/decoder-source.ts';
import { batchOf } from '../model/program/batch.ts';
import { tapShapes } from '../model/program/taps.ts';
import { figureFonts } from '../platform/node-fonts.ts';
import { checkOutputPath, makeFolder, writeFileAtomically } from '../platform/node-output.ts';
import { allColumns, shortColumns } from '../report/analysis-table.ts';
import { analysisJson } from '../report/json.ts';
import { type RowsFile, rowsFile } from '../report/parquet.ts';
import { reportFiles } from '../report/report.ts';
import { depthTaps } from '../report/select.ts';
import { summaryLines } from '../report/summary.ts';
import { markdownList, printTable, type TableFormat } from '../report/table.ts';
import { type Dump, dumpTo } from './dump.ts';
import { chooseModel, chooseTokens, type DecoderOptions, type TokenOptions } from './input.ts';
import type { Io } from './io.ts';
import { progressLine } from './progress.ts';
import { version } from './version.ts';

export interface AnalyzeCommandOptions extends TokenOptions, DecoderOptions {
  readonly policy: string;
  readonly reference: string;
  readonly weights: 'original' | 'rounded';
  readonly pad: 'left' | 'right';
  readonly padToken?: number;
  readonly taps?: string[];
  readonly table: TableFormat;
  readonly json?: string;
  readonly dump?: string;
  readonly dumpReference?: string;
  readonly report?: string;
}

/** @throws InputError where an option, the checkpoint or the tokens are wrong; nothing is then left behind */
export async function runAnalyze(
  checkpoint: string | undefined,
  options: AnalyzeCommandOptions,
  command: readonly string[],
  io: Io,
): Promise<void> {
  const outputs = { '--json': options.json, '--dump': options.dump, '--dump-reference': options.dumpReference };
  for (const [option, path] of Object.entries(outputs)) {
    if (path !== undefined && !(option === '--json' && path === '-')) checkOutputPath(option, path);
  }
  const reference = parseReference(options.reference);
  const model = await chooseModel(checkpoint, options);
  const tokens = chooseTokens(model, options);
  policyFor(model, options.policy);
  if (options.report !== undefined) makeFolder(options.report);

  const rows = options.report === undefined ? undefined : rowsFile({ policy: options.policy });
  const dumps = openDumps(model, tokens, options);
  const progress = progressLine(io);
  try {
    const analysis = await analyze(model, tokens, {
      ...{ policy: options.policy, reference, weights: options.weights, pad: options.pad },
      ...{ padToken: options.padToken, taps: options.taps },
      onProgress: progress.report,
      onTap: dumps.add,
      onRows: rows && ((records) => rows.add(records)),
    });
    progress.clear();
    dumps.commit();
    if (options.json !== undefined && options.json !== '-') writeText(options.json, analysisJson(analysis));
    if (options.report !== undefined) {
      await writeReport(options.report, analysis, model, rows as RowsFile, { command, seed: seedOf(model, options) });
    }
    io.stdout(options.json === '-' ? analysisJson(analysis) : printed(analysis, model, options));
  } finally {
    progress.clear();
    dumps.abort();
  }
}

function seedOf(model: DecoderSource, { seed = 1 }: DecoderOptions): number | null {
  return model.config.family === 'random' ? seed : null;
}

function writeText(path: string, text: string): void {
  writeFileAtomically(path, new TextEncoder().encode(text));
}

interface Dumps {
  add(tensors: TapTensors): void;
  commit(): void;
  abort(): void;
}

function openDumps(model: DecoderSource, tokens: number[][], options: AnalyzeCommandOptions): Dumps {
  const shapes = tapShapes(model.config, tokens.length, batchOf(tokens, { token: 0 }).length);
  const opened: { dump: Dump; pick: (tensors: TapTensors) => TapTensors['computed'] }[] = [];
  const abort = (): void => {
    for (const { dump } of opened) dump.abort();
  };
  const metadata = { producer: `ulpwise ${version}`, policy: options.policy, tokens: JSON.stringify(tokens) };
  try {
    if (options.dump !== undefined) {
      const dtype = dumpType(model, policyFor(model, options.policy));
      opened.push({ dump: dumpTo(options.dump, shapes, dtype, metadata), pick: ({ computed }) => computed });
    }
    if (options.dumpReference !== undefined) {
      const about = { ...metadata, policy: options.reference };
      opened.push({ dump: dumpTo(options.dumpReference, shapes, 'F64', about), pick: ({ reference }) => reference });
    }
  } catch (error) {
    abort();
    throw error;
  }
  return {
    add: (tensors) => {
      for (const { dump, pick } of opened) dump.add(pick(tensors));
    },
    commit: () => {
      for (const { dump } of opened) dump.commit();
    },
    abort,
  };
}

async function writeReport(
  folder: string,
  analysis: Analysis,
  model: DecoderSource,
  rows: RowsFile,
  run: { readonly command: readonly string[]; readonly seed: number | null },
): Promise<void> {
  const files = await model.fileHashes();
  const manifest = { ...run, analysis, files, version, node: process.version, unusedTensors: model.unusedTensors };
  for (const [name, bytes] of reportFiles(manifest, rows.finish(), figureFonts())) {
    writeFileAtomically(join(folder, name), bytes);
  }
}

/** The table on stdout; Markdown with the summary over it. */
function printed(analysis: Analysis, model: DecoderSource, { table, taps, report }: AnalyzeCommandOptions): string {
  const shown = taps === undefined ? depthTaps(analysis) : analysis.taps;
  const text = printTable(table, table === 'csv' ? allColumns : shortColumns, shown);
  if (table !== 'md') return text;
  const unused =
    model.unusedTensors.length === 0 ? [] : [{ label: 'unused tensors', text: model.unusedTensors.join(', ') }];
  const written = report === undefined ? [] : [{ label: 'report', text: join(report, 'index.html') }];
  return `${markdownList([...summaryLines(analysis), ...unused, ...written])}\n${text}`;
}
