/** A search for counterexamples as JSON, keys in the documented order. */
import { knownRatio } from '../testing/search/known-sharpness.ts';
import type { BoundSummary, Ratios } from '../testing/search/summary.ts';
import type { WorstCase } from '../testing/search/unit.ts';
import { type Json, jsonText } from './json.ts';

/** `seed`, `cases` and the bounds, each with its cases, violations and ratios, also by format. */
export function verifyJson(seed: number, cases: number, summaries: readonly BoundSummary[]): string {
  return jsonText({ schema: 'ulpwise.verify/1', seed, casesOfEach: cases, bounds: summaries.map(boundJson) });
}

function boundJson(summary: BoundSummary): Json {
  const { id, kind, worst, counterexample, correlation, formats } = summary;
  return {
    ...{ id, kind },
    ...ratiosJson(summary),
    worst: worstJson(worst),
    knownRatio: knownRatio(id),
    counterexample: worstJson(counterexample),
    correlation,
    formats: Object.fromEntries(Object.entries(formats).map(([name, ratios]) => [name, ratiosJson(ratios)])),
  };
}

function ratiosJson({ cases, notValid, violations, maxRatio, medianRatio }: Ratios): { readonly [key: string]: Json } {
  return { cases, notValid, violations, maxRatio, medianRatio };
}

function worstJson(worst: WorstCase | null): Json {
  if (worst === null) return null;
  const { format, mode, seed, subnormals, order, arrays, scalars } = worst.case;
  const rounding = { mode, ...(seed !== undefined && { seed }) };
  return { ratio: worst.ratio, case: { format, ...rounding, subnormals, order, arrays, scalars } };
}
