/**
 * Kernels of the double-float reference (wgsl/double-float.ts). A tensor of n numbers has its n high halves first and then
 * its n low ones.
 */

import type { Kernel } from '../device.ts';
import { lnTwoWords } from '../elementary-tables.ts';
import { coreWgsl } from '../wgsl/core.ts';
import { doubleFloatElementaryWgsl, doubleFloatVectorWgsl, doubleFloatWgsl } from '../wgsl/double-float.ts';
import { elementaryWgsl } from '../wgsl/elementary.ts';
import { bitsWgsl } from '../wgsl/words.ts';
import { MAX_RANK, stridedWgsl } from './elementwise.ts';
import { madeOnce } from './made-once.ts';
import { visibleWgsl } from './movements.ts';
import { bufferWgsl, elementsWgsl, UniformLayout } from './parts.ts';

/** Numbers of the operands, whose low halves begin there; the rest as in elementwise.ts. `zero`: 0. */
export const pairUniform = new UniformLayout([
  ['count', 1],
  ['zero', 1],
  ['name', 1],
  ['sizes', 2],
  ['dims', MAX_RANK],
  ['strides', 2 * MAX_RANK],
]);

const noBitsWgsl = (word: string): string => `\nfn no_bits() -> u32 { return ${word}; }\n`;
const u = pairUniform;
const head = bitsWgsl + noBitsWgsl(u.word('zero')) + doubleFloatWgsl;

const loadWgsl = (buffer: string, index: string, size: string): string =>
  `Pair(bitcast<f32>(${buffer}[${index}]), bitcast<f32>(${buffer}[${index} + ${size}]))`;
const storeWgsl = (index: string, size: string, value: string): string => `
  result[${index}] = bitcast<u32>(${value}.hi);
  result[${index} + ${size}] = bitcast<u32>(${value}.lo);`;

const binaryTexts = {
  add: 'pair_add(x, y)',
  subtract: 'pair_add(x, pair_negate(y))',
  multiply: 'pair_multiply(x, y)',
  divide: 'pair_divide(x, y)',
} as const;
export type PairBinary = keyof typeof binaryTexts;

const binaryOf = (name: PairBinary): Kernel => ({
  code:
    head +
    bufferWgsl(['a', 'b'], ['result']) +
    stridedWgsl('a', u) +
    stridedWgsl('b', u) +
    elementsWgsl(`
  let x = ${loadWgsl('a', 'index_a(i)', u.word('sizes'))};
  let y = ${loadWgsl('b', 'index_b(i)', u.word('sizes', 1))};
  let z = ${binaryTexts[name]};${storeWgsl('i', u.word('count'), 'z')}`),
  bindings: 'rrw',
});

const rootKernel: Kernel = {
  code:
    head +
    bufferWgsl(['a'], ['result']) +
    elementsWgsl(`
  let z = pair_root(${loadWgsl('a', 'i', u.word('count'))});${storeWgsl('i', u.word('count'), 'z')}`),
  bindings: 'rw',
};

const reluKernel: Kernel = {
  code:
    head +
    bufferWgsl(['a'], ['result']) +
    elementsWgsl(`
  let x = ${loadWgsl('a', 'i', u.word('count'))};
  var z = Pair(0.0, 0.0);
  if (x.hi > 0.0 || magnitude_of(a[i]) > INFINITY_BITS) { z = x; }${storeWgsl('i', u.word('count'), 'z')}`),
  bindings: 'rw',
};

const elementaryOf = (): Kernel => ({
  code:
    coreWgsl('integer') +
    noBitsWgsl(u.word('zero')) +
    bufferWgsl(['a', 'table'], ['undecided', 'result']) +
    elementaryWgsl(lnTwoWords()) +
    doubleFloatWgsl +
    doubleFloatElementaryWgsl +
    elementsWgsl(`
  let z = pair_elementary(${u.word('name')}, ${loadWgsl('a', 'i', u.word('count'))});${storeWgsl('i', u.word('count'), 'z')}`),
  bindings: 'rrww',
});

/** One invocation a row of `width` numbers; `size`: numbers of the operand; `hidden`: bits of what is hidden. */
export const pairRowUniform = new UniformLayout([
  ['count', 1],
  ['zero', 1],
  ['width', 1],
  ['size', 1],
  ['rowsOfSequence', 1],
  ['queries', 1],
  ['hidden', 1],
]);
const r = pairRowUniform;
const rowHead = bitsWgsl + noBitsWgsl(r.word('zero')) + doubleFloatWgsl;

/** Each row's sum, in ascending order. */
const rowSumKernel: Kernel = {
  code:
    rowHead +
    bufferWgsl(['a'], ['result']) +
    elementsWgsl(`
  let n = ${r.word('width')};
  var z = Pair(0.0, 0.0);
  for (var j = 0u; j < n; j++) { z = pair_add(z, ${loadWgsl('a', 'i * n + j', r.word('size'))}); }${storeWgsl('i', r.word('count'), 'z')}`),
  bindings: 'rw',
};

