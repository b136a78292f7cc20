/**
 * Kernels of sums of products on float32 hardware, many elements an invocation: a workgroup fetches a tile of terms of its
 * rows and columns, and each invocation keeps the sums of its own rows and columns in registers. Every element takes its terms
 * in the order of its site. Roundings look at nothing but the number; tiled-plan.ts says when that
 * is right, and tiles where it is not are left to the integer kernel (`UNTRUSTED`).
 */

import type { Kernel } from '../device.ts';
import { quickCoreWgsl, UNTRUSTED } from '../wgsl/quick.ts';
import { orderWgsl } from '../wgsl/sums.ts';
import { madeOnce } from './made-once.ts';
import { BIAS } from './matmul.ts';
import { bufferWgsl, leaveWgsl, roundingField, UniformLayout } from './parts.ts';
import { gatherWgsl, loopWgsl, sharedWgsl } from './tiled-operands.ts';
import { pairwiseWgsl } from './tiled-pairs.ts';
import { roundingsWgsl } from './tiled-roundings.ts';
import { sumTexts } from './tiled-sums.ts';
import { columnsOf, hex, range, rowsOf, type TiledText } from './tiled-text.ts';

/** As in matmul.ts; `order`: terms, terms of a chunk, from the end. `limits`: those of tiled-plan.ts. `zero`: 0;
 * `repairGroups`: workgroups of the integer kernel. */
export const tiledUniform = new UniformLayout([
  ['m', 1],
  ['n', 1],
  ['groups', 1],
  ['batchStrideB', 1],
  ['mask', 2],
  ['bias', 1],
  ['order', 3],
  ['limits', 3],
  ['zero', 1],
  ['repairGroups', 3],
  roundingField('accumulate'),
  roundingField('out'),
]);

function mainWgsl(text: TiledText): string {
  const { rounding, tile, masked } = text;
  const u = tiledUniform;
  const rows = range(4 * tile.rowVectors);
  const vectors = range(tile.columnVectors);
  const each = (line: (i: number, c: number) => string): string =>
    rows.flatMap((i) => vectors.map((c) => `  ${line(i, c)}`)).join('\n');
  const term = (i: number, c: number): string => {
    const product = `round_product(a${i >> 2}[${i & 3}] * b${c})`;
    const hidden = rounding.negated ? 'minus_zeros' : 'vec4<f32>(0.0)';
    return masked ? `select(${hidden}, ${product}, visible${i})` : product;
  };
  const rowOf = (i: number): string => `first_row + 4u * (${i >> 2}u * ${tile.down}u + local.y) + ${i & 3}u`;
  const maskRows = rows.map(
    (i) => `  var from${i} = 0u;
  var to${i} = terms;
  if (${rowOf(i)} < m) {
    let whole = batch * m + ${rowOf(i)};
    let at = (whole / ${u.word('mask')}) * ${u.word('mask', 1)} + whole % ${u.word('mask', 1)};
    from${i} = mask[2u * at];
    to${i} = mask[2u * at + 1u];
  }`,
  );
  const visible = masked ? rows.map((i) => `    let visible${i} = t >= from${i} && t < to${i};`).join('\n') : '';
  const inChains = (): string => {
    const sum = sumTexts(text);
    const step = `${sum.closes(each)}${visible}\n${each((i, c) => sum.take(`${i}_${c}`, term(i, c)))}`;
    return `${each((i, c) => sum.variables(`${i}_${c}`))}
${sum.counters}
${loopWgsl(text, step)}
${sum.finish(each)}`;
  };
  return `
${orderWgsl(text.family)}${sharedWgsl(tile)}const UNTRUSTED = ${UNTRUSTED}u;

${roundingsWgsl(rounding, u.word('zero'))}
fn exponent_of(bits: u32) -> i32 { return i32(bits >> 23u) - 127; }

@compute @workgroup_size(${tile.across}, ${tile.down})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
  @builtin(local_invocation_index) local_index: u32,
) {
  let m = ${u.word('m')};
  let n = ${u.word('n')};
  let terms = ${u.word('order')};
  let reversed = ${u.word('order', 2)} != 0u;
  let o = OrderShape(terms, ${u.word('order', 1)}, ${u.word('order', 2)});
  let batch = group.z;
  let first_row = group.y * ${rowsOf(tile)}u;
  let first_column = group.x * ${columnsOf(tile)}u;
  let start_b = (batch / ${u.word('groups')}) * ${u.word('batchStrideB')};
  // Devices have taken the constant −0 for +0.
  let minus_zeros = bitcast<vec4<f32>>(vec4<u32>(SIGN_BIT | ${u.word('zero')}));
  var largest_a = vec4<u32>();
  var largest_b = vec4<u32>();
  var smallest_a = vec4<u32>(0xffffffffu);
  var smallest_b = vec4<u32>(0xffffffffu);
  ${rounding.peak ? 'var peak = vec4<f32>(0.0);' : ''}
${masked ? maskRows.join('\n') : ''}
${text.paired ? pairwiseWgsl(text, each, visible, term) : inChains()}
  let most_a = max(max(largest_a.x, largest_a.y), max(largest_a.z, largest_a.w));
  let most_b = max(max(largest_b.x, largest_b.y), max(largest_b.z, largest_b.w));
  // One less than the bits of the smallest nonzero number, so that 0 does not count.
  let least_a = min(min(smallest_a.x, smallest_a.y), min(smallest_a.z, smallest_a.w));
  let least_b = min(min(smallest_b.x, smallest_b.y), min(smallest_b.z, smallest_b.w));
${gatherWgsl(tile)}  // Finite numbers, far from overflow when scaled, and none that the hardware may take for 0.
  let operands = all_a.x < ${hex((254 - rounding.scale) << 23)} && all_b.x < INFINITY_BITS && min(all_a.y, all_b.y) >= 0x007fffffu;
  let some = all_a.x != 0u && all_b.x != 0u;
  let fits = exponent_of(all_a.x) + exponent_of(all_b.x) + 2 <= bitcast<i32>(${u.word('limits')}) &&
    exponent_of(all_a.y + 1u) + exponent_of(all_b.y + 1u) >= bitcast<i32>(${u.word('limits', 1)});
  let trusted = operands && (!some || fits)${rounding.peak ? ` && all(peak <= vec4<f32>(bitcast<f32>(${u.word('limits', 2)})))` : ''};
  let sums = array<vec4<f32>, ${rows.length * vectors.length}>(${rows.flatMap((i) => vectors.map((c) => `s${i}_${c}`)).join(', ')});
  finish(sums, trusted, batch, first_row, first_column, local);
}
${finishWgsl(text)}`;
}

