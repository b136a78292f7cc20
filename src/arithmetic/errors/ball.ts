/** Balls: numbers, and for each of them how far another number may be. */
import type { Format } from '../../formats/index.ts';
import type { Numbers, Tensor } from '../../tensor/index.ts';

/** What is known of how a value's numbers are stored: those that the policy's program computes. */
export interface Stored {
  readonly format: Format;
  /** Subnormals were flushed when it was stored. */
  readonly flushed: boolean;
}

/** A tensor C of another interpreter, with a radius about each entry. */
export interface Ball<C> {
  readonly centre: C;
  /** The centre's numbers, row-major. */
  readonly numbers: Numbers;
  /** As long as `numbers`; nonnegative, Infinity where nothing is known, never NaN. */
  readonly radius: Float64Array;
  /** Undefined for numbers from outside. */
  readonly stored: Stored | undefined;
}

/** The numbers of a tensor that is there already. @throws Error where they would have to be waited for */
export function numbersOf(lowered: Tensor | Promise<Tensor>): Numbers {
  if (lowered instanceof Promise) throw new Error('balls: expected an interpreter whose numbers are there at once');
  return lowered.data;
}

/** Radii as they are, but Infinity about a centre that is no finite number, and for NaN. */
export function finished(numbers: Numbers, radius: Float64Array): Float64Array {
  for (let i = 0; i < radius.length; i++) {
    if (!(Number.isFinite(numbers[i]) && radius[i] >= 0)) radius[i] = Number.POSITIVE_INFINITY;
  }
  return radius;
}

/** Whether a radius is above 0. */
export function hasRadius({ radius }: { readonly radius: Float64Array }): boolean {
  return radius.some((r) => r !== 0);
}

/** One radius for each entry. (A loop is several times faster than `Float64Array.from` with a function: measured.) */
export function radii(length: number, at: (index: number) => number): Float64Array {
  const radius = new Float64Array(length);
  for (let i = 0; i < length; i++) radius[i] = at(i);
  return radius;
}

export function magnitudes(numbers: Numbers): Float64Array {
  const sizes = new Float64Array(numbers.length);
  for (let i = 0; i < sizes.length; i++) sizes[i] = Math.abs(numbers[i]);
  return sizes;
}
