/** Recorded numbers against what rounding can give and what it is expected to: theory/local-check.md, L1 and L7. */
import type { Numbers } from '../../../tensor/index.ts';
import { siteKind } from '../../../tensor/policy.ts';
import type { Row } from '../../rows.ts';
import type { LocalCheck, Worst } from './result.ts';

/** Radii are computed in float64 to nearest: what thousands of their roundings, all of nonnegative numbers, amount to. */
const RADIUS_SLACK = 1 + 2 ** -30;

export interface Evidence {
  readonly recorded: Float64Array;
  readonly enclosure: { readonly numbers: Numbers; readonly radius: Float64Array };
  readonly expected: Float64Array;
}

/** Over the visible entries of real tokens, and hidden probabilities, which are 0. The sign of a zero is not compared. */
export function judge(tap: string, width: number, visible: readonly Row[], evidence: Evidence): LocalCheck {
  const { recorded, enclosure, expected } = evidence;
  const { numbers, radius } = enclosure;
  const rows = siteKind(tap) === 'probs' ? visible.map((row) => wholeRow(row, width)) : visible;
  let [entries, beyond, unknown, boundRatio] = [0, 0, 0, 0];
  let [squares, expectedSquares] = [0, 0];
  let orderFree = true;
  let worst: Worst | undefined;
  for (const { index, start, end, firstColumn } of rows) {
    for (let i = start; i < end; i++) {
      entries++;
      const [x, y, bound] = [recorded[i], numbers[i], radius[i]];
      if (bound !== 0) orderFree = false;
      if (bound === Number.POSITIVE_INFINITY) {
        unknown++;
        continue;
      }
      const difference = Math.abs(x - y);
      if (Number.isFinite(difference)) {
        squares += difference * difference;
        expectedSquares += expected[i] * expected[i];
      }
      // A recorded number that is not finite has no difference, and rounding cannot have overflowed.
      const ratio = difference === 0 ? 0 : Number.isFinite(x) ? difference / bound : Number.POSITIVE_INFINITY;
      if (!(ratio <= RADIUS_SLACK)) beyond++;
      if (worst === undefined || ratio > boundRatio) {
        worst = { index: [...index, i - start + firstColumn], recorded: x, recomputed: y, difference, bound };
        boundRatio = ratio;
      }
    }
  }
  const expectedRatio = expectedSquares === 0 || orderFree ? null : Math.sqrt(squares / expectedSquares);
  return { tap, orderFree: orderFree && entries > 0, entries, beyond, unknown, boundRatio, expectedRatio, worst };
}

function wholeRow(row: Row, width: number): Row {
  const start = row.start - row.firstColumn;
  return { ...row, start, end: start + width, firstColumn: 0 };
}
