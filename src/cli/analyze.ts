/** `ulpwise analyze`: carries the analysis out and writes what was asked for. */
import { join, resolve } from 'node:path';
import { analyze, dumpType, policyFor, roundingSeeds } from '../analysis/analyze.ts';
import type { TapTensors } from '../analysis/options.ts';
import { parseReference } from '../analysis/references.ts';
import type { Analysis } from '../analysis/result.ts';
import { InputError } from '../formats/index.ts';
import type { DecoderSource } from '../model/decoder-source.ts';
import { batchOf } from '../model/program/batch.ts';
import { siteNames, tapShapes } from '../model/program/taps.ts';
import { figureFonts } from '../platform/node-fonts.ts';
import { type AtomicFile, atomicFile, makeFolder, writeFilesAtomically } from '../platform/node-output.ts';
import { everyColumn, shortColumns } from '../report/analysis-table.ts';
import { diagnosticsText } from '../report/diagnostics-table.ts';
import { analysisJson } from '../report/json.ts';
import type { ManifestInput } from '../report/manifest.ts';
import { type RowsFile, rowsFile } from '../report/parquet.ts';
import { reportFiles } from '../report/report.ts';
import { depthTaps } from '../report/select.ts';
import { summaryLines } from '../report/summary.ts';
import { markdownList, printTable, type TableFormat } from '../report/table.ts';
import { tierLegend, tierTables, tierTaps } from '../report/tier-columns.ts';
import { analyzeBackend, type BackendChoice, type ChosenBackend, chooseBackend, gpuRefusal } from './backends.ts';
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
  readonly backend: BackendChoice;
  readonly table: TableFormat;
  readonly json?: string;
  readonly diagnostics?: boolean;
  readonly perHead?: boolean;
  readonly formula?: string[];
  readonly dump?: string;
  readonly dumpReference?: string;
  readonly report?: string;
  readonly tiers?: boolean;
}

/** @throws InputError where an option, the checkpoint or the tokens are wrong; nothing is then left behind */
export async function runAnalyze(
  checkpoint: string | undefined,
  options: AnalyzeCommandOptions,
  command: readonly string[],
  io: Io,
): Promise<void> {
  const reference = parseReference(options.reference);
  const model = await chooseModel(checkpoint, options);
  const tokens = chooseTokens(model, options);

  const outputs = openOutputs(model, tokens, options);
  const progress = progressLine(io);
  let chosen: ChosenBackend | undefined;
  try {
    const refusal = gpuRefusal(policyFor(model, options.policy), siteNames(model.config));
    chosen = await chooseBackend(options.backend, refusal, io.stderr);
    const analysis = await analyze(model, tokens, {
      ...{ policy: options.policy, reference, weights: options.weights, pad: options.pad },
      ...{ padToken: options.padToken, taps: options.taps, tiers: options.tiers },
      ...{ diagnostics: options.diagnostics === true || options.perHead === true, formulas: options.formula },
      backend: analyzeBackend(chosen),
      onProgress: progress.report,
      onTap: outputs.addTap,
      onRows: outputs.rows && ((records) => outputs.rows?.add(records)),
      pause: io.pause,
    });
    progress.clear();
    const json = analysisJson(analysis);
    outputs.json?.write(new TextEncoder().encode(json));
    if (options.report !== undefined) {
      await writeReport(options.report, analysis, model, outputs.rows as RowsFile, {
        command,
        seed: seedOf(model, options),
        device: chosen.gpu?.probe,
      });
    }
    outputs.commit();
    io.stdout(options.json === '-' ? json : printed(analysis, model, options));
  } finally {
    progress.clear();
    outputs.abort();
    chosen?.gpu?.close();
  }
}

function seedOf(model: DecoderSource, { seed = 1 }: DecoderOptions): number | null {
  return model.config.family === 'random' ? seed : null;
}

/** Everything the command writes, opened before the long work: each is whole afterwards, or not there. */
interface Outputs {
  /** Where tensors are dumped. */
  readonly addTap: ((tensors: TapTensors) => void) | undefined;
  readonly json: AtomicFile | undefined;
  readonly rows: RowsFile | undefined;
  commit(): void;
  /** Takes away what is not committed. */
  abort(): void;
}

