/** What the figures through depth have in common: a logarithmic panel over the blocks, and the text around it. */
import * as Plot from '@observablehq/plot';
import type { Analysis } from '../analysis/result.ts';
import { type HalfBlock, spans } from './depth-data.ts';
import { type LogScale, tickText } from './depth-scale.ts';
import { INK, plotted, QUIET, text } from './svg.ts';
import { htmlText } from './text.ts';

export const WIDTH = 760;
export const PANEL_TOP = 84;
export const PANEL_HEIGHT = 330;
export const LEFT = 64;
export const RIGHT = 20;

/** A whole figure: title, what was analyzed, legend, panel, and notes under it. */
export function depthSvg(figure: {
  readonly id: string;
  readonly title: string;
  readonly analysis: Analysis;
  readonly legend: string;
  readonly panelTop: number;
  /** The panel's marks, or a line of text where there is nothing to draw. */
  readonly panel: string;
  readonly notes: readonly string[];
}): string {
  const { id, title, analysis, legend, panelTop, panel, notes } = figure;
  const captionTop = panelTop + PANEL_HEIGHT + 22;
  const height = captionTop + 15 * notes.length + 4;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}"`,
    ` font-family="Arial, Helvetica, sans-serif" role="img" aria-labelledby="${id}-title ${id}-desc">`,
    `<title id="${id}-title">${title}</title>`,
    `<desc id="${id}-desc">${htmlText(notes.join(' '))}</desc>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    text(LEFT, 26, 16, INK, title, ' font-weight="700"'),
    text(LEFT, 46, 12, QUIET, subtitle(analysis)),
    legend,
    `<g transform="translate(0,${panelTop})" fill="${INK}" color="${INK}" font-size="11" text-anchor="middle">`,
    panel,
    '</g>',
    ...notes.map((note, i) => text(LEFT, captionTop + 15 * i, 11, QUIET, note)),
    '</svg>\n',
  ].join('');
}

/** The inside of a plot over `count` positions. */
export function plotPanel(count: number, { low, high }: LogScale, marks: Plot.Markish[]): string {
  return plotted({
    className: 'panel',
    width: WIDTH,
    height: PANEL_HEIGHT,
    marginLeft: LEFT,
    marginRight: RIGHT,
    marginTop: 8,
    marginBottom: 46,
    x: { type: 'linear', domain: [-0.5, count - 0.5], axis: null },
    y: { type: 'log', domain: [low, high], axis: null },
    marks,
  });
}

/** Stripes behind every other block, the zone that the reference cannot tell from nothing, grid, and vertical axis. */
export function background(
  blocks: readonly HalfBlock[],
  { low, high, ticks }: LogScale,
  blind: number,
): Plot.Markish[] {
  const stripes = spans(blocks).filter((_, i) => i % 2 === 1);
  const count = blocks.length;
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

/** Whether there is place for a word under each position. */
export function partsFit(halfBlocks: readonly HalfBlock[]): boolean {
  return halfBlocks.every(({ part }) => part.length * 6 < (WIDTH - LEFT - RIGHT) / halfBlocks.length);
}

/** Under the panel: attention and MLP while they fit, and the block's number. */
export function horizontalLabels(halfBlocks: readonly HalfBlock[]): Plot.Markish[] {
  const parts = halfBlocks.map(({ part }, x) => ({ x, part }));
  const blocks = spans(halfBlocks).filter(({ layer }) => layer !== null);
  const every = Math.ceil(blocks.length / 32);
  const fits = partsFit(halfBlocks);
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

const SHAPES = {
  circle: '<circle r="3.6"/>',
  square: '<path d="M-3-3h6v6h-6z"/>',
  diamond: '<path d="M0-4.4 3.4 0 0 4.4-3.4 0z"/>',
  triangle: '<path d="M0-4 3.8 3-3.8 3z"/>',
} as const;

export interface SeriesStyle {
  readonly color: string;
  readonly symbol: keyof typeof SHAPES;
  readonly dash: string;
  readonly width: number;
}

/** A line with its mark, and what it is. */
export function legendEntry(x: number, y: number, { color, symbol, dash, width }: SeriesStyle, label: string): string {
  const dashes = dash === 'none' ? '' : ` stroke-dasharray="${dash}"`;
  return (
    `<g transform="translate(${x},${y})"><path d="M0-4H26" stroke="${color}" stroke-width="${width}"${dashes}/>` +
    `<g transform="translate(13,-4)" fill="${color}">${SHAPES[symbol]}</g>` +
    `<text x="33" font-size="12" fill="${INK}">${label}</text></g>`
  );
}

function subtitle({ model, policy, reference }: Analysis): string {
  return ellipsis(`${shortPath(model.source)} · ${policy} · against ${reference.arithmetic}`, 112);
}

function shortPath(path: string): string {
  return path.replace(/[/\\]+$/, '').replace(/^.*[/\\]/, '') || path;
}

function ellipsis(content: string, length: number): string {
  const characters = [...content];
  return characters.length <= length ? content : `${characters.slice(0, length - 1).join('')}…`;
}
