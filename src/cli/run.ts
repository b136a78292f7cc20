/** `ulpwise run`, `table` and `plot`: experiments, and their tables and figures made again from the data. */
import type { GpuBackend } from '../backends/webgpu/backend.ts';
import type { Experiment, Row } from '../experiments/experiment.ts';
import { experimentOf, experiments } from '../experiments/index.ts';
import { checked, describeParameters, type Parameters, parametersOf } from '../experiments/parameters.ts';
import { InputError } from '../formats/index.ts';
import { siteNames } from '../model/program/taps.ts';
import { randomDecoder } from '../model/random/random-decoder.ts';
import { type CellTask, runCells } from '../platform/node-cells.ts';
import { figureFonts } from '../platform/node-fonts.ts';
import { openRunFolder, type RunFolder, readRunFolder } from '../platform/node-run-folder.ts';
import { threadsOf } from '../platform/node-workers.ts';
import { cellsParquet, readCells } from '../report/cells-parquet.ts';
import { parseRunManifest, runManifestJson } from '../report/experiment-manifest.ts';
import { experimentTable } from '../report/experiment-tables.ts';
import { panelsFigure } from '../report/panels-figure.ts';
import { svgToPng } from '../report/png.ts';
import { type Column, markdownTable, type TableFormat } from '../report/table.ts';
import { parsePolicy } from '../tensor/index.ts';
import { type BackendChoice, chooseBackend, gpuRefusal } from './backends.ts';
import type { Io } from './io.ts';
import { progressLine } from './progress.ts';
import { version } from './version.ts';

export interface RunCommandOptions {
  readonly list?: boolean;
  readonly quick?: boolean;
  readonly set: readonly string[];
  readonly out?: string;
  readonly table: TableFormat;
  readonly threads?: number;
  readonly backend: BackendChoice;
}

/** @throws InputError where the experiment, a parameter or the folder is wrong */
export async function runExperiment(id: string | undefined, options: RunCommandOptions, io: Io): Promise<void> {
  if (options.list === true) return listExperiments(id, io);
  if (id === undefined) throw new InputError('run: expected the id of an experiment; ulpwise run --list shows them');
  const experiment = experimentOf(id);
  const parameters = parametersOf(experiment, options.set, options.quick);
  const { name, gpu } = await chooseBackend(options.backend, refusalOf(experiment, parameters, options), io.stderr);
  try {
    await runOn({ experiment, parameters, backend: name === 'scalar' ? name : 'cpu', gpu }, options, io);
  } finally {
    gpu?.close();
  }
}

/**
 * Why no GPU computes the experiment; undefined where one can.
 * @throws InputError where another backend than the CPU's is asked for by name, and the experiment has no use for it
 */
function refusalOf(experiment: Experiment, parameters: Parameters, { backend }: RunCommandOptions): string | undefined {
  const { id, policies } = experiment;
  if (policies === undefined) {
    if (backend === 'cpu' || backend === 'auto') return `${id} computes on the CPU alone`;
    throw new InputError(
      `--backend: expected cpu or auto for ${id}, which computes on the CPU alone, got '${backend}'`,
    );
  }
  // The sites of a model of one layer stand for those of any.
  const sites = siteNames(randomDecoder({ layers: 1 }).config);
  const refusals = policies(parameters).map((text) => gpuRefusal(parsePolicy(text), sites));
  return refusals.find((refusal) => refusal !== undefined);
}

interface Chosen {
  readonly experiment: Experiment;
  readonly parameters: Parameters;
  readonly backend: 'cpu' | 'scalar';
  readonly gpu: GpuBackend | undefined;
}

async function runOn({ experiment, parameters, backend, gpu }: Chosen, options: RunCommandOptions, io: Io) {
  const { id } = experiment;
  const cells = experiment.cells(parameters);
  const manifest = runManifestJson({
    ...{ experiment: id, version, parameters, cells: cells.length },
    backend: gpu?.probe ?? (backend === 'scalar' ? backend : undefined),
  });
  const folder = options.out === undefined ? undefined : openRunFolder('--out', options.out, manifest);

  const rows = new Map<number, readonly Row[]>();
  if (folder !== undefined) await readFinished(folder, experiment, rows);
  const tasks = cells.flatMap((cell, index) =>
    rows.has(index) ? [] : [{ experiment: id, parameters, index, cell, backend }],
  );
  const { report, clear } = progressLine(io);
  const show = (what: string) => report({ done: rows.size, total: cells.length, what });
  show(id);
  try {
    await runCells(
      tasks,
      options.threads ?? threadsOf(process.env.ULPWISE_THREADS),
      (found, { index, cell }: CellTask) => {
        folder?.add(index, cellsParquet(experiment.columns, found, { experiment: id, cell: JSON.stringify(cell) }));
        rows.set(index, found);
        show(Object.values(cell).join(' '));
      },
      gpu,
    );
  } finally {
    clear();
  }
  const all = cells.flatMap((_, index) => rows.get(index) as readonly Row[]);
  if (folder !== undefined) {
    writeTables(folder, experiment, all, parameters, options.table);
    writeFigures(folder, experiment, all, parameters);
  }
  io.stdout(headOf(experiment, options.table) + tablesText(experiment, all, parameters, options.table));
}

