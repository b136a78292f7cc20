/** The kernels of exp, tanh and erf. */

import type { Kernel } from '../device.ts';
import { lnTwoWords } from '../elementary-tables.ts';
import { type Core, coreWgsl } from '../wgsl/core.ts';
import { elementaryWgsl } from '../wgsl/elementary.ts';
import { madeOnce } from './made-once.ts';
import { addressField, bufferWgsl, elementsWgsl, operandWgsl, roundingField, UniformLayout } from './parts.ts';

/** What `table` holds: coefficients of series, or all results. */
export type FunctionSource = 'series' | 'results';

/**
 * `evaluated`: R(f(x)) of the function with number `name` in `elementaryNames`; `shift` is that of a table of results. Behind
 * the core, and buffers `table` and `undecided`.
 */
export function evaluationWgsl(source: FunctionSource): string {
  if (source === 'series') {
    return `${elementaryWgsl(lnTwoWords())}
fn evaluated(r: Rounding, name: u32, x: u32, shift: u32, word: u32) -> u32 { return elementary(r, name, x, word); }
`;
  }
  return `
// The last bits of a NaN may be all that tells it from an infinity.
fn evaluated(r: Rounding, name: u32, x: u32, shift: u32, word: u32) -> u32 {
  return select(table[x >> shift], r.nan, magnitude_of(x) > INFINITY_BITS);
}
`;
}

/** `name`: its number in `elementaryNames`. `shift`: of a table of results. */
export const elementaryUniform = new UniformLayout([
  ['count', 1],
  ['name', 1],
  ['flush', 1],
  ['shift', 1],
  roundingField('out'),
  addressField('at'),
]);

function kernelOf(source: FunctionSource, core: Core): Kernel {
  const u = elementaryUniform;
  const body = `
  let r = ${u.rounding('out')};
  let at = ${u.addresses('at')};
  let x = operand(a[i], ${u.word('flush')});
  result[i] = evaluated(r, ${u.word('name')}, x, ${u.word('shift')}, word_of(at, element_of(at, i), 0u));`;
  const buffers = bufferWgsl(['a', 'table'], ['undecided', 'result']);
  const code = coreWgsl(core) + buffers + evaluationWgsl(source) + operandWgsl + elementsWgsl(body);
  return { code, bindings: 'rrww' };
}

/** R(f(x)) of each element, with an `elementaryUniform`; buffers a, the function's table, the count of the undecided, result. */
export const elementaryKernel = madeOnce(kernelOf);
