/**
 * The terms of tiles of products: read by each invocation for itself, or for the whole workgroup, with what is known of all words
 * that were read.
 */
import type { TiledRounding } from '../tiled-plan.ts';
import { range, type TiledText, type TileShape } from './tiled-text.ts';

/** The term that comes at a place. */
function termAt(at: string, { single }: TiledText): string {
  return single ? `select(${at}, terms - 1u - ${at}, reversed)` : `place_of(o, ${at}).term`;
}

/** Words that were read, with what is known of them: their least and largest magnitudes. */
function seenWgsl(name: 'a' | 'b', word: string): string {
  return `largest_${name} = max(largest_${name}, ${word} & vec4<u32>(0x7fffffffu));
    smallest_${name} = min(smallest_${name}, (${word} & vec4<u32>(0x7fffffffu)) - 1u);`;
}

/** Words as the numbers that are multiplied. */
function scaled(name: 'a' | 'b', bits: string, { scale, negated }: TiledRounding): string {
  if (name === 'b' || (scale === 0 && !negated)) return `bitcast<vec4<f32>>(${bits})`;
  if (scale === 0) return `bitcast<vec4<f32>>(${bits} ^ vec4<u32>(SIGN_BIT))`;
  return `bitcast<vec4<f32>>(${bits}) * ${negated ? '-' : ''}0x1p${scale}f`;
}

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
      tile_${name}[term * ${vectors}u + vector] = ${scaled(name, 'bits', rounding)};
    }`;
}

/** An invocation's own vectors a0, … of rows and b0, … of columns of the term t. */
export function ownTermWgsl(text: TiledText): string {
  const { tile, rounding } = text;
  const load = (name: 'a' | 'b', k: number): string => {
    const first =
      name === 'a'
        ? `first_row + 4u * (${k * tile.down}u + local.y)`
        : `first_column + 4u * (${k * tile.across}u + local.x)`;
    return `    let words_${name}${k} = ${wordsWgsl(name, first, text)};
    ${seenWgsl(name, `words_${name}${k}`)}
    let ${name}${k} = ${scaled(name, `words_${name}${k}`, rounding)};`;
  };
  return [
    ...range(tile.rowVectors).map((k) => load('a', k)),
    ...range(tile.columnVectors).map((k) => load('b', k)),
  ].join('\n');
}

/** The loop over all terms: `step` for each, with its vectors a0, … of rows and b0, … of columns. */
export function loopWgsl(text: TiledText, step: string): string {
  const { tile } = text;
  const [rows, columns] = [range(tile.rowVectors), range(tile.columnVectors)];
  if (tile.terms === 0) {
    return `  for (var at = 0u; at < terms; at++) {
    let t = ${termAt('at', text)};
${ownTermWgsl(text)}
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

/** What invocations of a workgroup share. */
export function sharedWgsl({ terms, down, across, rowVectors, columnVectors }: TileShape): string {
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
export function gatherWgsl({ terms }: TileShape): string {
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
