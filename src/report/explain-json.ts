/** An explanation as JSON text. */
import type { ExplainedTap, Explanation, LocalCheck } from '../analysis/traces/explain/result.ts';
import { type Json, jsonText } from './json.ts';

/** The documented order of keys, so that equal explanations are equal bytes. */
export function explainJson({ verdict, tap, side, evidence, sides, taps }: Explanation): string {
  return jsonText({
    ...{ schema: 'ulpwise.explain/1', verdict, tap, side, evidence },
    sides: { A: { ...sides.A }, B: { ...sides.B } },
    taps: taps.map(tapJson),
  });
}

function tapJson({ tap, split, A, B }: ExplainedTap): Json {
  return { tap, split: split === undefined ? null : { ...split }, A: checkJson(A), B: checkJson(B) };
}

function checkJson(check: LocalCheck | undefined): Json {
  if (check === undefined) return null;
  const { orderFree, entries, beyond, unknown, boundRatio, expectedRatio, worst } = check;
  return {
    ...{ orderFree, entries, beyond, unknown, boundRatio, expectedRatio },
    worst: worst === undefined ? null : { ...worst },
  };
}