async function readFinished(folder: RunFolder, { columns, id }: Experiment, rows: Map<number, readonly Row[]>) {
  for (const index of folder.finished) {
    try {
      rows.set(index, await readCells(columns, folder.read(index)));
    } catch (error) {
      const found = error instanceof Error ? error.message : String(error);
      throw new InputError(
        `${folder.path}: expected cell ${index} of ${id} as Parquet, got ${found}; remove that file, and the run computes it again`,
      );
    }
  }
}

function headOf({ title, source, finding }: Experiment, format: TableFormat): string {
  if (format !== 'md') return '';
  return `# ${title}\n\nReproduces: ${source.reference}\n\nReported: ${source.reported}\n\nFound: ${finding}\n\n`;
}

function tablesText(experiment: Experiment, rows: readonly Row[], parameters: Parameters, format: TableFormat): string {
  return experiment
    .tables(rows, parameters)
    .map((table) => experimentTable(format, table))
    .join('\n');
}

const EXTENSIONS = { md: 'md', latex: 'tex', csv: 'csv' } as const;

function writeTables(
  folder: RunFolder,
  experiment: Experiment,
  rows: readonly Row[],
  parameters: Parameters,
  format: TableFormat,
): void {
  for (const table of experiment.tables(rows, parameters)) {
    folder.write('tables', `${table.id}.${EXTENSIONS[format]}`, experimentTable(format, table));
  }
}

function writeFigures(
  folder: RunFolder,
  experiment: Experiment,
  rows: readonly Row[],
  parameters: Parameters,
): string[] {
  return experiment.figures(rows, parameters).flatMap((figure) => {
    const svg = panelsFigure(figure);
    folder.write('figures', `${figure.id}.svg`, svg);
    folder.write('figures', `${figure.id}.png`, svgToPng(svg, figureFonts()));
    return [`${figure.id}.svg`, `${figure.id}.png`];
  });
}

/** The run that a folder holds. */
async function runIn(where: string, path: string) {
  const { manifest, folder } = readRunFolder(where, path);
  const { experiment: id, parameters: values, cells } = parseRunManifest(`${path}/manifest.json`, manifest);
  const experiment = experimentOf(id);
  const parameters = checked(experiment, values, `${path}/manifest.json`);
  const rows = new Map<number, readonly Row[]>();
  await readFinished(folder, experiment, rows);
  if (rows.size < cells) {
    throw new InputError(
      `${where}: expected a finished run in '${path}', got ${rows.size} of ${cells} cells; run it again with --out to go on`,
    );
  }
  const all = [...rows.keys()].sort((a, b) => a - b).flatMap((index) => rows.get(index) as readonly Row[]);
  return { experiment, parameters, folder, rows: all };
}

/** Prints a run's tables, made again from its data, and puts them into its folder. */
export async function printTables(path: string, { table }: { readonly table: TableFormat }, io: Io): Promise<void> {
  const { experiment, parameters, folder, rows } = await runIn('table', path);
  writeTables(folder, experiment, rows, parameters, table);
  io.stdout(tablesText(experiment, rows, parameters, table));
}

/** Draws a run's figures again from its data. */
export async function drawFigures(path: string, io: Io): Promise<void> {
  const { experiment, parameters, folder, rows } = await runIn('plot', path);
  for (const name of writeFigures(folder, experiment, rows, parameters)) io.stdout(`${path}/figures/${name}\n`);
}

function listExperiments(id: string | undefined, io: Io): void {
  const text = (key: string, header: string, value: (row: Record<string, string>) => string) =>
    ({ key, header, align: 'left', value }) satisfies Column<Record<string, string>>;
  if (id === undefined) {
    const columns = [text('id', 'id', (row) => row.id), text('title', 'experiment', (row) => row.title)];
    io.stdout(
      markdownTable(
        columns,
        experiments.map(({ id: name, title }) => ({ id: name, title })),
      ),
    );
    io.stdout('\n`ulpwise run ID --list` shows the parameters of one.\n');
    return;
  }
  const experiment = experimentOf(id);
  const columns = [
    text('name', 'parameter', (row) => row.name),
    text('meaning', 'meaning', (row) => row.meaning),
    text('value', 'default', (row) => row.value),
    text('quick', '--quick', (row) => row.quick),
  ];
  io.stdout(
    headOf(experiment, 'md') +
      markdownTable(
        columns,
        describeParameters(experiment).map((row) => ({ ...row })),
      ),
  );
}
