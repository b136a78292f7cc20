/**
 * Attention in one kernel, in the integer core: each row's scores, their softmax and its product with the values, one
 * operation after the other as kernels of their own would carry them out (matmul.ts, softmax.ts). Scores and
 * probabilities, which later phases read, are results too.
 */
import { LARGE_UNIFORM_WORDS } from '../commands.ts';
import type { Kernel } from '../device.ts';
import { type Core, coreWgsl } from '../wgsl/core.ts';
import { renaming } from '../wgsl/renamed.ts';
import { bitsOf } from '../wgsl/rounding.ts';
import { type SumFamily, sumsWgsl } from '../wgsl/sums.ts';
import type { FunctionSource } from './elementary.ts';
import { eachElement, phasesWgsl } from './fused-rows.ts';
import { madeOnce } from './made-once.ts';
import { type ProductKind, takeProductWgsl, termKinds } from './matmul.ts';
import { addressField, bufferWgsl, roundingField, UniformLayout } from './parts.ts';
import { softmaxFields, softmaxPhases, softmaxWgsl } from './softmax.ts';

/** Storage buffers of the kernel. */
export const ATTENTION_BUFFERS = 9;

/**
 * A row is a query's, `rowsOfMatrix` of them to a matrix. The fields of softmax are those of the probabilities. Of the two
 * products, as in matmul.ts: `groups` of matrices that meet one of keys or values, `order`, `steps` (roundings of the products,
 * and of the sum), their roundings. `scale`: what scores are multiplied by, in the step `scaleStep`. `scoresFlush`: of what that
 * reads; `contextFlush`: of probabilities where they are rounded to the context's input, with the words of `inputAt`.
 * `contextWidth`: of a row of values.
 */
export const attentionUniform = new UniformLayout(
  [
    ...softmaxFields,
    ['rowsOfMatrix', 1],
    ['scale', 1],
    ['scaleStep', 1],
    ['scoresFlush', 1],
    ['scoresGroups', 1],
    ['scoresOrder', 3],
    ['scoresSteps', 2],
    roundingField('scoresProduct'),
    roundingField('scoresAccumulate'),
    roundingField('scoresOut'),
    addressField('scoresAt'),
    ['contextWidth', 1],
    ['contextFlush', 1],
    ['contextGroups', 1],
    ['contextOrder', 3],
    ['contextSteps', 2],
    roundingField('contextInput'),
    roundingField('contextProduct'),
    roundingField('contextAccumulate'),
    roundingField('contextOut'),
    addressField('contextAt'),
    addressField('inputAt'),
  ],
  LARGE_UNIFORM_WORDS,
);

/** How a product is summed. */
export interface ProductText {
  readonly family: SumFamily;
  readonly product: ProductKind;
}

export interface AttentionText {
  readonly scores: ProductText;
  readonly softmax: { readonly family: SumFamily; readonly source: FunctionSource };
  /** `rounds`: whether it rounds the probabilities to its input format. */
  readonly context: ProductText & { readonly rounds: boolean };
  readonly core: Core;
}

/** What every element of a product needs of the uniform. */
function roundingsWgsl(name: 'scores' | 'context'): string {
  const u = attentionUniform;
  const order = [0, 1, 2].map((k) => u.word(`${name}Order`, k)).join(', ');
  return `
    let o = OrderShape(${order});
    let product = ${u.rounding(`${name}Product`)};
    let accumulate = ${u.rounding(`${name}Accumulate`)};
    let out = ${u.rounding(`${name}Out`)};
    let at = ${u.addresses(`${name}At`)};
    // Of keys or values.
    let matrix = row / ${u.word('rowsOfMatrix')} / ${u.word(`${name}Groups`)};`;
}

/**
 * R_out of the sum of x·y over the terms of element i, as `dot`.
 * @param operands WGSL that declares x and y of `term`
 */
