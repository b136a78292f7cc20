/** An analysis's diagnostics against the slow evaluation's. */
import { expect } from 'vitest';
import { layerNames, quantileNames, rowNames } from '../../src/analysis/diagnostics/names.ts';
import type { Diagnostics } from '../../src/analysis/diagnostics/result.ts';
import type { SlowLayer } from './slow-diagnostics.ts';

/** By linear interpolation between order statistics, as docs/analysis.md has it. */
function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low + (at - Math.floor(at)) * (high - low);
}

const QUANTILES = { q01: 0.01, q25: 0.25, q50: 0.5, q75: 0.75, q99: 0.99, max: 1 };

/** What comes from the run and from ranks, and not from formulas of the literature. */
const ELSEWHERE = /^(observed|a1_rank|a2_rank|observed_rank)$/;

/**
 * Every number of every layer and head.
 * @param accuracy relative; a condition number K is itself known to about K roundings, which comes on top
 */
export function expectDiagnostics(
  { layers }: Diagnostics,
  slow: readonly SlowLayer[],
  accuracy: number,
  skip: RegExp = /^$/,
): void {
  expect(layers.length).toBe(slow.length);
  const near = (what: string, found: number | null, wanted: number | null | undefined) => {
    if (wanted === null || wanted === undefined) expect(found, what).toBeNull();
    else
      expect(Math.abs((found as number) - wanted), `${what}: ${found} against ${wanted}`).toBeLessThanOrEqual(
        (accuracy + 2 ** -44 * Math.abs(wanted)) * Math.abs(wanted) + 2 ** -44,
      );
  };
  for (const [l, { values, heads }] of layers.entries()) {
    const wanted = { ...slow[l].values };
    for (const name of rowNames) {
      const rows = slow[l].rows[name];
      for (const q of quantileNames) wanted[`${name}_${q}`] = rows === undefined ? null : quantile(rows, QUANTILES[q]);
    }
    for (const { name } of layerNames) {
      if (!ELSEWHERE.test(name) && !skip.test(name)) near(`layer ${l} ${name}`, values[name], wanted[name]);
    }
    for (const [h, head] of heads.entries()) {
      expect(Object.keys(head.values)).toEqual(Object.keys(head.values).filter((name) => name in slow[l].heads[h]));
      for (const [name, x] of Object.entries(head.values))
        near(`layer ${l} head ${h} ${name}`, x, slow[l].heads[h][name]);
    }
  }
}
