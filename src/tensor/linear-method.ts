/** How a linear layer multiplies: in the site's formats, or in 8-bit integers with outliers apart. */
import { InputError } from '../formats/index.ts';

/** Columns with an entry beyond ±threshold are multiplied in fp16, the others in 8-bit integers (docs/semantics.md). */
export interface EightBit {
  readonly kind: 'int8';
  readonly threshold: number;
}

export type LinearMethod = 'plain' | EightBit;

/** The threshold of the method's authors. */
const THRESHOLD = 6;

/** @throws InputError where the text is neither `plain`, `int8` nor `int8(threshold)` */
export function parseLinearMethod(text: string): LinearMethod {
  if (text === 'plain') return text;
  const [matched, number] = /^int8(?:\((\d+(?:\.\d+)?)\))?$/.exec(text) ?? [];
  const threshold = number === undefined ? THRESHOLD : Number(number);
  if (matched !== undefined) return { kind: 'int8', threshold };
  throw new InputError(`policy: linear: expected plain, int8 or int8(threshold), got '${text}'`);
}

/** The text that `parseLinearMethod` reads back. */
export function linearMethodText(method: LinearMethod): string {
  return method === 'plain' ? method : `int8(${method.threshold})`;
}
