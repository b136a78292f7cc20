/** Softmax of rows in one kernel: the operations of arithmetic/composites.ts, one by one, in the integer core. */

import type { Kernel } from '../device.ts';
import { type Core, coreWgsl } from '../wgsl/core.ts';
import { type SumFamily, sumsWgsl } from '../wgsl/sums.ts';
import { evaluationWgsl, type FunctionSource } from './elementary.ts';
import { eachElement, FUSED_ROWS, type Phase, phasesWgsl } from './fused-rows.ts';
import { madeOnce } from './made-once.ts';
import { maskFields, visibleWgsl } from './movements.ts';
import { addressField, bufferWgsl, operandWgsl, roundingField, UniformLayout } from './parts.ts';
import { rowSumWgsl } from './row-sum.ts';

/**
 * `flush`: of x, of what exp is taken of, of numbers of `out`, and of `accumulate`. `shift`: of exp's table. `at`: the
 * elements' steps, `rowAt`: the rows'.
 */
export const softmaxFields = [
  ['rows', 1],
  ['width', 1],
  ...maskFields,
  ['shifted', 1],
  ['shift', 1],
  ['flush', 4],
  ['order', 3],
  roundingField('out'),
  roundingField('accumulate'),
  addressField('at'),
  addressField('rowAt'),
] as const;

export const softmaxUniform = new UniformLayout(softmaxFields);

/** Each layout that has the `softmaxFields`. */
type SoftmaxLayout = Pick<typeof softmaxUniform, 'word' | 'rounding' | 'addresses'>;

/** What the phases call and share, behind `sumsWgsl` for numbers. */
export function softmaxWgsl(u: SoftmaxLayout, source: FunctionSource, result: string): string {
  return [
    ...[evaluationWgsl(source), operandWgsl, visibleWgsl(u), rowSumWgsl(result)],
    `
var<workgroup> largest: array<atomic<u32>, ${FUSED_ROWS}>;
var<workgroup> sums: array<u32, ${FUSED_ROWS}>;

// In the order of the numbers, NaN above all; 0 is no number's. That −0 is below +0 is without effect: exp of both is 1.
fn rank_of(x: u32) -> u32 {
  if (magnitude_of(x) > INFINITY_BITS) { return 0xffffffffu; }
  return select(x | SIGN_BIT, ~x, x >= SIGN_BIT);
}
fn number_of(rank: u32) -> u32 { return select(~rank, rank & ~SIGN_BIT, rank >= SIGN_BIT); }
`,
  ].join('');
}

/** From the rows of the buffer `a` to those of `result`. */
export function softmaxPhases(u: SoftmaxLayout, a: string, result: string): Phase[] {
  const [width, shifted] = [u.word('width'), u.word('shifted')];
  const [flushX, flushInner, flushOut, flushSum] = [0, 1, 2, 3].map((k) => u.word('flush', k));
  const order = [0, 1, 2].map((k) => u.word('order', k)).join(', ');
  const out = `
    let r = ${u.rounding('out')};
    let at = ${u.addresses('at')};
    let seen = visible(row);`;
  // Bounds of loops, not branches, of which software devices carry out both sides.
  const visible = ['seen.x', 'seen.y'] as const;
  const largest = `
    if (${shifted} != 0u) {
      let seen = visible(row);
      var rank = 0u;${eachElement(width, `rank = max(rank, rank_of(${a}[i]));`, visible)}
      atomicMax(&largest[slot], rank);
    }`;
  const zero = `${result}[i] = 0u;`;
  const exponentials = `${out}
    let most = operand(number_of(atomicLoad(&largest[slot])), ${flushX});${eachElement(width, zero, ['0u', 'seen.x'])}${eachElement(width, zero, ['max(seen.x, seen.y)', width])}${eachElement(
      width,
      `
      let element = element_of(at, i);
      var x = ${a}[i];
      if (${shifted} != 0u) { x = subtract(r, operand(x, ${flushX}), most, word_of(at, element, 0u)); }
      let word = word_of(at, element, ${shifted});
      ${result}[i] = evaluated(r, 0u, operand(x, ${flushInner}), ${u.word('shift')}, word);`,
      visible,
    )}`;
  const sum = `
    let at = ${u.addresses('rowAt')};
    let w = Words(at, element_of(at, row), 0u);
    sums[slot] = row_sum(${u.rounding('accumulate')}, OrderShape(${order}), w, row * ${width}, ${flushOut});`;
  const quotients = `${out}
    let sum = operand(sums[slot], ${flushSum});${eachElement(
      width,
      `
      let word = word_of(at, element_of(at, i), ${shifted} + 1u);
      ${result}[i] = divide(r, operand(${result}[i], ${flushOut}), sum, word);`,
      visible,
    )}`;
  return [{ elements: largest }, { elements: exponentials }, { row: sum }, { elements: quotients }];
}

function kernelOf(family: SumFamily, source: FunctionSource, core: Core): Kernel {
  const u = softmaxUniform;
  const code = [
    ...[coreWgsl(core), sumsWgsl(family, 'numbers'), bufferWgsl(['a', 'mask', 'table'], ['undecided', 'result'])],
    ...[softmaxWgsl(u, source, 'result'), phasesWgsl(u.word('rows'), softmaxPhases(u, 'a', 'result'))],
  ].join('');
  return { code, bindings: 'rrrww' };
}

/** Of each row, with a `softmaxUniform`; buffers a, the mask's ranges, exp's table, the count of the undecided, result. */
export const softmaxKernel = madeOnce(kernelOf);
