/** All files of a report, by name. */
import { allColumns, shortColumns } from './analysis-table.ts';
import { depthFigure } from './depth-figure.ts';
import { htmlPage } from './html.ts';
import { analysisJson } from './json.ts';
import { type ManifestInput, manifestJson } from './manifest.ts';
import { svgToPng } from './png.ts';
import { depthTaps } from './select.ts';
import { csvTable, latexTable, markdownTable } from './table.ts';

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
  const page = htmlPage({ analysis, figure, manifest, unusedTensors: input.unusedTensors });
  return new Map([
    ['index.html', text(page)],
    ['table.md', text(markdownTable(shortColumns, depthTaps(analysis)))],
    ['table.tex', text(latexTable(shortColumns, depthTaps(analysis)))],
    ['table.csv', text(csvTable(allColumns, analysis.taps))],
    ['rows.parquet', rows],
    ['depth.svg', text(figure)],
    ['depth.png', svgToPng(figure, fonts)],
    ['analysis.json', text(analysisJson(analysis))],
    ['manifest.json', text(manifest)],
  ]);
}
