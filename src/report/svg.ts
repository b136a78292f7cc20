/** What every figure is drawn with: its inks, its lines of text, and Observable Plot in a linkedom document. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { htmlText } from './text.ts';

export const INK = '#222222';
export const QUIET = '#666666';

export function text(x: number, y: number, size: number, fill: string, content: string, more = ''): string {
  return `<text x="${x}" y="${y}" font-size="${size}" fill="${fill}"${more}>${htmlText(content)}</text>`;
}

/** The inside of a plot's SVG, the same bytes for the same options. */
export function plotted(options: Plot.PlotOptions): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const svg = Plot.plot({ document: document as unknown as Document, ...options });
  const inner = svg.innerHTML.replace(/<style>[\s\S]*?<\/style>/, '');
  // Two decimals are a hundredth of a pixel, and hide the last bits of the engine's logarithm.
  return inner.replace(/="[^"]*"/g, (attribute) =>
    attribute.replace(/-?\d+\.\d{3,}(?:e-?\d+)?/g, (n) => String(Number(Number(n).toFixed(2)) + 0)),
  );
}
