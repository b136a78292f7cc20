/** All files of a report, by name. */
import type { DepthTiers } from '../analysis/depth/result.ts';
import type { Analysis } from '../analysis/result.ts';
import { everyColumn, shortColumns } from './analysis-table.ts';
import { depthFigure } from './depth-figure.ts';
import { allHeadColumns, allLayerColumns, headRows } from './diagnostics-table.ts';
import { htmlPage } from './html.ts';
import { analysisJson } from './json.ts';
import { type ManifestInput, manifestJson } from './manifest.ts';
import { svgToPng } from './png.ts';
import { depthTaps } from './select.ts';
import { csvTable, latexTable, markdownTable } from './table.ts';
import { tierTables, tierTaps } from './tier-columns.ts';
import { tiersFigure } from './tiers-figure.ts';

/** `rows` is the Parquet file of all rows, `fonts` are paths of TrueType files (png.ts). */
export function reportFiles(
  input: ManifestInput,
  rows: Uint8Array,
  fonts: readonly string[],
): ReadonlyMap<string, Uint8Array> {
  const { analysis } = input;
  const figure = depthFigure(analysis);
  const manifest = manifestJson(input);
  const text = (content: string): Uint8Array => new TextEncoder().encode(content);
  const { tiers } = analysis;
  const tiersSvg = tiers && tiersFigure(analysis, tiers);
  const page = htmlPage({
    ...{ analysis, figure, manifest, unusedTensors: input.unusedTensors },
    ...(tiersSvg !== undefined && { tiersFigure: tiersSvg }),
  });
  return new Map([
    ['index.html', text(page)],
    ['table.md', text(markdownTable(shortColumns, depthTaps(analysis)))],
    ['table.tex', text(latexTable(shortColumns, depthTaps(analysis)))],
    ['table.csv', text(csvTable(everyColumn(analysis), analysis.taps))],
    ['rows.parquet', rows],
    ['depth.svg', text(figure)],
    ['depth.png', svgToPng(figure, fonts)],
    ...diagnosticsFiles(analysis).map(([name, content]) => [name, text(content)] as const),
    ...(tiers && tiersSvg !== undefined ? tierFiles(tiers, analysis, tiersSvg, fonts) : []),
    ['analysis.json', text(analysisJson(analysis))],
    ['manifest.json', text(manifest)],
  ]);
}

/** Every digit of the diagnostics, of layers and of heads; none where the analysis has none. */
function diagnosticsFiles({ diagnostics }: Analysis): (readonly [string, string])[] {
  if (diagnostics === undefined) return [];
  return [
    ['diagnostics.csv', csvTable(allLayerColumns(diagnostics), diagnostics.layers)],
    ['heads.csv', csvTable(allHeadColumns, headRows(diagnostics))],
  ];
}

/** The tiers' table and figure. */
function tierFiles(
  tiers: DepthTiers,
  { taps }: Analysis,
  svg: string,
  fonts: readonly string[],
): [string, Uint8Array][] {
  const text = (content: string): Uint8Array => new TextEncoder().encode(content);
  const rows = tierTaps(tiers, taps);
  const tables = tierTables(tiers);
  return [
    ['tiers.md', text(tables.map((columns) => markdownTable(columns, rows)).join('\n'))],
    ['tiers.tex', text(tables.map((columns) => latexTable(columns, rows)).join('\n'))],
    ['tiers.svg', text(svg)],
    ['tiers.png', svgToPng(svg, fonts)],
  ];
}
