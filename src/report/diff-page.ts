/** The comparison of two traces as one self-contained page. */
import type { Quantiles } from '../analysis/quantiles.ts';
import { type ComparedTap, differs, type TraceDiff } from '../analysis/traces/diff.ts';
import type { Figure } from '../experiments/experiment.ts';
import type { Orders } from './diff-json.ts';
import { allDiffColumns, diffColumns, diffLegend, diffSummary, ordersColumns, ordersRows } from './diff-table.ts';
import { descriptions, htmlDocument } from './page.ts';
import { panelsFigure } from './panels-figure.ts';
import { htmlTable } from './table.ts';
import { htmlText } from './text.ts';

/** The page. Equal input gives equal bytes. */
export function diffPage(diff: TraceDiff, orders?: Orders): string {
  const title = `${diff.a.source} and ${diff.b.source}`;
  const compared = diff.taps.some(({ difference }) => difference !== null);
  const figure = compared
    ? `<h2>Difference in program order</h2>\n<figure>${panelsFigure(figureOf(diff))}</figure>\n`
    : '';
  return htmlDocument(
    `ulpwise: ${title}`,
    `<h1>Difference between ${htmlText(title)}</h1>
${descriptions(diffSummary(diff))}
${figure}<h2>Every tap</h2>
<div class="wide">${htmlTable(diffColumns, diff.taps)}</div>
<h2>What the columns mean</h2>
${descriptions(diffLegend)}
${orders === undefined ? '' : ordersSection(orders)}<h2>All numbers</h2>
<details><summary>${diff.taps.length} taps with all quantiles over rows</summary>
<div class="wide">${htmlTable(allDiffColumns, diff.taps)}</div>
</details>
`,
  );
}

function ordersSection({ a, b }: Orders): string {
  return `<h2>Orders of summation</h2>
<p>Candidates that give every recorded number of a product, to the bit, from its recorded inputs and the checkpoint’s weights.</p>
<div class="wide">${htmlTable(ordersColumns, ordersRows(a, b))}</div>
`;
}

function figureOf({ taps, firstDifference }: TraceDiff): Figure {
  const series = (name: string, of: (tap: NonNullable<ComparedTap['difference']>) => number) => ({
    name,
    points: taps.flatMap(({ difference }, x) => (difference === null ? [] : [{ x, y: of(difference) }])),
  });
  const row = (q: keyof Quantiles) => series(`a row, ${q}`, ({ relLinf }) => relLinf[q]);
  const at = taps.findIndex(differs);
  return {
    id: 'difference',
    title: 'Relative difference of B from A',
    caption:
      'rel F: Frobenius norm of B − A over that of A. A row: the largest difference of a row over its largest entry in A, median and largest over rows.',
    x: { label: 'tap, counted in program order', scale: 'linear' },
    y: { label: 'relative difference', scale: 'log' },
    panels: [
      {
        series: [series('rel F', ({ relFrobenius }) => relFrobenius), row('q50'), row('max')],
        markers: firstDifference === null ? [] : [{ x: at, label: `first: ${firstDifference}` }],
      },
    ],
  };
}
