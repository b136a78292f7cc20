/** LayerNorm and RMSNorm in one kernel: the operations of arithmetic/composites.ts, one by one, in the integer core. */

import type { Kernel } from '../device.ts';
import { type Core, coreWgsl } from '../wgsl/core.ts';
import { type SumFamily, sumsWgsl } from '../wgsl/sums.ts';
import { eachElement, FUSED_ROWS, phasesWgsl } from './fused-rows.ts';
import { madeOnce } from './made-once.ts';
import { addressField, bufferWgsl, operandWgsl, roundingField, UniformLayout } from './parts.ts';
import { rowSumWgsl } from './row-sum.ts';

export type NormName = 'layer' | 'rms';

/**
 * `flush`: of x, of numbers of `out`, and of `accumulate`. `constants`: the bits of the row's length, ε and 1. `sumSteps`:
 * roundings of a sum. `shifts`: whether there is a β.
 */
export const normUniform = new UniformLayout([
  ['rows', 1],
  ['width', 1],
  ['shifts', 1],
  ['sumSteps', 1],
  ['flush', 3],
  ['constants', 3],
  ['order', 3],
  roundingField('out'),
  roundingField('accumulate'),
  addressField('at'),
  addressField('rowAt'),
]);

function kernelOf(name: NormName, family: SumFamily, core: Core): Kernel {
  const u = normUniform;
  const width = u.word('width');
  const [flushX, flushOut, flushSum] = [0, 1, 2].map((k) => u.word('flush', k));
  const [count, epsilon, one] = [0, 1, 2].map((k) => `operand(${u.word('constants', k)}, ${flushOut})`);
  const order = `OrderShape(${[0, 1, 2].map((k) => u.word('order', k)).join(', ')})`;
  const out = (at: 'at' | 'rowAt'): string => `
    let r = ${u.rounding('out')};
    let at = ${u.addresses(at)};`;
  // Where rows are centred, their mean's roundings come before the others of a row, and the centring before an element's.
  const centres = name === 'layer';
  const steps = u.word('sumSteps');
  const [firstOfRow, firstOfElement] = centres ? [`${steps} + 1u`, 1] : ['0u', 0];
  const meanOf = (start: string, buffer: string, flush: string): string => `${out('rowAt')}
    let element = element_of(at, row);
    let start = ${start};
    let w = Words(at, element, start);
    let sum = row_sum_${buffer}(${u.rounding('accumulate')}, ${order}, w, row * ${width}, ${flush});
    let mean = divide(r, operand(sum, ${flushSum}), ${count}, word_of(at, element, start + ${steps}));`;
  const x = `operand(a[i], ${flushX})`;
  // Formed twice, so that its squares can pass from element to row in `result`.
  const centred = centres
    ? `operand(subtract(r, ${x}, operand(means[slot], ${flushOut}), word_of(at, element, 0u)), ${flushOut})`
    : x;
  const squares = `${out('at')}${eachElement(
    width,
    `
      let element = element_of(at, i);
      let x = ${centred};
      result[i] = multiply(r, x, x, word_of(at, element, ${firstOfElement}u));`,
  )}`;
  const root = `${meanOf(firstOfRow, 'result', flushOut)}
    let next = start + ${steps} + 1u;
    let shifted = add(r, operand(mean, ${flushOut}), ${epsilon}, word_of(at, element, next));
    let size = root(r, operand(shifted, ${flushOut}), word_of(at, element, next + 1u));
    factors[slot] = divide(r, ${one}, operand(size, ${flushOut}), word_of(at, element, next + 2u));`;
  const results = `${out('at')}${eachElement(
    width,
    `
      let element = element_of(at, i);
      let factor = operand(factors[slot], ${flushOut});
      let z = multiply(r, ${centred}, factor, word_of(at, element, ${firstOfElement + 1}u));
      let gain = operand(gamma[j], ${flushOut});
      var y = multiply(r, operand(z, ${flushOut}), gain, word_of(at, element, ${firstOfElement + 2}u));
      if (${u.word('shifts')} != 0u) {
        y = add(r, operand(y, ${flushOut}), operand(beta[j], ${flushOut}), word_of(at, element, ${firstOfElement + 3}u));
      }
      result[i] = y;`,
  )}`;
  const mean = `${meanOf('0u', 'a', flushX)}
    means[slot] = mean;`;
  const code = [
    ...[coreWgsl(core), sumsWgsl(family, 'numbers'), bufferWgsl(['a', 'gamma', 'beta'], ['result']), operandWgsl],
    ...[rowSumWgsl('result', 'row_sum_result'), centres ? rowSumWgsl('a', 'row_sum_a') : ''],
    `
${centres ? `var<workgroup> means: array<u32, ${FUSED_ROWS}>;\n` : ''}var<workgroup> factors: array<u32, ${FUSED_ROWS}>;
`,
    phasesWgsl(u.word('rows'), [
      ...(centres ? [{ row: mean }] : []),
      { elements: squares },
      { row: root },
      { elements: results },
    ]),
  ].join('');
  return { code, bindings: 'rrrw' };
}

/** Of each row, with a `normUniform`; buffers a, γ, β (anything where there is none), result. */
export const normKernel = madeOnce(kernelOf);
