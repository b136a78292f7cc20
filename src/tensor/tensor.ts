/** Plain data: a shape and its numbers, row-major. */
import { InputError } from '../formats/index.ts';

export type Numbers = Float32Array | Float64Array;

export interface Tensor<D = Numbers> {
  readonly shape: readonly number[];
  /** Row-major, `shape` multiplied out long. */
  readonly data: D;
}

/** The number of elements of a shape; 1 for the shape of a scalar, []. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, n) => size * n, 1);
}

/** @throws InputError where the shape is not of non-negative integers that multiply out to the data's length. */
export function tensor<D extends { readonly length: number }>(shape: readonly number[], data: D): Tensor<D> {
  if (!Array.isArray(shape) || !shape.every((n) => Number.isSafeInteger(n) && n >= 0)) {
    throw new InputError(`tensor: expected a shape of integers of at least 0, got [${shape}]`);
  }
  if (sizeOf(shape) !== data.length) {
    throw new InputError(`tensor: expected ${sizeOf(shape)} numbers for the shape [${shape}], got ${data.length}`);
  }
  return { shape, data };
}

/** The length of the last axis; 1 for a scalar. */
export function rowLength(shape: readonly number[]): number {
  return shape.length === 0 ? 1 : shape[shape.length - 1];
}
