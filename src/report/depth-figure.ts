/**
 * The figure “error through depth, added and inherited”: one SVG that stands alone, the same bytes for the same analysis.
 * Observable Plot draws the panel into a linkedom document; title, legend and caption stand around it.
 */
import * as Plot from '@observablehq/plot';
import type { Analysis } from '../analysis/result.ts';
import { baseFormat, type DepthData, depthData, type SeriesName } from './depth-data.ts';
import {
  background,
  depthSvg,
  horizontalLabels,
  LEFT,
  legendEntry,
  PANEL_HEIGHT,
  PANEL_TOP,
  plotPanel,
  type SeriesStyle,
  WIDTH,
} from './depth-panel.ts';
import { type LogScale, logScale } from './depth-scale.ts';
import { shortNumber } from './numbers.ts';
import { QUIET, text } from './svg.ts';

/** Okabe and Ito's colours, which the colour-blind tell apart; shapes and dashes say the same again. */
const STYLES: Readonly<Record<SeriesName, SeriesStyle>> = {
  total: { color: '#000000', symbol: 'circle', dash: 'none', width: 3 },
  added: { color: '#d55e00', symbol: 'square', dash: 'none', width: 1.6 },
  inherited: { color: '#0072b2', symbol: 'diamond', dash: '5 3', width: 1.6 },
};

/** Drawn in this order: the total lies widest and lowest, so that an inherited error equal to it still shows. */
const SERIES: readonly SeriesName[] = ['total', 'added', 'inherited'];

/** Zeros of one half block stand side by side, in radii. */
const ZERO_SHIFT: Readonly<Record<SeriesName, number>> = { total: -2.4, added: 0, inherited: 2.4 };

/** A horizontal line to compare with. */
interface Yardstick {
  readonly y: number;
  readonly label: string;
  readonly dash: string;
}

/** What the panel and the caption are drawn from. */
interface Panel {
  readonly data: DepthData;
  readonly yardsticks: readonly Yardstick[];
  readonly scale: LogScale;
  /** Errors up to here are within 100 times of the reference's uncertainty. */
  readonly blind: number;
}

/** The figure as SVG. */
export function depthFigure(analysis: Analysis): string {
  const parts = panelOf(analysis);
  return depthSvg({
    id: 'depth',
    title: 'Error through depth, added and inherited',
    analysis,
    legend: legend(LEFT, 70),
    panelTop: PANEL_TOP,
    panel:
      parts.data.halfBlocks.length === 0
        ? text(WIDTH / 2, PANEL_HEIGHT / 2, 13, QUIET, 'No half block ends among the taps of this analysis.')
        : panel(parts),
    notes: captionLines(parts),
  });
}

function panelOf(analysis: Analysis): Panel {
  const data = depthData(analysis);
  const drawn = data.points.flatMap(({ y }) => (y === null ? [] : [y]));
  const yardsticks = yardsticksNear(analysis, drawn);
  const scale = logScale([...drawn, ...yardsticks.map(({ y }) => y)]);
  return { data, yardsticks, scale, blind: Math.min(100 * analysis.reference.uncertainty, scale.high) };
}

function panel({ data, yardsticks, scale, blind }: Panel): string {
  const count = data.halfBlocks.length;
  const radius = count > 80 ? 2 : count > 40 ? 2.6 : 3.8;
  return plotPanel(count, scale, [
    ...background(data.halfBlocks, scale, blind),
    ...yardsticks.map(({ y, dash }) => Plot.ruleY([y], { stroke: '#8a8a8a', strokeWidth: 1, strokeDasharray: dash })),
    ...SERIES.flatMap((series) => seriesMarks(data, series, scale, radius)),
    ...yardsticks.map(({ y, label }) =>
      Plot.text([label], {
        x: count - 0.5,
        y,
        dx: -4,
        dy: -6,
        textAnchor: 'end',
        fill: QUIET,
        stroke: '#ffffff',
        strokeWidth: 2.5,
        strokeOpacity: 0.75,
      }),
    ),
    ...horizontalLabels(data.halfBlocks),
  ]);
}

function seriesMarks(data: DepthData, series: SeriesName, scale: LogScale, r: number): Plot.Markish[] {
  const { color, symbol, dash, width } = STYLES[series];
  const points = data.points.filter((point) => point.series === series);
  const place = { x: 'x', y: 'y', symbol, r: series === 'total' ? r : r * 0.8 } as const;
  return [
    // A gap where there is no value: nothing is drawn across a zero or an overflow.
    Plot.line(points, {
      x: 'x',
      y: 'y',
      stroke: color,
      strokeWidth: width,
      ...(dash === 'none' ? {} : { strokeDasharray: dash }),
    }),
    Plot.dot(
      points.filter((point) => point.y !== null),
      { ...place, fill: color },
    ),
    Plot.dot(
      points.filter((point) => point.zero),
      { ...place, y: scale.low, dx: ZERO_SHIFT[series] * r, fill: '#ffffff', stroke: color, strokeWidth: 1.2 },
    ),
  ];
}

/** Yardsticks that are near enough to the data to be drawn: within three decades of it. */
function yardsticksNear(analysis: Analysis, drawn: readonly number[]): readonly Yardstick[] {
  const [least, most] = [Math.min(...drawn), Math.max(...drawn)];
  const near = (y: number) => y > 0 && (drawn.length === 0 || (y > least / 1000 && y < most * 1000));
  const format = baseFormat(analysis.policy);
  const { uncertainty } = analysis.reference;
  const lines: Yardstick[] = [];
  if (format !== undefined && near(format.u)) {
    lines.push({ y: format.u, label: `u of ${format.name}, ${shortNumber(format.u, 'scientific')}`, dash: '1 3' });
  }
  if (near(uncertainty) && Number.isFinite(uncertainty)) {
    const label = `uncertainty of the reference, ${shortNumber(uncertainty, 'scientific')}`;
    lines.push({ y: uncertainty, label, dash: '6 3 1 3' });
  }
  return lines;
}

function legend(x: number, y: number): string {
  const entries: [SeriesName, string, number][] = [
    ['total', 'total', 0],
    ['added', 'added: rounding of this half block', 78],
    ['inherited', 'inherited: came in with its input', 310],
  ];
  return entries.map(([series, label, dx]) => legendEntry(x + dx, y, STYLES[series], label)).join('');
}

function captionLines({ data, blind, scale }: Panel): string[] {
  const lines = [
    'Error of each half block’s output over the norm of the reference; added and inherited sum to it entry by entry.',
  ];
  if (data.halfBlocks.length > 0 && blind > scale.low)
    lines.push('Shaded: within 100 times of the reference’s own uncertainty.');
  if (data.zeros > 0) lines.push('Hollow marks on the lower edge: exactly zero.');
  if (data.omitted !== null) {
    const { count, first } = data.omitted;
    lines.push(
      `Not drawn: ${count} value${count === 1 ? '' : 's'} that ${count === 1 ? 'is' : 'are'} infinite or NaN, the first at ${first}.`,
    );
  }
  return lines;
}
