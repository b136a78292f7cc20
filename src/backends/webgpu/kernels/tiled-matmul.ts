/**
 * Kernels of sums of products on float32 hardware, many elements an invocation: a workgroup fetches a tile of terms of its
 * rows and columns, and each invocation keeps the sums of its own rows and columns in registers. Every element takes its terms
 * in the order of its site. Roundings look at nothing but the number; tiled-plan.ts says when that
 * is right, and tiles where it is not are left to the integer kernel (`UNTRUSTED`).
 */
import type { Kernel } from '../device.ts';
import type { TiledRounding } from '../tiled-plan.ts';
import { quickCoreWgsl, UNTRUSTED } from '../wgsl/quick.ts';
import { orderWgsl, type SumFamily } from '../wgsl/sums.ts';
import { BIAS } from './matmul.ts';
import { bufferWgsl, leaveWgsl, roundingField, UniformLayout } from './parts.ts';

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

/**
 * Invocations along the columns and the rows of a tile, vectors of four columns and of four rows of each, and terms that are
 * fetched together for the whole workgroup; 0: each invocation reads its own.
 */
export interface TileShape {
  readonly terms: number;
  readonly across: number;
  readonly down: number;
  readonly columnVectors: number;
  readonly rowVectors: number;
}

/** For matrices with rows and columns enough to fill a large device, and for others. */
export const LARGE_TILE: TileShape = { terms: 8, across: 16, down: 16, columnVectors: 2, rowVectors: 2 };
export const SMALL_TILE: TileShape = { terms: 0, across: 8, down: 8, columnVectors: 1, rowVectors: 1 };

export const rowsOf = ({ down, rowVectors }: TileShape): number => 4 * down * rowVectors;
export const columnsOf = ({ across, columnVectors }: TileShape): number => 4 * across * columnVectors;

export interface TiledText {
  readonly rounding: TiledRounding;
  readonly tile: TileShape;
  /** b is [n, k]. */
  readonly transposed: boolean;
  readonly masked: boolean;
  readonly family: SumFamily;
  /** Whether there is one chain of all terms; `family` is then `chunks`. */
  readonly single: boolean;
}

const hex = (word: number): string => `0x${(word >>> 0).toString(16).padStart(8, '0')}u`;
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

function roundingsWgsl({ product, tail, scale }: TiledRounding): string {
  const shift = 23 - tail;
  const products =
    product === undefined
      ? // A word that no compiler knows to be 0 keeps the product from being contracted with a sum.
        `fn round_product(x: vec4<f32>) -> vec4<f32> { return bitcast<vec4<f32>>(bitcast<vec4<u32>>(x) | vec4<u32>(${tiledUniform.word('zero')})); }`
      : `fn round_product(x: vec4<f32>) -> vec4<f32> {
  let bits = bitcast<vec4<u32>>(x);
  let unit = bitcast<vec4<f32>>(max(bits & vec4<u32>(INFINITY_BITS), vec4<u32>(${hex((product.emin + scale + 127) << 23)})) + ${hex(((23 - product.tail) << 23) | 0x400000)});
  return bitcast<vec4<f32>>(bitcast<vec4<u32>>((x + unit) - unit) | (bits & vec4<u32>(SIGN_BIT)));
}`;
  const sums =
    tail === 23
      ? 'fn round_sum(x: vec4<f32>) -> vec4<f32> { return x; }'
      : `fn round_sum(x: vec4<f32>) -> vec4<f32> {
  let bits = bitcast<vec4<u32>>(x);
  return bitcast<vec4<f32>>((bits + ${hex(2 ** (shift - 1) - 1)} + ((bits >> vec4<u32>(${shift}u)) & vec4<u32>(1u))) & vec4<u32>(${hex(-(2 ** shift))}));
}`;
  return `${products}\n${sums}\n`;
}

/** The term that comes at a place. */
function termAt(at: string, { single }: TiledText): string {
  return single ? `select(${at}, terms - 1u - ${at}, reversed)` : `place_of(o, ${at}).term`;
}

/** Words that were read, with what is known of them: their least and largest magnitudes. */
function seenWgsl(name: 'a' | 'b', word: string): string {
  return `largest_${name} = max(largest_${name}, ${word} & vec4<u32>(0x7fffffffu));
    smallest_${name} = min(smallest_${name}, (${word} & vec4<u32>(0x7fffffffu)) - 1u);`;
}

const scaled = (name: 'a' | 'b', { scale }: TiledRounding): string =>
  name === 'a' && scale > 0 ? `bitcast<vec4<f32>>(bits) * 0x1p${scale}f` : 'bitcast<vec4<f32>>(bits)';

/** Where the word of a row (or column) and the term t stands. */
function placeOf(name: 'a' | 'b', line: string, { transposed }: TiledText): string {
  if (name === 'a') return `(batch * m + ${line}) * terms + t`;
  return transposed ? `start_b + ${line} * terms + t` : `start_b + t * n + ${line}`;
}