function openOutputs(model: DecoderSource, tokens: number[][], options: AnalyzeCommandOptions): Outputs {
  checkDistinct({ '--json': options.json, '--dump': options.dump, '--dump-reference': options.dumpReference });
  const shapes = tapShapes(model.config, tokens.length, batchOf(tokens, { token: 0 }).length);
  const entries = (dtype: 'F32' | 'F64') => shapes.map(({ tap, shape }) => ({ name: tap, dtype, shape }));
  const policy = policyFor(model, options.policy);
  const seeds = seedMetadata(roundingSeeds(model, policy));
  const metadata = { producer: `ulpwise ${version}`, policy: options.policy, tokens: JSON.stringify(tokens) };
  const dumps: { dump: Dump; pick: (tensors: TapTensors) => TapTensors['computed'] }[] = [];
  let json: AtomicFile | undefined;
  let removeFolder = (): void => {};
  const abort = (): void => {
    for (const { dump } of dumps) dump.abort();
    json?.abort();
    removeFolder();
  };
  try {
    if (options.json !== undefined && options.json !== '-') json = atomicFile('--json', options.json);
    if (options.dump !== undefined) {
      const dump = dumpTo('--dump', options.dump, entries(dumpType(model, policy)), { ...metadata, ...seeds });
      dumps.push({ dump, pick: (tensors) => tensors.computed });
    }
    if (options.dumpReference !== undefined) {
      const about = { ...metadata, policy: options.reference };
      const dump = dumpTo('--dump-reference', options.dumpReference, entries('F64'), about);
      dumps.push({ dump, pick: ({ reference }) => reference });
    }
    if (options.report !== undefined) removeFolder = makeFolder('--report', options.report);
  } catch (error) {
    abort();
    throw error;
  }
  return {
    addTap:
      dumps.length === 0
        ? undefined
        : (tensors) => {
            for (const { dump, pick } of dumps) dump.add(pick(tensors));
          },
    json,
    rows: options.report === undefined ? undefined : rowsFile({ policy: options.policy, ...seeds }),
    commit: () => {
      for (const { dump } of dumps) dump.commit();
      json?.commit();
      removeFolder = () => {};
    },
    abort,
  };
}

function seedMetadata(seeds: readonly number[]): Record<string, string> {
  return seeds.length === 0 ? {} : { roundingSeeds: seeds.join(',') };
}

function checkDistinct(outputs: Readonly<Record<string, string | undefined>>): void {
  const given = Object.entries(outputs).filter(([, path]) => path !== undefined && path !== '-');
  for (const [i, [option, path]] of given.entries()) {
    const other = given.slice(0, i).find(([, earlier]) => resolve(earlier as string) === resolve(path as string));
    if (other !== undefined)
      throw new InputError(`${option}: expected another file than that of ${other[0]}, got '${path}'`);
  }
}

async function writeReport(
  folder: string,
  analysis: Analysis,
  model: DecoderSource,
  rows: RowsFile,
  run: Pick<ManifestInput, 'command' | 'seed' | 'device'>,
): Promise<void> {
  const files = await model.fileHashes();
  const manifest = { ...run, analysis, files, version, node: process.version, unusedTensors: model.unusedTensors };
  writeFilesAtomically('--report', folder, reportFiles(manifest, rows.finish(), figureFonts()));
}

/** The table on stdout; Markdown with the summary over it. */
function printed(analysis: Analysis, model: DecoderSource, options: AnalyzeCommandOptions): string {
  const { table, taps, report } = options;
  const shown = taps === undefined ? depthTaps(analysis) : analysis.taps;
  const main = printTable(table, table === 'csv' ? everyColumn(analysis) : shortColumns, shown);
  const text = table === 'csv' ? main : `${main}${printedTiers(analysis, table, shown)}`;
  const behind =
    analysis.diagnostics === undefined
      ? ''
      : `\n${diagnosticsText(analysis.diagnostics, table, options.perHead ? 'heads' : 'layers')}`;
  if (table !== 'md') return text + behind;
  const unused =
    model.unusedTensors.length === 0 ? [] : [{ label: 'unused tensors', text: model.unusedTensors.join(', ') }];
  const written = report === undefined ? [] : [{ label: 'report', text: join(report, 'index.html') }];
  return `${markdownList([...summaryLines(analysis), ...unused, ...written])}\n${text}${behind}`;
}

/** The tiers in a table of their own, with what they are under it. */
function printedTiers({ tiers }: Analysis, table: TableFormat, shown: Analysis['taps']): string {
  if (tiers === undefined || tierTaps(tiers, shown).length === 0) return '';
  const rows = tierTaps(tiers, shown);
  const text = tierTables(tiers)
    .map((columns) => `\n${printTable(table, columns, rows)}`)
    .join('');
  return table === 'md' ? `${text}\n${markdownList(tierLegend(tiers))}` : text;
}
