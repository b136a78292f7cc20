/**
 * A figure of panels side by side with common axes, as SVG that stands alone: the same bytes for the same data. Observable
 * Plot draws each panel into a linkedom document; title, legend, axis labels and caption stand around them.
 */
import * as Plot from '@observablehq/plot';
import type { Axis, Figure, FigurePanel, Series } from '../experiments/experiment.ts';
import { logScale, tickText } from './depth-scale.ts';
import { INK, plotted, QUIET, text } from './svg.ts';
import { htmlText } from './text.ts';

/** Okabe and Ito's colours, which the colour-blind tell apart; symbols say the same again. */
const COLORS = ['#000000', '#d55e00', '#0072b2', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];
const SYMBOLS = ['circle', 'square', 'diamond', 'triangle', 'star', 'cross', 'wye'] as const;

const PANEL_WIDTH = 300;
const PANEL_HEIGHT = 250;
const LEFT = 60;
const MOST_IN_A_ROW = 3;
const LEGEND_LINE = 17;
/** Of 12-point text, on average. */
const CHARACTER = 6.1;

interface Scale {
  readonly type: 'linear' | 'log';
  readonly domain: readonly [number, number];
  readonly ticks: readonly number[] | undefined;
}

/** The figure as SVG; what cannot be drawn on a logarithmic axis is left out, and the caption says so. */
export function panelsFigure(figure: Figure): string {
  const { panels, title } = figure;
  const scales = { x: scaleOf(figure, 'x'), y: scaleOf(figure, 'y') };
  const columns = Math.min(MOST_IN_A_ROW, Math.max(1, panels.length));
  // One panel takes the room of two: title and caption need it.
  const panelWidth = columns === 1 ? 2 * PANEL_WIDTH : PANEL_WIDTH;
  const width = LEFT + columns * panelWidth + 16;
  const names = [...new Set(panels.flatMap(({ series }) => series.map(({ name }) => name)))];
  const legend = legendOf(names, panels, width);
  const top = 44 + legend.height;
  const rowHeight = PANEL_HEIGHT + 44;
  const rows = Math.ceil(panels.length / columns);
  const notes = wrap(captionOf(figure), (width - 2 * LEFT + 40) / 5.4);
  const captionTop = top + rows * rowHeight + 10;
  const height = captionTop + 15 * notes.length + 6;
  const place = (i: number) => [LEFT + (i % columns) * panelWidth, top + Math.floor(i / columns) * rowHeight];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`,
    ` font-family="Arial, Helvetica, sans-serif" role="img" aria-label="${htmlText(title)}">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text(LEFT, 26, 16, INK, title, ' font-weight="700"'),
    legend.svg,
    ...panels.map((panel, i) => {
      const [x, y] = place(i);
      const label =
        i % columns === 0
          ? `<text transform="translate(${x - 46},${y + 20 + PANEL_HEIGHT / 2}) rotate(-90)" font-size="12" fill="${INK}" text-anchor="middle">${htmlText(figure.y.label)}</text>`
          : '';
      return [
        label,
        panel.title === undefined ? '' : text(x + 8, y + 14, 12, INK, panel.title, ' font-weight="700"'),
        `<g transform="translate(${x},${y + 20})" fill="${INK}" color="${INK}" font-size="11" text-anchor="middle">`,
        drawn(panel, names, scales, panelWidth, i % columns === 0),
        '</g>',
        text(x + panelWidth / 2, y + 20 + PANEL_HEIGHT + 14, 12, INK, figure.x.label, ' text-anchor="middle"'),
      ].join('');
    }),
    ...notes.map((note, i) => text(LEFT, captionTop + 15 * i, 11, QUIET, note)),
    '</svg>\n',
  ].join('');
}

const drawable = (axis: Axis, value: number): boolean =>
  Number.isFinite(value) && (axis.scale === 'linear' || value > 0);

function scaleOf({ panels, ...axes }: Figure, which: 'x' | 'y'): Scale {
  const axis = axes[which];
  const values = panels.flatMap(({ series, markers = [] }) => [
    ...series.flatMap(({ points }) => points.map((point) => point[which])),
    ...(which === 'x' ? markers.map(({ x }) => x) : []),
  ]);
  const shown = values.filter((value) => drawable(axis, value));
  if (axis.scale === 'log') {
    const { low, high, ticks } = logScale(shown);
    return { type: 'log', domain: [low, high], ticks: thinned(ticks, which === 'x' ? 6 : 9) };
  }
  const [least, most] = shown.length === 0 ? [0, 1] : [Math.min(...shown), Math.max(...shown)];
  const margin = (most - least || Math.abs(most) || 1) * 0.04;
  return { type: 'linear', domain: [least - margin, most + margin], ticks: undefined };
}

function thinned(ticks: readonly number[], most: number): readonly number[] {
  const every = Math.ceil(ticks.length / most);
  return ticks.filter((_, i) => i % every === 0);
}

