/** Which numbers an operation of a format takes as they are. */
import { type Format, round } from '../formats/index.ts';

/** Whether x is a number of the format, and none that flushing takes for a zero. */
export function isOperand(x: number, format: Format, subnormals: 'keep' | 'flush' = 'keep'): boolean {
  return round(x, format) === x && (x === 0 || subnormals === 'keep' || Math.abs(x) >= format.smallestNormal);
}

/** What is found where values without an error are no such numbers: the violation of an assumption `representable`. */
export function notStored(
  values: Float64Array,
  { format, subnormals }: { readonly format: Format; readonly subnormals?: 'keep' | 'flush' | undefined },
  errors?: Float64Array,
): string | undefined {
  const other = values.find((x, k) => (errors?.[k] ?? 0) === 0 && !isOperand(x, format, subnormals));
  return other === undefined ? undefined : `${other} is no such number of ${format.name}`;
}
