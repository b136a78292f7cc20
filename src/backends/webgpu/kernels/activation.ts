/** GELU and SiLU in one kernel, one operation of arithmetic/composites.ts after the other, in the integer core. */

import type { Kernel } from '../device.ts';
import { type Core, coreWgsl } from '../wgsl/core.ts';
import { type ElementaryName, elementaryNames } from '../wgsl/elementary.ts';
import { evaluationWgsl, type FunctionSource } from './elementary.ts';
import type { BinaryName } from './elementwise.ts';
import { madeOnce } from './made-once.ts';
import { addressField, bufferWgsl, elementsWgsl, operandWgsl, roundingField, UniformLayout } from './parts.ts';

export type ActivationName = 'gelu-tanh' | 'gelu-erf' | 'silu';

const constants = ['one', 'half', 'outer', 'inner'] as const;

/** x and −x have x's format, the others the site's `out`; constants are in the uniform. */
type Operand = 'x' | '-x' | 's' | 'h' | (typeof constants)[number];
type Step =
  | readonly [result: 's' | 'h', operation: BinaryName, a: Operand, b: Operand]
  | readonly [result: 's', operation: ElementaryName, a: Operand];

const toResult: readonly Step[] = [
  ['h', 'multiply', 'half', 'x'],
  ['s', 'add', 'one', 's'],
  ['s', 'multiply', 'h', 's'],
];

/** In the order in which random words are numbered; the last result is the activation. */
const chains: Readonly<Record<ActivationName, readonly Step[]>> = {
  'gelu-tanh': [
    ['s', 'multiply', 'x', 'x'],
    ['s', 'multiply', 's', 'x'],
    ['s', 'multiply', 'inner', 's'],
    ['s', 'add', 'x', 's'],
    ['s', 'multiply', 'outer', 's'],
    ['s', 'tanh', 's'],
    ...toResult,
  ],
  'gelu-erf': [['s', 'multiply', 'x', 'outer'], ['s', 'erf', 's'], ...toResult],
  silu: [
    ['s', 'exp', '-x'],
    ['s', 'add', 'one', 's'],
    ['s', 'divide', 'x', 's'],
  ],
};

/** Roundings of an element. */
export function activationSteps(name: ActivationName): number {
  return chains[name].length;
}

/** `flush`: of x, and of numbers of `out`. `shift`: of the function's table. `constants`: the bits of 1, ½, outer and inner. */
export const activationUniform = new UniformLayout([
  ['count', 1],
  ['shift', 1],
  ['flush', 2],
  ['constants', constants.length],
  roundingField('out'),
  addressField('at'),
]);

function operandText(name: Operand): string {
  const u = activationUniform;
  if (name === 'x' || name === '-x') return `operand(${name === 'x' ? 'x' : 'x ^ SIGN_BIT'}, ${u.word('flush', 0)})`;
  const place = (constants as readonly Operand[]).indexOf(name);
  return `operand(${place < 0 ? name : u.word('constants', place)}, ${u.word('flush', 1)})`;
}

function stepText([result, operation, a, b]: Step, k: number): string {
  const word = `word_of(at, element, ${k}u)`;
  if (b !== undefined) return `  ${result} = ${operation}(r, ${operandText(a)}, ${operandText(b)}, ${word});`;
  const name = elementaryNames.indexOf(operation as ElementaryName);
  return `  ${result} = evaluated(r, ${name}u, ${operandText(a)}, ${activationUniform.word('shift')}, ${word});`;
}

function kernelOf(name: ActivationName, source: FunctionSource, core: Core): Kernel {
  const chain = chains[name];
  const registers = ['s', 'h'].filter((register) => chain.some(([result]) => result === register));
  const body = `
  let r = ${activationUniform.rounding('out')};
  let at = ${activationUniform.addresses('at')};
  let element = element_of(at, i);
  let x = a[i];
${registers.map((register) => `  var ${register} = 0u;\n`).join('')}${chain.map(stepText).join('\n')}
  result[i] = s;`;
  const buffers = bufferWgsl(['a', 'table'], ['undecided', 'result']);
  const code = coreWgsl(core) + buffers + evaluationWgsl(source) + operandWgsl + elementsWgsl(body);
  return { code, bindings: 'rrww' };
}

/** Of each element, with an `activationUniform`; buffers a, the function's table, the count of the undecided, result. */
export const activationKernel = madeOnce(kernelOf);
