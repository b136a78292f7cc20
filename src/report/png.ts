/** SVG to PNG, with fonts that are passed in: a machine without fonts would otherwise draw no text, and each its own. */
import { Resvg } from '@resvg/resvg-js';

/**
 * Renders at twice the SVG's size, on white.
 * @param fonts paths of TrueType files of the family Arimo, which has Arial's metrics; system fonts are never read, so
 * that every machine draws the same picture.
 */
export function svgToPng(svg: string, fonts: readonly string[]): Uint8Array {
  const resvg = new Resvg(svg, {
    background: '#ffffff',
    fitTo: { mode: 'zoom', value: 2 },
    font: {
      loadSystemFonts: false,
      fontFiles: [...fonts],
      defaultFontFamily: 'Arimo',
      sansSerifFamily: 'Arimo',
    },
  });
  return new Uint8Array(resvg.render().asPng());
}
