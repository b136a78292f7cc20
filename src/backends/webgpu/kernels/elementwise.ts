/** Kernels of one operation an element, operands broadcast. */

import type { Kernel } from '../device.ts';
import { type Core, coreWgsl } from '../wgsl/core.ts';
import { madeOnce } from './made-once.ts';
import { addressField, bufferWgsl, elementsWgsl, operandWgsl, roundingField, UniformLayout } from './parts.ts';

export type BinaryName = 'add' | 'subtract' | 'multiply' | 'divide';
export type UnaryName = 'convert' | 'root';

/** Axes of a broadcast operand. */
export const MAX_RANK = 6;

/**
 * `flush`: bits of the smallest normal number of each operand's format where the site flushes, else 0. `dims`: the result's,
 * 1s in front; element i of an operand stands at the sum of its coordinates by the operand's strides.
 */
export const elementwiseUniform = new UniformLayout([
  ['count', 1],
  ['flush', 2],
  ['dims', MAX_RANK],
  ['strides', 2 * MAX_RANK],
  roundingField('out'),
  addressField('at'),
]);

/** index_a or index_b, with the uniform's `dims` and `strides`. */
export function stridedWgsl(
  operand: 'a' | 'b',
  uniform: { word(field: 'dims' | 'strides', k?: number): string } = elementwiseUniform,
): string {
  const first = operand === 'a' ? 0 : MAX_RANK;
  const axes = Array.from({ length: MAX_RANK }, (_, k) => MAX_RANK - 1 - k);
  const lines = axes.map((axis) => {
    const dim = uniform.word('dims', axis);
    return `  at += (rest % ${dim}) * ${uniform.word('strides', first + axis)};\n  rest = rest / ${dim};\n`;
  });
  return `
fn index_${operand}(i: u32) -> u32 {
  var at = 0u;
  var rest = i;
${lines.join('')}  return at;
}
`;
}

const prologue = [
  `  let r = ${elementwiseUniform.rounding('out')};`,
  `  let at = ${elementwiseUniform.addresses('at')};`,
  '  let word = word_of(at, element_of(at, i), 0u);',
].join('\n');

function operandOf(name: 'a' | 'b'): string {
  return `operand(${name}[index_${name}(i)], ${elementwiseUniform.word('flush', name === 'a' ? 0 : 1)})`;
}

function binaryKernel(operation: BinaryName, core: Core): Kernel {
  const strided = stridedWgsl('a') + stridedWgsl('b');
  const body = `${prologue}\n  result[i] = ${operation}(r, ${operandOf('a')}, ${operandOf('b')}, word);`;
  const code = coreWgsl(core) + bufferWgsl(['a', 'b'], ['result']) + operandWgsl + strided + elementsWgsl(body);
  return { code, bindings: 'rrw' };
}

function unaryKernel(operation: UnaryName, core: Core): Kernel {
  const operand = `operand(a[i], ${elementwiseUniform.word('flush')})`;
  const body = `${prologue}\n  result[i] = ${operation}(r, ${operand}, word);`;
  return { code: coreWgsl(core) + bufferWgsl(['a'], ['result']) + operandWgsl + elementsWgsl(body), bindings: 'rw' };
}

/** R(a ∘ b), or R(a) (`convert`) and R(√a), of each element, with an `elementwiseUniform`. */
export const elementwiseKernel = madeOnce((operation: BinaryName | UnaryName, core: Core) =>
  operation === 'convert' || operation === 'root' ? unaryKernel(operation, core) : binaryKernel(operation, core),
);