const rowMaxKernel: Kernel = {
  code:
    rowHead +
    bufferWgsl(['a', 'mask'], ['result']) +
    visibleWgsl(r) +
    elementsWgsl(`
  let n = ${r.word('width')};
  let seen = visible(i);
  var z = Pair(bitcast<f32>(SIGN_BIT | INFINITY_BITS | no_bits()), 0.0);
  for (var j = seen.x; j < seen.y; j++) {
    let x = ${loadWgsl('a', 'i * n + j', r.word('size'))};
    if (magnitude_of(a[i * n + j]) > INFINITY_BITS) {
      z = x;
      break;
    }
    if (x.hi > z.hi || (x.hi == z.hi && x.lo > z.lo)) { z = x; }
  }${storeWgsl('i', r.word('count'), 'z')}`),
  bindings: 'rrw',
};

const selectKernel: Kernel = {
  code:
    bufferWgsl(['a', 'mask'], ['result']) +
    visibleWgsl(r) +
    elementsWgsl(`
  let seen = visible(i / ${r.word('width')});
  let column = i % ${r.word('width')};
  let shown = column >= seen.x && column < seen.y;
  result[i] = select(${r.word('hidden')}, a[i], shown);
  result[i + ${r.word('size')}] = select(0u, a[i + ${r.word('size')}], shown);`),
  bindings: 'rrw',
};

/** As in matmul.ts; `sizes`: numbers of a, b and the result. */
export const pairProductUniform = new UniformLayout([
  ['m', 1],
  ['n', 1],
  ['terms', 1],
  ['groups', 1],
  ['strideB', 3],
  ['mask', 2],
  ['sizes', 3],
  ['zero', 1],
]);

/** Rows and columns of a workgroup: each invocation has four of both. */
export const PAIR_TILE = 32;

function productWgsl(): string {
  const q = pairProductUniform;
  const four = [0, 1, 2, 3];
  const columns = four.map(
    (i) => `start_b + t * ${q.word('strideB', 1)} + min(column + ${i}u, n - 1u) * ${q.word('strideB', 2)}`,
  );
  const load = (part: string): string =>
    `vec4<f32>(${columns.map((at) => `bitcast<f32>(b[${at}${part}])`).join(', ')})`;
  return `
@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let m = ${q.word('m')};
  let n = ${q.word('n')};
  let terms = ${q.word('terms')};
  let batch = group.z;
  let row = group.y * ${PAIR_TILE}u + 4u * local.y;
  let column = group.x * ${PAIR_TILE}u + 4u * local.x;
  if (row >= m || column >= n) { return; }
  let start_b = (batch / ${q.word('groups')}) * ${q.word('strideB')};
  var seen_from = vec4<u32>(0u);
  var seen_to = vec4<u32>(terms);
  let rows_of_sequence = ${q.word('mask')};
  if (rows_of_sequence != 0u) {
    let queries = ${q.word('mask', 1)};
    for (var i = 0u; i < 4u; i++) {
      let whole = batch * m + min(row + i, m - 1u);
      let at = (whole / rows_of_sequence) * queries + whole % queries;
      seen_from[i] = mask[2u * at];
      seen_to[i] = mask[2u * at + 1u];
    }
  }
${four.map((i) => `  var s${i} = Pair_4(vec4<f32>(), vec4<f32>());\n  let row${i} = (batch * m + min(row + ${i}u, m - 1u)) * terms;`).join('\n')}
  for (var t = 0u; t < terms; t++) {
    let y = Pair_4(${load('')}, ${load(` + ${q.word('sizes', 1)}`)});
${four
  .map(
    (i) => `    if (t >= seen_from[${i}] && t < seen_to[${i}]) {
      let x = Pair_4(vec4<f32>(bitcast<f32>(a[row${i} + t])), vec4<f32>(bitcast<f32>(a[row${i} + t + ${q.word('sizes')}])));
      s${i} = pair_add_4(s${i}, pair_multiply_4(x, y));
    }`,
  )
  .join('\n')}
  }
${four
  .map(
    (i) => `  if (row + ${i}u < m) {
    for (var j = 0u; j < min(4u, n - column); j++) {
      let at = (batch * m + row + ${i}u) * n + column + j;
      result[at] = bitcast<u32>(s${i}.hi[j]);
      result[at + ${q.word('sizes', 2)}] = bitcast<u32>(s${i}.lo[j]);
    }
  }`,
  )
  .join('\n')}
}
`;
}

const makers = {
  add: () => binaryOf('add'),
  subtract: () => binaryOf('subtract'),
  multiply: () => binaryOf('multiply'),
  divide: () => binaryOf('divide'),
  root: () => rootKernel,
  relu: () => reluKernel,
  elementary: elementaryOf,
  rowSum: () => rowSumKernel,
  rowMax: () => rowMaxKernel,
  select: () => selectKernel,
  product: (): Kernel => ({
    code:
      bitsWgsl +
      noBitsWgsl(pairProductUniform.word('zero')) +
      doubleFloatVectorWgsl +
      bufferWgsl(['a', 'b', 'mask'], ['result']) +
      productWgsl(),
    bindings: 'rrrw',
  }),
} as const;
export type PairKernel = keyof typeof makers;
export const pairKernelNames = Object.keys(makers) as readonly PairKernel[];

/**
 * `add` … `divide`, `root`, `relu` and `elementary` (which has the table of its function and a count behind its operand) with a
 * `pairUniform`; `rowSum`, `rowMax` and `select` (with a mask behind their operand) with a `pairRowUniform`; `product` (operands, mask,
 * result; each sum ascending) with a `pairProductUniform`.
 */
export const pairKernel = madeOnce((name: PairKernel) => makers[name]());
