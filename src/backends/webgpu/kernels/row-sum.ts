/** Kernels of row sums: one invocation a row, since a declared order is one long dependence. */
import type { Kernel } from '../device.ts';
import { type Core, coreWgsl } from '../wgsl/core.ts';
import { UNTRUSTED } from '../wgsl/quick.ts';
import { type SumFamily, sumsWgsl } from '../wgsl/sums.ts';
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
  let o = OrderShape(${order});
  let w = Words(at, element_of(at, i), 0u);
  var s = Sum();
  for (var j = 0u; j < o.n; j++) {
    let x = operand(a[i * o.n + place_of(o, j).term], ${rowSumUniform.word('flush')});
    take(&s, r, o, w, j, x, 0u);
  }
  let sum = finish(&s, r, o, w);${quick ? '\n  if (untrusted) { leave(); }' : ''}
  result[i] = ${quick ? `select(sum, ${UNTRUSTED}u, untrusted)` : 'sum'};`;
  const code = [
    ...[coreWgsl(core), sumsWgsl(family, 'numbers')],
    ...[bufferWgsl(['a'], quick ? ['result', 'left'] : ['result']), operandWgsl],
    ...[quick ? leaveWgsl([0, 1, 2].map((k) => rowSumUniform.word('repairGroups', k))) : '', elementsWgsl(body)],
  ].join('');
  return { code, bindings: quick ? 'rww' : 'rw' };
}

const known = new Map<string, Kernel>();

/** The sum of each row, with a `rowSumUniform`; a quick one is followed by an integer one with `repair` = 1,
 * over the `repairGroups` that it wrote to its last buffer, `left`. */
export function rowSumKernel(family: SumFamily, core: Core): Kernel {
  const key = `${family} ${core}`;
  let kernel = known.get(key);
  if (kernel === undefined) {
    kernel = kernelOf(family, core);
    known.set(key, kernel);
  }
  return kernel;
}
