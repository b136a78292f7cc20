/**
 * Kernels of sums of products. A workgroup computes a tile of the result, an invocation one element, and all of them take
 * the terms in the order of the site: a tile of terms of both operands is fetched once for the whole workgroup.
 */

import type { Kernel } from '../device.ts';
import { type Core, coreWgsl } from '../wgsl/core.ts';
import { UNTRUSTED } from '../wgsl/quick.ts';
import { type SumFamily, sumsWgsl, type TermKind } from '../wgsl/sums.ts';
import { madeOnce } from './made-once.ts';
import { addressField, bufferWgsl, leaveWgsl, roundingField, UniformLayout } from './parts.ts';

/** Rows, columns and terms of a tile. */
export const TILE = 16;

/** What is done to the sum: R_out of it, with the bias added before or after. */
export const BIAS = { none: 0, fused: 1, separate: 2 } as const;

/**
 * a is [batches, m, k], and b as its strides say; `groups`: consecutive batches of a that meet one of b; `mask`: the rows of
 * a sequence and its queries, 0 without a mask; `order` as in row-sum.ts; `productSteps` and `sumSteps`: roundings of the
 * products, which come first, and of the sum.
 */
export const matmulUniform = new UniformLayout([
  ['m', 1],
  ['n', 1],
  ['groups', 1],
  ['strideB', 3],
  ['mask', 2],
  ['bias', 1],
  ['repair', 1],
  ['repairGroups', 3],
  ['productSteps', 1],
  ['sumSteps', 1],
  ['order', 3],
  roundingField('product'),
  roundingField('accumulate'),
  roundingField('out'),
  addressField('at'),
]);

/** `rounded`: each product is rounded; `exact`: it goes into the sum as it is; `fma`: likewise, from +0 on. */
export type ProductKind = 'rounded' | 'exact' | 'fma';

export const termKinds: Readonly<Record<ProductKind, TermKind>> = {
  rounded: 'numbers',
  exact: 'products',
  fma: 'fused',
};

/** Takes x·y as the j-th term of the sum s. */
export function takeProductWgsl(product: ProductKind): string {
  return product === 'rounded'
    ? 'take(&s, accumulate, o, w, j, multiply(product, x, y, word_of(at, w.element, place_of(o, j).term)), 0u);'
    : 'take(&s, accumulate, o, w, j, x, y);';
}

function mainWgsl(product: ProductKind, quick: boolean): string {
  const u = matmulUniform;
  const order = [0, 1, 2].map((k) => u.word('order', k)).join(', ');
  return `
var<workgroup> tile_a: array<u32, ${TILE * TILE}>;
var<workgroup> tile_b: array<u32, ${TILE * TILE}>;
${quick ? '' : 'var<workgroup> left_in_tile: atomic<u32>;\nvar<workgroup> work_in_tile: u32;'}
const UNTRUSTED = ${UNTRUSTED}u;

@compute @workgroup_size(${TILE}, ${TILE})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let m = ${u.word('m')};
  let n = ${u.word('n')};
  let o = OrderShape(${order});
  let product = ${u.rounding('product')};
  let accumulate = ${u.rounding('accumulate')};
  let out = ${u.rounding('out')};
  let at = ${u.addresses('at')};
  let batch = group.z;
  let row = group.y * ${TILE}u + local.y;
  let column = group.x * ${TILE}u + local.x;
  var inside = row < m && column < n;
  let index = (batch * m + row) * n + column;
${quick ? '' : repairWgsl}  var w = Words(at, element_of(at, index), ${u.word('productSteps')});
  // Keys outside [seen_from, seen_to) are hidden: their terms are +0 itself.
  var seen_from = 0u;
  var seen_to = o.n;
  let rows_of_sequence = ${u.word('mask')};
  if (rows_of_sequence != 0u && row < m) {
    let queries = ${u.word('mask', 1)};
    let whole = batch * m + row;
    let at_mask = (whole / rows_of_sequence) * queries + whole % queries;
    seen_from = mask[2u * at_mask];
    seen_to = mask[2u * at_mask + 1u];
  }
  let start_b = (batch / ${u.word('groups')}) * ${u.word('strideB')};
  // This invocation's places in the tiles: row local.y of a, and for b the column local.y.
  let load_row = batch * m + row;
  let load_column = group.x * ${TILE}u + local.y;
  var s = Sum();
  for (var tile = 0u; tile < o.n; tile += ${TILE}u) {
    let load = tile + local.x;
    let t = place_of(o, min(load, o.n - 1u)).term;
    if (load < o.n && row < m) { tile_a[local.y * ${TILE}u + local.x] = a[load_row * o.n + t]; }
    if (load < o.n && load_column < n) {
      tile_b[local.y * ${TILE}u + local.x] = b[start_b + t * ${u.word('strideB', 1)} + load_column * ${u.word('strideB', 2)}];
    }
    workgroupBarrier();
    if (inside) {
      for (var i = 0u; i < min(${TILE}u, o.n - tile); i++) {
        let j = tile + i;
        let term = place_of(o, j).term;
        var x = 0u;
        var y = 0u;
        if (term >= seen_from && term < seen_to) {
          x = tile_a[local.y * ${TILE}u + i];
          y = tile_b[local.x * ${TILE}u + i];
        }
        ${takeProductWgsl(product)}
      }
    }
    workgroupBarrier();
  }
  if (!inside) { return; }
  var sum = finish(&s, accumulate, o, w);
  var step = w.first + ${u.word('sumSteps')};
  let kind = ${u.word('bias')};
  if (kind == ${BIAS.fused}u) {
    // The bias is a number of another format than the sum's.
    var other = accumulate;
    other.quick = 0u;
    sum = add(other, sum, bias[column], word_of(at, w.element, step));
    step += 1u;
  }
  sum = convert(out, sum, word_of(at, w.element, step));
  if (kind == ${BIAS.separate}u) { sum = add(out, sum, bias[column], word_of(at, w.element, step + 1u)); }
  ${quick ? 'if (untrusted) { leave(); }' : ''}
  result[index] = ${quick ? 'select(sum, UNTRUSTED, untrusted)' : 'sum'};
}
`;
}

/** Where a quick kernel ran before, only what it left is computed, and where it left nothing in a tile, nothing. */
const repairWgsl = `
  if (${matmulUniform.word('repair')} != 0u) {
    inside = inside && result[index] == UNTRUSTED;
    if (inside) { atomicStore(&left_in_tile, 1u); }
    workgroupBarrier();
    if (local.x == 0u && local.y == 0u) { work_in_tile = atomicLoad(&left_in_tile); }
    if (workgroupUniformLoad(&work_in_tile) == 0u) { return; }
  }
`;

/**
 * Sums of products, with a `matmulUniform`; a quick one (wgsl/quick.ts) is followed by an integer one with `repair` = 1. Buffers a, b, bias,
 * mask (from and to of each of its rows), result; a quick one's also `left`, which gets `repairGroups` where it leaves anything.
 */
export const matmulKernel = madeOnce((family: SumFamily, product: ProductKind, core: Core): Kernel => {
  const quick = core === 'quick';
  const buffers = bufferWgsl(['a', 'b', 'bias', 'mask'], quick ? ['result', 'left'] : ['result']);
  const leave = quick ? leaveWgsl([0, 1, 2].map((k) => matmulUniform.word('repairGroups', k))) : '';
  const code = coreWgsl(core) + sumsWgsl(family, termKinds[product]) + buffers + leave + mainWgsl(product, quick);
  return { code, bindings: quick ? 'rrrrww' : 'rrrrw' };
});
