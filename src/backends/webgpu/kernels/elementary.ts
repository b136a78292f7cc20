/** The kernel of exp, tanh and erf. */
import type { Kernel } from '../device.ts';
import { lnTwoWords } from '../elementary-tables.ts';
import { type Core, coreWgsl } from '../wgsl/core.ts';
import { elementaryWgsl } from '../wgsl/elementary.ts';
import { addressField, bufferWgsl, elementsWgsl, operandWgsl, roundingField, UniformLayout } from './parts.ts';

/** `name`: its number in `elementaryNames`. */
export const elementaryUniform = new UniformLayout([
  ['count', 1],
  ['name', 1],
  ['flush', 1],
  roundingField('out'),
  addressField('at'),
]);

const known = new Map<Core, Kernel>();

/** R(f(x)) of each element, with an `elementaryUniform`; buffers a, the function's table, the count of the undecided, result. */
export function elementaryKernel(core: Core): Kernel {
  let kernel = known.get(core);
  if (kernel === undefined) {
    const u = elementaryUniform;
    const body = `
  let r = ${u.rounding('out')};
  let at = ${u.addresses('at')};
  let x = operand(a[i], ${u.word('flush')});
  result[i] = elementary(r, ${u.word('name')}, x, word_of(at, element_of(at, i), 0u));`;
    const buffers = bufferWgsl(['a', 'table'], ['undecided', 'result']).replace(
      'undecided: array<u32>',
      'undecided: array<atomic<u32>>',
    );
    const code = coreWgsl(core) + buffers + elementaryWgsl(lnTwoWords()) + operandWgsl + elementsWgsl(body);
    kernel = { code, bindings: 'rrww' };
    known.set(core, kernel);
  }
  return kernel;
}

export const lookupUniform = new UniformLayout([['count', 1], ['flush', 1], ['shift', 1], roundingField('out')]);

/** The entries of a complete table of results; buffers a, the table, result. */
export const lookupKernel: Kernel = {
  code:
    coreWgsl('integer') +
    bufferWgsl(['a', 'table'], ['result']) +
    operandWgsl +
    elementsWgsl(`
  let x = operand(a[i], ${lookupUniform.word('flush')});
  // The last bits of a NaN may be all that tells it from an infinity.
  let r = ${lookupUniform.rounding('out')};
  result[i] = select(table[x >> ${lookupUniform.word('shift')}], r.nan, magnitude_of(x) > INFINITY_BITS);`),
  bindings: 'rrw',
};
