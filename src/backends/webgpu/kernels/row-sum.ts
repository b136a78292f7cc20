/** Kernels of row sums: one invocation a row, since a declared order is one long dependence. */

import type { Kernel } from '../device.ts';
import { type Core, coreWgsl } from '../wgsl/core.ts';
import { UNTRUSTED } from '../wgsl/quick.ts';
import { type SumFamily, sumsWgsl } from '../wgsl/sums.ts';
import { madeOnce } from './made-once.ts';
import {
  addressField,
  bufferWgsl,
  elementsWgsl,
  leaveWgsl,
  operandWgsl,
  roundingField,
  UniformLayout,
} from './parts.ts';

/** `order`: the words of a `SumShape` behind the number of terms. `flush` as in elementwise.ts. */
export const rowSumUniform = new UniformLayout([
  ['rows', 1],
  ['flush', 1],
  ['repair', 1],
  ['repairGroups', 3],
  ['order', 3],
  roundingField('accumulate'),
  addressField('at'),
]);

/** The sum of a row of `buffer` that begins at `start`. Behind `sumsWgsl` for numbers, and `operandWgsl`. */
export function rowSumWgsl(buffer: string, name = 'row_sum'): string {
  return `
fn ${name}(r: Rounding, o: OrderShape, w: Words, start: u32, least: u32) -> u32 {
  var s = Sum();
  for (var j = 0u; j < o.n; j++) {
    take(&s, r, o, w, j, operand(${buffer}[start + place_of(o, j).term], least), 0u);
  }
  return finish(&s, r, o, w);
}
`;
}

function kernelOf(family: SumFamily, core: Core): Kernel {
  const quick = core === 'quick';
  const order = [0, 1, 2].map((k) => rowSumUniform.word('order', k)).join(', ');
  const untaken = quick
    ? ''
    : `
  if (${rowSumUniform.word('repair')} != 0u && result[i] != ${UNTRUSTED}u) { return; }`;
  const body = `${untaken}
  let r = ${rowSumUniform.rounding('accumulate')};
  let at = ${rowSumUniform.addresses('at')};
  let w = Words(at, element_of(at, i), 0u);
  let sum = row_sum(r, OrderShape(${order}), w, i * ${rowSumUniform.word('order')}, ${rowSumUniform.word('flush')});${quick ? '\n  if (untrusted) { leave(); }' : ''}
  result[i] = ${quick ? `select(sum, ${UNTRUSTED}u, untrusted)` : 'sum'};`;
  const code = [
    ...[coreWgsl(core), sumsWgsl(family, 'numbers')],
    ...[bufferWgsl(['a'], quick ? ['result', 'left'] : ['result']), operandWgsl, rowSumWgsl('a')],
    ...[quick ? leaveWgsl([0, 1, 2].map((k) => rowSumUniform.word('repairGroups', k))) : '', elementsWgsl(body)],
  ].join('');
  return { code, bindings: quick ? 'rww' : 'rw' };
}

/** The sum of each row, with a `rowSumUniform`; a quick one is followed by an integer one with `repair` = 1,
 * over the `repairGroups` that it wrote to its last buffer, `left`. */
export const rowSumKernel = madeOnce(kernelOf);