function dotWgsl(name: 'scores' | 'context', product: ProductKind, operands: string): string {
  const steps = (k: number): string => attentionUniform.word(`${name}Steps`, k);
  return `
      let w = Words(at, element_of(at, i), ${steps(0)});
      var s = Sum();
      for (var j = 0u; j < o.n; j++) {
        let term = place_of(o, j).term;
        ${operands.trim()}
        ${takeProductWgsl(product)}
      }
      let sum = finish(&s, accumulate, o, w);
      let dot = convert(out, sum, word_of(at, w.element, w.first + ${steps(1)}));`;
}

/** Each row's scores, of `take` and what belongs to it. */
function scoresWgsl(product: ProductKind): string {
  const u = attentionUniform;
  const width = u.word('width');
  const operand = (x: string): string => `operand(${x}, ${u.word('scoresFlush')})`;
  const hidden = `scores[i] = ${bitsOf(Number.NEGATIVE_INFINITY)}u;`;
  return `${roundingsWgsl('scores')}
    let seen = visible(row);${eachElement(width, hidden, ['0u', 'seen.x'])}${eachElement(width, hidden, ['max(seen.x, seen.y)', width])}${eachElement(
      width,
      `
      let start = (matrix * ${width} + j) * o.n;${dotWgsl(
        'scores',
        product,
        `
        let x = query[row * o.n + term];
        let y = key[start + term];`,
      )}
      let word = word_of(at, w.element, ${u.word('scaleStep')});
      scores[i] = multiply(out, ${operand('dot')}, ${operand(u.word('scale'))}, word);`,
      ['seen.x', 'seen.y'],
    )}`;
}

/** Each row's product of its probabilities and the values. */
function contextWgsl({ product, rounds }: AttentionText['context']): string {
  const u = attentionUniform;
  const width = u.word('contextWidth');
  // Terms of hidden keys are +0 itself.
  const rounded = `
          x = convert(input, operand(x, ${u.word('contextFlush')}), word_of(input_at, element_of(input_at, row * o.n + term), 0u));`;
  return `${roundingsWgsl('context')}${
    rounds
      ? `
    let input = ${u.rounding('contextInput')};
    let input_at = ${u.addresses('inputAt')};`
      : ''
  }
    let seen = visible(row);${eachElement(
      width,
      `
      let start = matrix * o.n * ${width} + j;${dotWgsl(
        'context',
        product,
        `
        var x = 0u;
        var y = 0u;
        if (term >= seen.x && term < seen.y) {
          x = probs[row * o.n + term];${rounds ? rounded : ''}
          y = value[start + term * ${width}];
        }`,
      )}
      context[i] = dot;`,
    )}`;
}

function kernelOf({ scores, softmax, context, core }: AttentionText): Kernel {
  const u = attentionUniform;
  const sums = ({ family, product }: ProductText): string => sumsWgsl(family, termKinds[product]);
  const ofScores = renaming(sums(scores), '_scores');
  const ofContext = renaming(sums(context), '_context');
  const code = [
    ...[coreWgsl(core), ofScores(sums(scores)), sumsWgsl(softmax.family, 'numbers'), ofContext(sums(context))],
    bufferWgsl(
      ['query', 'key', 'value', 'mask', 'table'],
      ['undecided', 'scores', 'probs', 'context'],
      LARGE_UNIFORM_WORDS,
    ),
    softmaxWgsl(u, softmax.source, 'probs'),
    phasesWgsl(u.word('rows'), [
      { elements: ofScores(scoresWgsl(scores.product)) },
      ...softmaxPhases(u, 'scores', 'probs'),
      { elements: ofContext(contextWgsl(context)) },
    ]),
  ].join('');
  return { code, bindings: 'rrrrrwwww' };
}

/**
 * With an `attentionUniform`; buffers query, key, value, the mask's ranges, exp's table, the count of the undecided, scores,
 * probabilities, context.
 */
export const attentionKernel = madeOnce(kernelOf);
