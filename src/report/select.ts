/** Which taps an output shows. */
import type { Analysis, TapResult } from '../analysis/result.ts';

/** The taps where a half block ends, in program order. */
export function halfBlocks(analysis: Analysis): readonly TapResult[] {
  return analysis.taps.filter((tap) => tap.added !== null);
}

/** The depth table: the embedding, every half block's end, the final norm and the logits. */
export function depthTaps(analysis: Analysis): readonly TapResult[] {
  const ends = ['embed', 'final_norm', 'logits'];
  return analysis.taps.filter((tap) => tap.added !== null || ends.includes(tap.tap));
}