/** Four rows (or columns) of an operand; the last ones again instead of those behind them, whose results nobody stores. */
function wordsWgsl(name: 'a' | 'b', first: string, text: TiledText): string {
  const count = name === 'a' ? 'm' : 'n';
  const words = range(4).map((i) => `${name}[${placeOf(name, `min(${first} + ${i}u, ${count} - 1u)`, text)}]`);
  return `vec4<u32>(${words.join(', ')})`;
}

/** A tile of terms of an operand, from where it stands in memory. Its last term again instead of those behind it, which nobody reads. */
function loadWgsl(name: 'a' | 'b', text: TiledText): string {
  const { tile, transposed, rounding } = text;
  const isA = name === 'a';
  const vectors = isA ? tile.down * tile.rowVectors : tile.across * tile.columnVectors;
  // Neighbouring invocations read neighbouring words: along the terms, or along the columns of an untransposed b.
  const [term, vector] =
    isA || transposed ? [`at % ${tile.terms}u`, `at / ${tile.terms}u`] : [`at / ${vectors}u`, `at % ${vectors}u`];
  return `    for (var at = local_index; at < ${vectors * tile.terms}u; at += ${tile.across * tile.down}u) {
      let term = ${term};
      let vector = ${vector};
      let t = ${termAt('min(start + term, terms - 1u)', text)};
      let bits = ${wordsWgsl(name, `${isA ? 'first_row' : 'first_column'} + 4u * vector`, text)};
      ${seenWgsl(name, 'bits')}
      tile_${name}[term * ${vectors}u + vector] = ${scaled(name, rounding)};
    }`;
}

/** The loop over all terms: `step` for each, with its vectors a0, … of rows and b0, … of columns. */
function loopWgsl(text: TiledText, step: string): string {
  const { tile, rounding } = text;
  const [rows, columns] = [range(tile.rowVectors), range(tile.columnVectors)];
  if (tile.terms === 0) {
    const load = (name: 'a' | 'b', k: number): string => {
      const first =
        name === 'a'
          ? `first_row + 4u * (${k * tile.down}u + local.y)`
          : `first_column + 4u * (${k * tile.across}u + local.x)`;
      return `    let words_${name}${k} = ${wordsWgsl(name, first, text)};
    ${seenWgsl(name, `words_${name}${k}`)}
    let ${name}${k} = ${scaled(name, rounding).replace('bits', `words_${name}${k}`)};`;
    };
    return `  for (var at = 0u; at < terms; at++) {
    let t = ${termAt('at', text)};
${[...rows.map((k) => load('a', k)), ...columns.map((k) => load('b', k))].join('\n')}
${step}
  }`;
  }
  const [downVectors, acrossVectors] = [tile.down * tile.rowVectors, tile.across * tile.columnVectors];
  return `  for (var start = 0u; start < terms; start += ${tile.terms}u) {
    workgroupBarrier();
${loadWgsl('a', text)}
${loadWgsl('b', text)}
    workgroupBarrier();
    for (var i = 0u; i < min(${tile.terms}u, terms - start); i++) {
      let at = start + i;
      let t = ${termAt('at', text)};
${rows.map((r) => `      let a${r} = tile_a[i * ${downVectors}u + ${r * tile.down}u + local.y];`).join('\n')}
${columns.map((c) => `      let b${c} = tile_b[i * ${acrossVectors}u + ${c * tile.across}u + local.x];`).join('\n')}
${step}
    }
  }`;
}