function drawn(
  panel: FigurePanel,
  names: readonly string[],
  { x, y }: { x: Scale; y: Scale },
  width: number,
  labels: boolean,
): string {
  const ticksOf = ({ type, ticks }: Scale) => ({
    ...(ticks !== undefined && { ticks: [...ticks] }),
    ...(type === 'log' && { tickFormat: (t: number) => tickText(t) }),
  });
  const inside = (points: Series['points']) =>
    points.filter(
      (point) =>
        Number.isFinite(point.x) &&
        Number.isFinite(point.y) &&
        (x.type === 'linear' || point.x > 0) &&
        (y.type === 'linear' || point.y > 0),
    );
  return plotted({
    className: 'panel',
    width,
    height: PANEL_HEIGHT,
    marginLeft: 8,
    marginRight: 10,
    marginTop: 4,
    marginBottom: 22,
    x: { type: x.type, domain: [...x.domain], axis: null },
    y: { type: y.type, domain: [...y.domain], axis: null },
    marks: [
      Plot.gridY({ ...(y.ticks && { ticks: [...y.ticks] }), stroke: '#dddddd', strokeOpacity: 1 }),
      Plot.axisX({ ...ticksOf(x), label: null, tickSize: 4, fontSize: 11 }),
      Plot.axisY({
        ...ticksOf(y),
        ...(!labels && { tickFormat: () => '' }),
        ...{ label: null, tickSize: labels ? 4 : 0, fontSize: 11 },
      }),
      Plot.ruleX(
        (panel.markers ?? []).map((marker) => marker.x),
        { stroke: '#8a8a8a', strokeDasharray: '3 3' },
      ),
      Plot.text(panel.markers ?? [], {
        ...{ x: 'x', text: 'label', frameAnchor: 'top', dy: 4, dx: 4, textAnchor: 'start', fill: QUIET },
        ...{ stroke: '#ffffff', strokeWidth: 2.5 },
      }),
      ...panel.series.flatMap((series) => seriesMarks(series, inside(series.points), names.indexOf(series.name))),
      Plot.frame({ stroke: '#999999' }),
    ],
  });
}

function seriesMarks({ style }: Series, points: Series['points'], index: number): Plot.Markish[] {
  const color = COLORS[index % COLORS.length];
  const at = { x: 'x', y: 'y' } as const;
  const line = Plot.line(points, {
    ...{ ...at, stroke: color, strokeWidth: 1.6 },
    ...(style === 'bound' && { strokeDasharray: '5 3' }),
  });
  const dots = Plot.dot(points, {
    ...{ ...at, fill: color, r: style === 'points' ? 1.8 : 2.8 },
    ...(style !== 'points' && { symbol: SYMBOLS[index % SYMBOLS.length] }),
    ...(style === 'points' && { fillOpacity: 0.55 }),
  });
  if (style === 'points') return [dots];
  return style === 'bound' ? [line] : [line, dots];
}

/** Entries one after another, in as many lines as they need. */
function legendOf(names: readonly string[], panels: readonly FigurePanel[], width: number) {
  const styleOf = (name: string) =>
    panels.flatMap(({ series }) => series).find((series) => series.name === name)?.style;
  let [x, y] = [LEFT, 46];
  const entries = names.map((name, i) => {
    const length = 44 + name.length * CHARACTER;
    if (x + length > width && x > LEFT) [x, y] = [LEFT, y + LEGEND_LINE];
    const color = COLORS[i % COLORS.length];
    const style = styleOf(name);
    const line =
      style === 'points'
        ? ''
        : `<path d="M0-4H26" stroke="${color}" stroke-width="1.6"${style === 'bound' ? ' stroke-dasharray="5 3"' : ''}/>`;
    const mark = style === 'bound' ? '' : `<g transform="translate(13,-4)">${symbolMark(i, color)}</g>`;
    const entry = `<g transform="translate(${x},${y})">${line}${mark}${text(32, 0, 12, INK, name)}</g>`;
    x += length;
    return entry;
  });
  return { svg: entries.join(''), height: y - 46 + 14 };
}

function symbolMark(index: number, color: string): string {
  const symbol = SYMBOLS[index % SYMBOLS.length];
  const inner = plotted({
    ...{ width: 12, height: 12, margin: 0, axis: null, x: { domain: [-1, 1] }, y: { domain: [-1, 1] } },
    marks: [Plot.dot([0], { x: 0, y: 0, symbol, fill: color, r: 3.4 })],
  });
  const path = /<path[^>]*>|<circle[^>]*>/.exec(inner)?.[0] ?? '';
  return `<g fill="${color}" transform="translate(-6,-6)">${path.replace(/\/?>$/, '/>')}</g>`;
}

function captionOf({ caption, panels, x, y }: Figure): string {
  const points = panels.flatMap(({ series }) => series.flatMap((one) => one.points));
  const left = points.filter((point) => !drawable(x, point.x) || !drawable(y, point.y)).length;
  return left === 0 ? caption : `${caption} Not drawn: ${left} point${left === 1 ? '' : 's'} at zero, infinity or NaN.`;
}

function wrap(content: string, characters: number): string[] {
  const lines: string[] = [];
  for (const word of content.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= characters) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
