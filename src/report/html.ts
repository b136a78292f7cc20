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
import { descriptions, htmlDocument } from './page.ts';
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

/** The page. Equal input gives equal bytes. */
export function htmlPage({ analysis, figure, tiersFigure, manifest, unusedTensors }: PageInput): string {
  const title = `${analysis.policy} against ${analysis.reference.arithmetic}`;
  const unused: SummaryLine[] =
    unusedTensors.length === 0 ? [] : [{ label: 'unused tensors', text: unusedTensors.join(', ') }];
  return htmlDocument(
    `ulpwise: ${title}`,
    `<h1>Error of ${htmlText(title)}</h1>
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
`,
  );
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
