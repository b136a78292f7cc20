/** The figure “observed error and every tier through depth”: one SVG that stands alone, like the depth figure's. */
import * as Plot from '@observablehq/plot';
import type { DepthTiers } from '../analysis/depth/result.ts';
import type { Analysis } from '../analysis/result.ts';
import {
  background,
  depthSvg,
  horizontalLabels,
  LEFT,
  legendEntry,
  PANEL_TOP,
  partsFit,
  plotPanel,
  type SeriesStyle,
} from './depth-panel.ts';
import { PREDICTORS, tiersPresent, tierTexts } from './tier-columns.ts';
import { type TierSeries, type TiersData, tiersData } from './tiers-data.ts';

/** Okabe and Ito's colours: estimates blue and dashed, first order orange, bounds of everything green and purple; heuristics grey. */
const STYLES: Readonly<Record<TierSeries, SeriesStyle>> = {
  observed: { color: '#000000', symbol: 'circle', dash: 'none', width: 3 },
  rootSumSquare: { color: '#0072b2', symbol: 'diamond', dash: '5 3', width: 1.6 },
  triangle: { color: '#d55e00', symbol: 'triangle', dash: 'none', width: 1.6 },
  boundRootSumSquare: { color: '#56b4e9', symbol: 'diamond', dash: '5 3', width: 1.6 },
  boundTriangle: { color: '#e69f00', symbol: 'triangle', dash: 'none', width: 1.6 },
  certified: { color: '#009e73', symbol: 'square', dash: 'none', width: 1.6 },
  relativeProduct: { color: '#a6761d', symbol: 'triangle', dash: '1.5 3', width: 1.6 },
  worstCase: { color: '#cc79a7', symbol: 'square', dash: '1.5 3', width: 1.6 },
  baekPredictor: { color: '#999999', symbol: 'circle', dash: '8 4', width: 1.4 },
  riskA2: { color: '#555555', symbol: 'circle', dash: '8 4', width: 1.4 },
};

/** Drawn in this order: the observed error first, widest, so that an estimate on top of it still shows. */
const SERIES = Object.keys(STYLES) as readonly TierSeries[];

/** Columns and rows of the legend: measured, then of bounds, then products, then heuristics. */
const PLACES: Readonly<Record<TierSeries, readonly [column: number, row: number]>> = {
  observed: [0, 0],
  rootSumSquare: [1, 0],
  triangle: [2, 0],
  certified: [0, 1],
  boundRootSumSquare: [1, 1],
  boundTriangle: [2, 1],
  worstCase: [0, 2],
  relativeProduct: [2, 2],
  baekPredictor: [0, 3],
  riskA2: [2, 3],
};
const COLUMNS = [0, 196, 424] as const;
const ROW = 18;

/** The figure as SVG, of an analysis with tiers. */
export function tiersFigure(analysis: Analysis, tiers: DepthTiers): string {
  const data = tiersData(tiers);
  const shown = (['observed', ...tiersPresent(tiers)] as TierSeries[]).filter((series) =>
    data.lines.some((point) => point.series === series && point.y !== null),
  );
  const rows = [...new Set(shown.map((series) => PLACES[series][1]))].sort();
  return depthSvg({
    id: 'tiers',
    title: 'Observed error and every tier through depth',
    analysis,
    legend: shown
      .map((series) => {
        const [column, row] = PLACES[series];
        const label = series === 'observed' ? 'observed' : tierTexts[series].label;
        return legendEntry(LEFT + COLUMNS[column], 70 + ROW * rows.indexOf(row), STYLES[series], label);
      })
      .join(''),
    panelTop: PANEL_TOP + ROW * (rows.length - 1),
    panel: panel(data, shown, 100 * analysis.reference.uncertainty),
    notes: notesOf(data, tiers),
  });
}

function panel({ positions, scale, lines }: TiersData, shown: readonly TierSeries[], blind: number): string {
  const count = positions.length;
  const radius = count > 80 ? 2 : count > 40 ? 2.6 : 3.8;
  return plotPanel(count, scale, [
    ...background(positions, scale, Math.min(blind, scale.high)),
    ...SERIES.filter((series) => shown.includes(series)).flatMap((series) => {
      const { color, symbol, dash, width } = STYLES[series];
      const points = lines.filter((point) => point.series === series);
      return [
        Plot.line(points, {
          ...{ x: 'x', y: 'y', stroke: color, strokeWidth: width },
          ...(dash === 'none' ? {} : { strokeDasharray: dash }),
        }),
        Plot.dot(
          points.filter(({ marked }) => marked),
          { x: 'x', y: 'y', symbol, r: series === 'observed' ? radius : radius * 0.8, fill: color },
        ),
      ];
    }),
    ...horizontalLabels(positions),
  ]);
}

function notesOf({ positions, lines, exits, zeros }: TiersData, { unavailable }: DepthTiers): string[] {
  return [
    'Each over the norm of the reference. Estimates may be too small; a bound never is, first order up to what is beyond it.',
    ...(PREDICTORS.some((predictor) => lines.some(({ series, y }) => series === predictor && y !== null))
      ? ['A heuristic promises nothing in either direction.']
      : []),
    ...exits.map(({ series, tap, log10, last }) => {
      const end = `${Number.isFinite(log10) ? `10^${log10.toFixed(1)}` : 'infinity'} at ${last === 'logits' ? 'the logits' : last}`;
      return `The ${tierTexts[series].name} leaves the figure at ${tap} and reaches ${end}.`;
    }),
    ...(partsFit(positions) ? [] : ['First and last: the embedding and the logits.']),
    ...(zeros > 0 ? ['Not drawn: errors of exactly zero.'] : []),
    ...unavailable.map(({ tier, from, because }) => `No ${tierTexts[tier].name} from ${from} on: ${because}.`),
  ];
}
