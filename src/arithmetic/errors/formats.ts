/** When storing a number in another format changes it. */
import type { Format } from '../../formats/index.ts';
import type { OperationSpec } from '../../tensor/index.ts';
import type { Stored } from './ball.ts';

/** Whether every finite number of `part` is one of `whole`. */
export function isPartOf(part: Format, whole: Format): boolean {
  if (part.kind === 'decimal' || whole.kind === 'decimal') return part.name === whole.name;
  return (
    part.precision <= whole.precision &&
    part.largest <= whole.largest &&
    part.smallestSubnormal >= whole.smallestSubnormal
  );
}

/** Whether a site reads these numbers as they are and its `format` holds them. */
export function isHeld(stored: Stored | undefined, format: Format, { subnormals }: OperationSpec): boolean {
  return stored !== undefined && isPartOf(stored.format, format) && (subnormals === 'keep' || flushes(stored, format));
}

/** Flushed already, and none that `format` would flush. */
function flushes(stored: Stored, format: Format): boolean {
  return stored.flushed && stored.format.smallestNormal >= format.smallestNormal;
}

/** What reading an operand can change it by: where a site flushes, a subnormal of the format that it is stored in. */
export function readingError(stored: Stored | undefined, { subnormals, out }: OperationSpec): number {
  if (subnormals === 'keep' || stored?.flushed === true) return 0;
  return (stored?.format ?? out).smallestNormal;
}