/** What is done to the sums: the bias, R_out, and into memory. */
function finishWgsl({ rounding: { scale, negated }, tile }: TiledText): string {
  const u = tiledUniform;
  const count = 4 * tile.rowVectors * tile.columnVectors;
  const unscaled =
    scale === 0
      ? ''
      : `
    if (magnitude_of(sum) != 0u) {
      if (magnitude_of(sum) < ${hex((scale + 1) << 23)}) { untrusted = true; }
      sum -= ${hex(scale << 23)};
    }`;
  return `
fn finish(
  sums: array<vec4<f32>, ${count}>, trusted: bool, batch: u32, first_row: u32, first_column: u32, local: vec3<u32>,
) {
  var all = sums;
  let m = ${u.word('m')};
  let n = ${u.word('n')};
  let accumulate = ${u.rounding('accumulate')};
  let out = ${u.rounding('out')};
  let kind = ${u.word('bias')};
  for (var at = 0u; at < ${4 * count}u; at++) {
    let vector = at >> 2u;
    let i = vector / ${tile.columnVectors}u;
    let row = first_row + 4u * ((i >> 2u) * ${tile.down}u + local.y) + (i & 3u);
    let column = first_column + 4u * ((vector % ${tile.columnVectors}u) * ${tile.across}u + local.x) + (at & 3u);
    if (row >= m || column >= n) { continue; }
    untrusted = !trusted;
    var sum = bitcast<u32>(all[vector][at & 3u])${negated ? ' ^ SIGN_BIT' : ''};${unscaled}
    if (kind == ${BIAS.fused}u) {
      // The bias is a number of another format than the sum's.
      var other = accumulate;
      other.quick = 0u;
      sum = add(other, sum, bias[column], 0u);
    }
    sum = convert(out, sum, 0u);
    if (kind == ${BIAS.separate}u) { sum = add(out, sum, bias[column], 0u); }
    if (untrusted) { leave(); }
    result[(batch * m + row) * n + column] = select(sum, UNTRUSTED, untrusted);
  }
}
`;
}

/** Sums of products with a `tiledUniform`; buffers as matmul.ts has them, with `left`. */
export const tiledMatmulKernel = madeOnce((text: TiledText): Kernel => {
  const buffers = bufferWgsl(['a', 'b', 'bias', 'mask'], ['result', 'left']);
  const leave = leaveWgsl(range(3).map((k) => tiledUniform.word('repairGroups', k)));
  return { code: quickCoreWgsl + buffers + leave + mainWgsl(text), bindings: 'rrrrww' };
});
