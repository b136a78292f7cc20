/** What the figure of the tiers draws, as plain data: lines up to the upper edge, and where one goes beyond it. */
import { type DepthTiers, type TierName, tierNames } from '../analysis/depth/result.ts';
import type { HalfBlock } from './depth-data.ts';
import { type LogScale, logScale } from './depth-scale.ts';
import { PREDICTORS } from './tier-columns.ts';

export type TierSeries = 'observed' | TierName;

export interface TierLinePoint {
  readonly series: TierSeries;
  readonly x: number;
  /** null where there is nothing to draw: the line has a gap. */
  readonly y: number | null;
  /** A value, and not where a line leaves the panel. */
  readonly marked: boolean;
}

/** A tier that goes beyond the upper edge. */
export interface Exit {
  readonly series: TierName;
  /** The first tap where it is above. */
  readonly tap: string;
  /** log10 of its last value, and the tap there. */
  readonly log10: number;
  readonly last: string;
}

export interface TiersData {
  readonly positions: readonly HalfBlock[];
  readonly scale: LogScale;
  readonly lines: readonly TierLinePoint[];
  readonly exits: readonly Exit[];
  readonly zeros: number;
}

/** Decades above the largest observed error that are drawn at most: beyond them a tier is off, and no more is to be seen. */
const MOST_DECADES = 12;
/** Tiers that may be far off: products of worst cases, and what is no bound at all. They do not widen the panel much. */
const FAR: readonly TierName[] = ['relativeProduct', 'worstCase', ...PREDICTORS];
/** How far above the other tiers these are followed. */
const AIR = 100;

export function tiersData({ points }: DepthTiers): TiersData {
  const drawable = (x: number | null): x is number => x !== null && Number.isFinite(x) && x > 0;
  const valuesOf = (series: TierSeries): number[] => points.map(({ [series]: value }) => value).filter(drawable);
  const others = tierNames.filter((tier) => !FAR.includes(tier)).flatMap(valuesOf);
  const observed = valuesOf('observed');
  const ceiling = Math.min(
    Math.max(1e-12, ...observed) * 10 ** MOST_DECADES,
    Math.max(1e-12, ...observed, ...others) * AIR,
  );
  const all = [...observed, ...others, ...FAR.flatMap(valuesOf)];
  const scale = logScale(all.filter((x) => x <= ceiling));
  const top = Math.log10(scale.high);

  const lines: TierLinePoint[] = [];
  const exits: Exit[] = [];
  let zeros = 0;
  for (const series of ['observed', ...tierNames] as const) {
    const log = (i: number): number | undefined => {
      const point = points[i];
      const value = point?.[series];
      if (value === null || value === undefined || Number.isNaN(value) || value === 0) return undefined;
      if (series === 'worstCase') return point.worstCaseLog10 as number;
      return series === 'relativeProduct' ? (point.relativeProductLog10 as number) : Math.log10(value);
    };
    let left: string | undefined;
    let previous = -1;
    points.forEach(({ tap, [series]: value }, x) => {
      // One number a layer: between two of them there is a line, and no gap.
      if (value === null && PREDICTORS.some((predictor) => predictor === series)) return;
      const [before, here] = [log(previous), log(x)];
      if (value === 0) zeros++;
      if (before !== undefined && here !== undefined && before > top !== here > top) {
        // The point where the line meets the upper edge.
        const share = Number.isFinite(here - before) ? (top - before) / (here - before) : 0.5;
        lines.push({ series, x: previous + share * (x - previous), y: scale.high, marked: false });
      }
      previous = x;
      const inside = here !== undefined && here <= top;
      lines.push({ series, x, y: inside ? (value as number) : null, marked: inside });
      if (here !== undefined && here > top) left ??= tap;
    });
    const lastIndex = points.findLastIndex((_, i) => log(i) !== undefined);
    if (left !== undefined && series !== 'observed') {
      exits.push({ series, tap: left, log10: log(lastIndex) as number, last: points[lastIndex].tap });
    }
  }
  const positions = points.map(({ tap, layer }): HalfBlock => ({ layer, part: partOf(tap) }));
  return { positions, scale, lines, exits, zeros };
}

function partOf(tap: string): HalfBlock['part'] {
  if (tap === 'embed' || tap === 'logits') return tap;
  return tap.endsWith('.mlp_residual') ? 'mlp' : 'attn';
}
