/** Sums of tiles in registers, each element's terms in the order of its site. */
import type { TiledText } from './tiled-text.ts';

/** A line for each vector of sums: row i, vector c. */
export type Each = (line: (i: number, c: number) => string) => string;

/** How the sums `s{name}` of four elements each are formed (wgsl/sums.ts says what the orders are). */
interface SumTexts {
  variables(name: string): string;
  readonly counters: string;
  /** Before a term that starts a chain, but for the first. */
  closes(each: Each): string;
  take(name: string, term: string): string;
  finish(each: Each): string;
}

export function sumTexts({ family, single, rounding }: TiledText): SumTexts {
  const watched = (name: string): string => (rounding.peak ? ` peak = max(peak, abs(${name}));` : '');
  // −0 is what the first term is added to as it is.
  const empty = rounding.fromZero ? 'vec4<f32>(0.0)' : 'minus_zeros';
  const extend = (name: string, term: string): string => `  s${name} = plus(s${name}, ${term});${watched(`s${name}`)}`;
  const closing = (body: string): string => `    if (at != 0u && place_of(o, at).starts) {\n${body}\n    }\n`;
  if (family === 'kahan') {
    // The first correction is +0, which has the other sign in the kernel.
    const first = (c: string): string => (rounding.negated ? `select(${c}, minus_zeros, at == 0u)` : c);
    return {
      variables: (name) => `var s${name} = minus_zeros;\n  var c${name} = vec4<f32>(0.0);`,
      ...{ counters: '', closes: () => '', finish: () => '' },
      take: (name, term) => `  {
      let y = minus(${term}, c${name});${watched('y')}
      let z = plus(s${name}, y);${watched('z')}
      let grown = minus(z, s${name});${watched('grown')}
      c${name} = ${first('minus(grown, y)')};${watched(`c${name}`)}
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
      `  total${i}_${c} = plus(total${i}_${c}, s${i}_${c});${watched(`total${i}_${c}`)}`;
    return {
      variables: (name) => `var s${name} = ${empty};\n  var total${name} = minus_zeros;`,
      counters: '',
      closes: (each) => closing(each((i, c) => `${add(i, c)} s${i}_${c} = ${empty};`)),
      take: extend,
      finish: (each) => each((i, c) => `${add(i, c)} s${i}_${c} = total${i}_${c};`),
    };
  }
  const pop = (each: Each): string =>
    `depth -= 1u;\n${each((i, c) => `  s${i}_${c} = plus(stack${i}_${c}[depth], s${i}_${c});${watched(`s${i}_${c}`)}`)}`;
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
