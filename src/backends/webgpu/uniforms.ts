/** Uniforms that several operations write alike. */
import type { Addresses } from '../../arithmetic/stochastic.ts';
import { elementwiseUniform, MAX_RANK } from './kernels/elementwise.ts';
import { addressWords } from './kernels/parts.ts';

const NO_AXES = new Array<number>(MAX_RANK).fill(1);
const NO_STRIDES = new Array<number>(2 * MAX_RANK).fill(0);

/** Of the kernels `convert` and `root`. */
export function convertUniform(
  count: number,
  flush: number,
  out: readonly number[],
  at: Addresses | undefined,
): number[] {
  return elementwiseUniform.words({
    ...{ count, flush: [flush, 0], dims: NO_AXES, strides: NO_STRIDES },
    ...{ out, at: addressWords(at) },
  });
}
