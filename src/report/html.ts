/** One self-contained page of an analysis: summary, figure, tables, manifest. No script, nothing loaded from elsewhere. */
import type { Analysis } from '../analysis/result.ts';
import { everyColumn, legend, shortColumns } from './analysis-table.ts';
import {
  allHeadColumns,
  allLayerColumns,
  CORRELATION_TITLE,
  correlationColumns,
  diagnosticsLegend,
  headRows,
  layerTables,
} from './diagnostics-table.ts';
import { depthTaps } from './select.ts';
import { type SummaryLine, summaryLines } from './summary.ts';
import { htmlTable } from './table.ts';
import { htmlText } from './text.ts';
import { tierLegend, tierTables, tierTaps } from './tier-columns.ts';

export interface PageInput {
  readonly analysis: Analysis;
  /** The depth figure, a whole SVG. */
  readonly figure: string;
  /** That of the tiers, where the analysis has them. */
  readonly tiersFigure?: string;
  /** The manifest as JSON. */
  readonly manifest: string;
  readonly unusedTensors: readonly string[];
}

const STYLE = `
:root { color-scheme: light dark; --ink: #222; --quiet: #666; --line: #ccc; --ground: #fff; --stripe: #f6f6f6; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e4e4; --quiet: #a0a0a0; --line: #444; --ground: #161616; --stripe: #1f1f1f; }
}
body { margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: var(--ink); background: var(--ground);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; } h3 { font-size: 1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.15rem 1.2rem; }
dt { color: var(--quiet); } dd { margin: 0; overflow-wrap: anywhere; }
figure { margin: 1rem 0; } figure svg { max-width: 100%; height: auto; border-radius: 4px; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.85rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
thead th { border-bottom: 2px solid var(--line); } .groups th { border-bottom: 1px solid var(--line); font-weight: 400; }
td, th { padding: 0.2rem 0.6rem; } tbody th { font-weight: 400; }
tbody tr:nth-child(even) { background: var(--stripe); }
.left { text-align: left; } .right { text-align: right; }
pre { overflow-x: auto; background: var(--stripe); padding: 0.8rem; font-size: 0.8rem; }
@media print { body { margin: 0; max-width: none; } details:not([open]) { display: none; } .wide { overflow: visible; } }
`;

/** The page. Equal input gives equal bytes. */
export function htmlPage({ analysis, figure, tiersFigure, manifest, unusedTensors }: PageInput): string {
  const title = `${analysis.policy} against ${analysis.reference.arithmetic}`;
  const unused: SummaryLine[] =
    unusedTensors.length === 0 ? [] : [{ label: 'unused tensors', text: unusedTensors.join(', ') }];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>ulpwise: ${htmlText(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Error of ${htmlText(title)}</h1>
${descriptions([...summaryLines(analysis), ...unused])}
<h2>Error through depth</h2>
<figure>${figure}</figure>
<div class="wide">${htmlTable(shortColumns, depthTaps(analysis))}</div>
<h2>What the columns mean</h2>
${descriptions(legend)}
${tiersFigure === undefined ? '' : tiersSection(analysis, tiersFigure)}<h2>Every tap</h2>
<details><summary>${analysis.taps.length} taps with all quantiles over rows</summary>
<div class="wide">${htmlTable(everyColumn(analysis), analysis.taps)}</div>
</details>
${diagnosticsSection(analysis)}<h2>Manifest</h2>
<details><summary>what is needed to run this again</summary>
<pre>${manifest.split('\n').map(htmlText).join('\n')}</pre>
</details>
</body>
</html>
`;
}

/** Nothing where the analysis has none. */
function diagnosticsSection({ diagnostics }: Analysis): string {
  if (diagnostics === undefined) return '';
  const { layers, correlations } = diagnostics;
  const tables = layerTables(diagnostics).map(
    ({ title, columns }) => `<h3>${htmlText(title)}</h3>\n<div class="wide">${htmlTable(columns, layers)}</div>\n`,
  );
  const together =
    correlations === null ? '' : `<h3>${CORRELATION_TITLE}</h3>\n${htmlTable(correlationColumns, correlations)}`;
  return `<h2>Diagnostics</h2>
${tables.join('')}${together}<details><summary>what the columns mean</summary>
${descriptions(diagnosticsLegend(diagnostics))}
</details>
<details><summary>every number of every layer</summary>
<div class="wide">${htmlTable(allLayerColumns(diagnostics), layers)}</div>
</details>
<details><summary>every head</summary>
<div class="wide">${htmlTable(allHeadColumns, headRows(diagnostics))}</div>
</details>
`;
}

function tiersSection({ tiers, taps }: Analysis, figure: string): string {
  if (tiers === undefined) return '';
  return `<h2>Observed error and every tier</h2>
<figure>${figure}</figure>
${tierTables(tiers)
  .map((columns) => `<div class="wide">${htmlTable(columns, tierTaps(tiers, taps))}</div>\n`)
  .join('')}${descriptions(tierLegend(tiers))}
`;
}

function descriptions(lines: readonly SummaryLine[]): string {
  const items = lines.map(({ label, text }) => `<dt>${htmlText(label)}</dt><dd>${htmlText(text)}</dd>`);
  return `<dl>\n${items.join('\n')}\n</dl>`;
}
