/**
 * The figure “error through depth, added and inherited”: one SVG that stands alone, the same bytes for the same analysis.
 * Observable Plot draws the panel into a linkedom document; title, legend and caption stand around it.
 */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { Analysis } from '../analysis/result.ts';
import { baseFormat, type DepthData, depthData, type SeriesName, spans } from './depth-data.ts';
import { type LogScale, logScale, tickText } from './depth-scale.ts';
import { shortNumber } from './numbers.ts';
import { htmlText } from './text.ts';

const WIDTH = 760;
const PANEL_TOP = 84;
const PANEL_HEIGHT = 330;
const LEFT = 64;
const RIGHT = 20;
const INK = '#222222';
const QUIET = '#666666';

/** Okabe and Ito's colours, which the colour-blind tell apart; shapes and dashes say the same again. */
const STYLES: Readonly<Record<SeriesName, { color: string; symbol: 'circle' | 'square' | 'diamond'; dash: string }>> = {
  total: { color: '#000000', symbol: 'circle', dash: 'none' },
  added: { color: '#d55e00', symbol: 'square', dash: 'none' },
  inherited: { color: '#0072b2', symbol: 'diamond', dash: '5 3' },
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
  const { data } = parts;
  const notes = captionLines(parts);
  const captionTop = PANEL_TOP + PANEL_HEIGHT + 22;
  const height = captionTop + 15 * notes.length + 4;
  const title = 'Error through depth, added and inherited';
  const text = (x: number, y: number, size: number, fill: string, content: string, more = '') =>
    `<text x="${x}" y="${y}" font-size="${size}" fill="${fill}"${more}>${htmlText(content)}</text>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}"`,
    ` font-family="Arial, Helvetica, sans-serif" role="img" aria-labelledby="depth-title depth-desc">`,
    `<title id="depth-title">${title}</title>`,
    `<desc id="depth-desc">${htmlText(notes.join(' '))}</desc>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    text(LEFT, 26, 16, INK, title, ' font-weight="700"'),
    text(LEFT, 46, 12, QUIET, subtitle(analysis)),
    legend(LEFT, 70),
    `<g transform="translate(0,${PANEL_TOP})" fill="${INK}" color="${INK}" font-size="11" text-anchor="middle">`,
    data.halfBlocks.length === 0
      ? text(WIDTH / 2, PANEL_HEIGHT / 2, 13, QUIET, 'No half block ends among the taps of this analysis.')
      : panel(parts),
    '</g>',
    ...notes.map((note, i) => text(LEFT, captionTop + 15 * i, 11, QUIET, note)),
    '</svg>\n',
  ].join('');
}

function panelOf(analysis: Analysis): Panel {
  const data = depthData(analysis);
  const drawn = data.points.flatMap(({ y }) => (y === null ? [] : [y]));
  const yardsticks = yardsticksNear(analysis, drawn);
  const scale = logScale([...drawn, ...yardsticks.map(({ y }) => y)]);
  return { data, yardsticks, scale, blind: Math.min(100 * analysis.reference.uncertainty, scale.high) };
}

function panel(parts: Panel): string {
  const { data, yardsticks, scale } = parts;
  const count = data.halfBlocks.length;
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const radius = count > 80 ? 2 : count > 40 ? 2.6 : 3.8;
  const svg = Plot.plot({
    document: document as unknown as Document,
    className: 'panel',
    width: WIDTH,
    height: PANEL_HEIGHT,
    marginLeft: LEFT,
    marginRight: RIGHT,
    marginTop: 8,
    marginBottom: 46,
    x: { type: 'linear', domain: [-0.5, count - 0.5], axis: null },
    y: { type: 'log', domain: [scale.low, scale.high], axis: null },
    marks: [
      ...background(parts),
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
      ...horizontalLabels(data),
    ],
  });
  const inner = svg.innerHTML.replace(/<style>[\s\S]*?<\/style>/, '');
  // Two decimals are a hundredth of a pixel, and hide the last bits of the engine's logarithm.
  return inner.replace(/="[^"]*"/g, (attribute) =>
    attribute.replace(/-?\d+\.\d{3,}(?:e-?\d+)?/g, (n) => String(Number(Number(n).toFixed(2)) + 0)),
  );
}

/** Stripes behind every other block, the zone that the reference cannot tell from nothing, grid, and vertical axis. */
function background({ data, blind, scale: { low, high, ticks } }: Panel): Plot.Markish[] {
  const stripes = spans(data.halfBlocks).filter((_, i) => i % 2 === 1);
  const count = data.halfBlocks.length;
  return [
    Plot.rect(stripes, { x1: (s) => s.first - 0.5, x2: (s) => s.last + 0.5, y1: low, y2: high, fill: '#f4f4f4' }),
    ...(blind > low ? [Plot.rect([0], { x1: -0.5, x2: count - 0.5, y1: low, y2: blind, fill: '#e9e4f2' })] : []),
    Plot.ruleY(ticks, { stroke: '#dddddd', strokeWidth: 0.75 }),
    Plot.axisY({ ticks: [...ticks], tickFormat: (t: number) => tickText(t), tickSize: 4, label: null, fontSize: 11 }),
    Plot.text(['relative Frobenius error'], {
      frameAnchor: 'left',
      rotate: -90,
      dx: -52,
      fontSize: 12,
      fill: INK,
      textAnchor: 'middle',
    }),
    Plot.frame({ stroke: '#999999' }),
  ];
}

function seriesMarks(data: DepthData, series: SeriesName, scale: LogScale, r: number): Plot.Markish[] {
  const { color, symbol, dash } = STYLES[series];
  const points = data.points.filter((point) => point.series === series);
  const place = { x: 'x', y: 'y', symbol, r: series === 'total' ? r : r * 0.8 } as const;
  return [
    // A gap where there is no value: nothing is drawn across a zero or an overflow.
    Plot.line(points, {
      x: 'x',
      y: 'y',
      stroke: color,
      strokeWidth: series === 'total' ? 3 : 1.6,
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

/** Under the panel: attention and MLP while they fit, and the block's number. */
function horizontalLabels(data: DepthData): Plot.Markish[] {
  const count = data.halfBlocks.length;
  const parts = data.halfBlocks.map(({ part }, x) => ({ x, part }));
  const blocks = spans(data.halfBlocks).filter(({ layer }) => layer !== null);
  const every = Math.ceil(blocks.length / 32);
  const fits = parts.every(({ part }) => part.length * 6 < (WIDTH - LEFT - RIGHT) / count);
  const shared = { frameAnchor: 'bottom', lineAnchor: 'top', fill: INK } as const;
  return [
    ...(fits ? [Plot.text(parts, { ...shared, x: 'x', text: 'part', dy: 6, fontSize: 10, fill: QUIET })] : []),
    Plot.text(
      blocks.filter((_, i) => i % every === 0),
      { ...shared, x: (s) => (s.first + s.last) / 2, text: (s) => String(s.layer), dy: fits ? 19 : 7, fontSize: 11 },
    ),
    Plot.text([fits ? 'block' : 'block (attention, then MLP)'], { ...shared, dy: fits ? 33 : 23, fontSize: 12 }),
  ];
}

function legend(x: number, y: number): string {
  const entries: [SeriesName, string, number][] = [
    ['total', 'total', 0],
    ['added', 'added: rounding of this half block', 78],
    ['inherited', 'inherited: came in with its input', 310],
  ];
  const shapes = {
    circle: '<circle r="3.6"/>',
    square: '<path d="M-3-3h6v6h-6z"/>',
    diamond: '<path d="M0-4.4 3.4 0 0 4.4-3.4 0z"/>',
  };
  return entries
    .map(([series, label, dx]) => {
      const { color, symbol, dash } = STYLES[series];
      const dashes = dash === 'none' ? '' : ` stroke-dasharray="${dash}"`;
      return (
        `<g transform="translate(${x + dx},${y})"><path d="M0-4H26" stroke="${color}" stroke-width="${series === 'total' ? 3 : 1.6}"${dashes}/>` +
        `<g transform="translate(13,-4)" fill="${color}">${shapes[symbol]}</g>` +
        `<text x="33" font-size="12" fill="${INK}">${label}</text></g>`
      );
    })
    .join('');
}

function subtitle({ model, policy, reference }: Analysis): string {
  return ellipsis(`${shortPath(model.source)} · ${policy} · against ${reference.arithmetic}`, 112);
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

function shortPath(path: string): string {
  return path.replace(/[/\\]+$/, '').replace(/^.*[/\\]/, '') || path;
}

function ellipsis(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`;
}
