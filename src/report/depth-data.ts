/** What the depth figure draws, as plain data: points of half blocks in order, and what cannot be drawn. */
import type { Analysis } from '../analysis/result.ts';
import { formatOrUndefined } from '../formats/index.ts';
import { halfBlocks } from './select.ts';

export type SeriesName = 'total' | 'added' | 'inherited';

export interface DepthPoint {
  readonly series: SeriesName;
  /** Position of the half block, from 0. */
  readonly x: number;
  /** null where a logarithmic scale has no place for it. */
  readonly y: number | null;
  readonly zero: boolean;
}

export interface HalfBlock {
  /** Block it belongs to. */
  readonly layer: number | null;
  readonly part: 'attn' | 'mlp' | 'embed' | 'logits';
}

export interface DepthData {
  readonly halfBlocks: readonly HalfBlock[];
  readonly points: readonly DepthPoint[];
  /** Values that are infinite or NaN, and the first tap with one. */
  readonly omitted: { readonly count: number; readonly first: string } | null;
  readonly zeros: number;
}

/** The figure's data. A value of zero keeps its place on the x axis, a non-finite one is counted. */
export function depthData(analysis: Analysis): DepthData {
  const taps = halfBlocks(analysis);
  const points: DepthPoint[] = [];
  let [omitted, zeros] = [0, 0];
  let first = '';
  taps.forEach((tap, x) => {
    const values: [SeriesName, number][] = [
      ['inherited', tap.inherited ?? 0],
      ['added', tap.added ?? 0],
      ['total', tap.relFrobenius],
    ];
    for (const [series, value] of values) {
      if (!Number.isFinite(value)) {
        if (omitted++ === 0) first = tap.tap;
      }
      if (value === 0) zeros++;
      points.push({ series, x, y: Number.isFinite(value) && value > 0 ? value : null, zero: value === 0 });
    }
  });
  const blocks = taps.map(
    ({ tap, layer }) => ({ layer, part: tap.endsWith('.mlp_residual') ? 'mlp' : 'attn' }) as const,
  );
  return { halfBlocks: blocks, points, omitted: omitted === 0 ? null : { count: omitted, first }, zeros };
}

/** Consecutive half blocks of the same block, from the first's position to the last's. */
export interface Span {
  readonly layer: number | null;
  readonly first: number;
  readonly last: number;
}

/** The blocks along the x axis. */
export function spans(blocks: readonly HalfBlock[]): readonly Span[] {
  const found: { layer: number | null; first: number; last: number }[] = [];
  blocks.forEach(({ layer }, x) => {
    const last = found.at(-1);
    if (last !== undefined && last.layer === layer) last.last = x;
    else found.push({ layer, first: x, last: x });
  });
  return found;
}

/** The base format of a policy, whose unit roundoff is the yardstick of the figure; undefined where it has none. */
export function baseFormat(policy: string): { readonly name: string; readonly u: number } | undefined {
  const base = policy.split(';')[0].trim();
  return formatOrUndefined((/^autocast\((.+)\)$/.exec(base)?.[1] ?? base).trim());
}
