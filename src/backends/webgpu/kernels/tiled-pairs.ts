/**
 * Pairwise sums of tiles in registers: the stack of wgsl/sums.ts, whose last levels are variables where four terms come
 * together. A stack in an array costs a device in software more than the additions, and compilers take very long for more
 * than four texts of a term.
 */
import { ownTermWgsl } from './tiled-operands.ts';
import type { Each } from './tiled-sums.ts';
import { range, type TiledText } from './tiled-text.ts';

const LEVELS = 2;

/** The sums `s` of all terms of a tile whose invocations read their own. `visible`: what a term's text needs before it. */
export function pairwiseWgsl(
  text: TiledText,
  each: Each,
  visible: string,
  term: (i: number, c: number) => string,
): string {
  const { keepsTerms, peak } = text.rounding;
  const watched = (i: number, c: number): string => (peak ? ` peak = max(peak, abs(s${i}_${c}));` : '');
  const leaf = (at: string): string => `    {
    let t = ${at};
${ownTermWgsl(text)}
${visible}
${each((i, c) => `  s${i}_${c} = ${keepsTerms ? term(i, c) : `plus(minus_zeros, ${term(i, c)})`};${watched(i, c)}`)}
    }`;
  const merge = (level: number): string =>
    each((i, c) => `  s${i}_${c} = plus(q${level}_${i}_${c}, s${i}_${c});${watched(i, c)}`);
  const pop = `depth -= 1u;
${each((i, c) => `  s${i}_${c} = plus(stack${i}_${c}[depth], s${i}_${c});${watched(i, c)}`)}`;
  const push = (
    level: number,
  ): string => `    for (var rest = leaves >> ${level}u; (rest & 1u) == 1u; rest = rest >> 1u) {
    ${pop}
    }
${each((i, c) => `  stack${i}_${c}[depth] = s${i}_${c};`)}
    depth += 1u;
    leaves += ${2 ** level}u;`;
  const keep = (level: number): string => each((i, c) => `  q${level}_${i}_${c} = s${i}_${c};`);
  // Sums of two, and of two of these, with what came before in q.
  const pairs = (level: number, at: number): string =>
    level < 0
      ? leaf(`at + ${at}u`)
      : `${pairs(level - 1, at)}\n${keep(level)}\n${pairs(level - 1, at + 2 ** level)}\n${merge(level)}`;
  return `${each((i, c) => `var s${i}_${c} = minus_zeros;\n  var stack${i}_${c}: array<vec4<f32>, 32>;`)}
${range(LEVELS)
  .map((level) => each((i, c) => `var q${level}_${i}_${c} = minus_zeros;`))
  .join('\n')}
  var leaves = 0u;
  var depth = 0u;
  var at = 0u;
  while (at + ${2 ** LEVELS}u <= terms) {
${pairs(LEVELS - 1, 0)}
  at += ${2 ** LEVELS}u;
${push(LEVELS)}
  }
  for (; at < terms; at++) {
${leaf('at')}
${push(0)}
  }
  depth -= 1u;
${each((i, c) => `s${i}_${c} = stack${i}_${c}[depth];`)}
  while (depth > 0u) {
    ${pop}
  }`;
}
