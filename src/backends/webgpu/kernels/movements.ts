/** Kernels that move numbers, or choose among them, without rounding any. */
import type { Kernel } from '../device.ts';
import { bitsWgsl } from '../wgsl/words.ts';
import { bufferWgsl, elementsWgsl, UniformLayout } from './parts.ts';

/** Axes of what is moved. */
export const MAX_AXES = 6;

/**
 * Element i of a tensor with these `dims` (1s in front) is read at readFrom + Σ coordinate·read stride, and written at
 * writeTo + Σ coordinate·write stride: permutations, slices and the parts of a concatenation.
 */
export const copyUniform = new UniformLayout([
  ['count', 1],
  ['dims', MAX_AXES],
  ['read', MAX_AXES],
  ['write', MAX_AXES],
  ['readFrom', 1],
  ['writeTo', 1],
]);

const axes = Array.from({ length: MAX_AXES }, (_, k) => MAX_AXES - 1 - k);
const steps = axes.map((axis) => {
  const dim = copyUniform.word('dims', axis);
  return `
  { let c = rest % ${dim}; rest = rest / ${dim}; source += c * ${copyUniform.word('read', axis)}; place += c * ${copyUniform.word('write', axis)}; }`;
});

export const copyKernel: Kernel = {
  code:
    bufferWgsl(['a'], ['result']) +
    elementsWgsl(`
  var rest = i;
  var source = ${copyUniform.word('readFrom')};
  var place = ${copyUniform.word('writeTo')};${steps.join('')}
  result[place] = a[source];`),
  bindings: 'rw',
};

export const countUniform = new UniformLayout([['count', 1]]);

export const negateKernel: Kernel = {
  code:
    bitsWgsl +
    bufferWgsl(['a'], ['result']) +
    elementsWgsl('result[i] = select(a[i] ^ SIGN_BIT, a[i], magnitude_of(a[i]) > INFINITY_BITS);'),
  bindings: 'rw',
};

/** x where x > 0, NaN where x is, else +0. */
export const reluKernel: Kernel = {
  code:
    bitsWgsl +
    bufferWgsl(['a'], ['result']) +
    elementsWgsl(`
  let x = a[i];
  result[i] = select(0u, x, x < SIGN_BIT || magnitude_of(x) > INFINITY_BITS);`),
  bindings: 'rw',
};

/** Each row's visible range; rowsOfSequence = 0 where there is no mask. */
export const maskFields = [
  ['rowsOfSequence', 1],
  ['queries', 1],
] as const;

interface MaskLayout {
  word(field: 'rowsOfSequence' | 'queries' | 'width'): string;
}

export function visibleWgsl(layout: MaskLayout): string {
  return `
fn visible(row: u32) -> vec2<u32> {
  let rows = ${layout.word('rowsOfSequence')};
  if (rows == 0u) { return vec2<u32>(0u, ${layout.word('width')}); }
  let queries = ${layout.word('queries')};
  let at = (row / rows) * queries + row % queries;
  return vec2<u32>(mask[2u * at], mask[2u * at + 1u]);
}
`;
}

/** One invocation a row of `width` numbers. */
export const rowMaxUniform = new UniformLayout([['count', 1], ['width', 1], ...maskFields]);

export const rowMaxKernel: Kernel = {
  code:
    bitsWgsl +
    bufferWgsl(['a', 'mask'], ['result']) +
    visibleWgsl(rowMaxUniform) +
    `
// In the order of the numbers, zeros alike.
fn ordinal(x: u32) -> i32 { return select(i32(x), -i32(magnitude_of(x)), x >= SIGN_BIT); }
` +
    elementsWgsl(`
  let seen = visible(i);
  var largest = SIGN_BIT | INFINITY_BITS;
  for (var j = seen.x; j < seen.y; j++) {
    let x = a[i * ${rowMaxUniform.word('width')} + j];
    if (magnitude_of(x) > INFINITY_BITS) {
      largest = x;
      break;
    }
    if (ordinal(x) > ordinal(largest)) { largest = x; }
  }
  result[i] = largest;`),
  bindings: 'rrw',
};

/** The bits `hidden` stand where the mask hides an element. */
export const selectUniform = new UniformLayout([['count', 1], ['width', 1], ...maskFields, ['hidden', 1]]);

export const selectKernel: Kernel = {
  code:
    bufferWgsl(['a', 'mask'], ['result']) +
    visibleWgsl(selectUniform) +
    elementsWgsl(`
  let seen = visible(i / ${selectUniform.word('width')});
  let column = i % ${selectUniform.word('width')};
  result[i] = select(${selectUniform.word('hidden')}, a[i], column >= seen.x && column < seen.y);`),
  bindings: 'rrw',
};
