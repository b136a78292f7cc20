/** How transported errors are summed. */
import { bounds } from '../../bounds/index.ts';

/** The catalogue's rss; NaN where a number is not finite. */
export function rootSumSquareOf(transported: readonly number[]): number {
  if (!transported.every(Number.isFinite)) return Number.NaN;
  const result = bounds.get('rss').evaluate({ transported });
  if (!result.valid) throw new Error(result.because);
  return result.value as number;
}