function mainWgsl(text: TiledText): string {
  const { rounding, tile, masked } = text;
  const u = tiledUniform;
  const rows = range(4 * tile.rowVectors);
  const vectors = range(tile.columnVectors);
  const each = (line: (i: number, c: number) => string): string =>
    rows.flatMap((i) => vectors.map((c) => `  ${line(i, c)}`)).join('\n');
  const sum = sumTexts(text);
  const term = (i: number, c: number): string => {
    const product = `round_product(a${i >> 2}[${i & 3}] * b${c})`;
    return masked ? `select(vec4<f32>(0.0), ${product}, visible${i})` : product;
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
  return `
${orderWgsl(text.family)}${sharedWgsl(tile)}const UNTRUSTED = ${UNTRUSTED}u;

${roundingsWgsl(rounding)}
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
${each((i, c) => sum.variables(`${i}_${c}`))}
${sum.counters}
${loopWgsl(text, `${sum.closes(each)}${masked ? rows.map((i) => `    let visible${i} = t >= from${i} && t < to${i};`).join('\n') : ''}\n${each((i, c) => sum.take(`${i}_${c}`, term(i, c)))}`)}
${sum.finish(each)}
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

type Each = (line: (i: number, c: number) => string) => string;

/** How the sums `s{name}` of four elements each are formed (wgsl/sums.ts says what the orders are). */
interface SumTexts {
  variables(name: string): string;
  readonly counters: string;
  /** Before a term that starts a chain, but for the first. */
  closes(each: Each): string;
  take(name: string, term: string): string;
  finish(each: Each): string;
}

function sumTexts({ family, single, rounding }: TiledText): SumTexts {
  const watched = (name: string): string => (rounding.peak ? ` peak = max(peak, abs(${name}));` : '');
  // −0 is what the first term is added to as it is.
  const empty = rounding.fromZero ? 'vec4<f32>(0.0)' : 'minus_zeros';
  const extend = (name: string, term: string): string =>
    `  s${name} = round_sum(s${name} + ${term});${watched(`s${name}`)}`;
  const closing = (body: string): string => `    if (at != 0u && place_of(o, at).starts) {\n${body}\n    }\n`;
  if (family === 'kahan') {
    return {
      variables: (name) => `var s${name} = minus_zeros;\n  var c${name} = vec4<f32>(0.0);`,
      ...{ counters: '', closes: () => '', finish: () => '' },
      take: (name, term) => `  {
      let y = round_sum(${term} - c${name});${watched('y')}
      let z = round_sum(s${name} + y);${watched('z')}
      let grown = round_sum(z - s${name});${watched('grown')}
      c${name} = round_sum(grown - y);${watched(`c${name}`)}
      s${name} = z;
    }`,
    };
  }
  if (single) {
    const variables = (name: string): string => `var s${name} = ${empty};`;
    return { variables, counters: '', closes: () => '', take: extend, finish: () => '' };
  }
  if (family === 'chunks') {
    const add = (i: number, c: number): string =>
      `  total${i}_${c} = round_sum(total${i}_${c} + s${i}_${c});${watched(`total${i}_${c}`)}`;
    return {
      variables: (name) => `var s${name} = ${empty};\n  var total${name} = minus_zeros;`,
      counters: '',
      closes: (each) => closing(each((i, c) => `${add(i, c)} s${i}_${c} = ${empty};`)),
      take: extend,
      finish: (each) => each((i, c) => `${add(i, c)} s${i}_${c} = total${i}_${c};`),
    };
  }
  const pop = (each: Each): string =>
    `depth -= 1u;\n${each((i, c) => `  s${i}_${c} = round_sum(stack${i}_${c}[depth] + s${i}_${c});${watched(`s${i}_${c}`)}`)}`;
  return {
    variables: (name) => `var s${name} = ${empty};\n  var stack${name}: array<vec4<f32>, 32>;`,
    counters: '  var leaves = 0u;\n  var depth = 0u;',
    closes: (each) =>
      closing(`    for (var rest = leaves; (rest & 1u) == 1u; rest = rest >> 1u) {\n${pop(each)}\n    }
${each((i, c) => `  stack${i}_${c}[depth] = s${i}_${c}; s${i}_${c} = ${empty};`)}
    depth += 1u;
    leaves += 1u;`),
    take: extend,
    finish: (each) => `  while (depth > 0u) {\n${pop(each)}\n  }`,
  };
}

function sharedWgsl({ terms, down, across, rowVectors, columnVectors }: TileShape): string {
  if (terms === 0) return '';
  return `
var<workgroup> tile_a: array<vec4<f32>, ${terms * down * rowVectors}>;
var<workgroup> tile_b: array<vec4<f32>, ${terms * across * columnVectors}>;
var<workgroup> largest: array<atomic<u32>, 2>;
// Complements of the smallest.
var<workgroup> smallest: array<atomic<u32>, 2>;
`;
}

/** What is known of each operand, all_a and all_b: of an invocation's own rows and columns, or of the whole tile's where others read them. */
function gatherWgsl({ terms }: TileShape): string {
  if (terms === 0) {
    return `  let all_a = vec2<u32>(most_a, least_a);
  let all_b = vec2<u32>(most_b, least_b);
`;
  }
  return `  atomicMax(&largest[0], most_a);
  atomicMax(&largest[1], most_b);
  atomicMax(&smallest[0], ~least_a);
  atomicMax(&smallest[1], ~least_b);
  workgroupBarrier();
  let all_a = vec2<u32>(atomicLoad(&largest[0]), ~atomicLoad(&smallest[0]));
  let all_b = vec2<u32>(atomicLoad(&largest[1]), ~atomicLoad(&smallest[1]));
`;
}

/** What is done to the sums: the bias, R_out, and into memory. */
function finishWgsl({ rounding: { scale }, tile }: TiledText): string {
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
    var sum = bitcast<u32>(all[vector][at & 3u]);${unscaled}
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

const kernels = new Map<string, Kernel>();

/** Sums of products with a `tiledUniform`; buffers as matmul.ts has them, with `left`. */
export function tiledMatmulKernel(text: TiledText): Kernel {
  const key = JSON.stringify(text);
  let kernel = kernels.get(key);
  if (kernel === undefined) {
    const buffers = bufferWgsl(['a', 'b', 'bias', 'mask'], ['result', 'left']);
    kernel = {
      code:
        quickCoreWgsl + buffers + leaveWgsl(range(3).map((k) => tiledUniform.word('repairGroups', k))) + mainWgsl(text),
      bindings: 'rrrrww',
    };
    kernels.set(key, kernel);
  }
  return kernel;
}
