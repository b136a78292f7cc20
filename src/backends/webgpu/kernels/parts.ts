/**
 * What kernels have in common. A kernel's uniform is an array of words in slots, whose places a `UniformLayout` gives to
 * both the text that reads them and the numbers that are written.
 */
import type { Addresses } from '../../../arithmetic/stochastic.ts';
import { GROUP, UNIFORM_WORDS } from '../commands.ts';
import { ROUNDING_WORDS, roundingFrom } from '../wgsl/rounding.ts';

/** The k-th word of the uniform. */
function wordAt(k: number): string {
  return `p[${k >> 2}][${k & 3}]`;
}

/** Fields of a uniform, with how many words each has. The first one of every kernel is the number of its elements. */
export class UniformLayout<Field extends string> {
  private readonly places = new Map<Field, { readonly at: number; readonly words: number }>();

  constructor(fields: readonly (readonly [field: Field, words: number])[], most = UNIFORM_WORDS) {
    let at = 0;
    for (const [field, words] of fields) {
      this.places.set(field, { at, words });
      at += words;
    }
    if (at > most) throw new Error(`uniform: ${at} words do not fit in ${most}`);
  }

  /** WGSL of a field's k-th word. */
  word(field: Field, k = 0): string {
    return wordAt(this.place(field).at + k);
  }
  /** WGSL of a `Rounding` field. */
  rounding(field: Field): string {
    return roundingFrom(Array.from({ length: ROUNDING_WORDS }, (_, k) => this.word(field, k)));
  }
  /** WGSL of an `Addresses` field. */
  addresses(field: Field): string {
    return `Addresses(${Array.from({ length: ADDRESS_WORDS }, (_, k) => this.word(field, k)).join(', ')})`;
  }

  /** The words to write. */
  words(values: Readonly<Record<Field, number | readonly number[]>>): number[] {
    return [...this.places].flatMap(([field, { words }]) => {
      const value: number | readonly number[] = values[field];
      const list = typeof value === 'number' ? [value] : value;
      if (list.length !== words) throw new Error(`uniform: ${field} has ${words} words, got ${list.length}`);
      return list;
    });
  }

  private place(field: Field): { readonly at: number; readonly words: number } {
    const place = this.places.get(field);
    if (place === undefined) throw new Error(`uniform: there is no field ${field}`);
    return place;
  }
}

export const ADDRESS_WORDS = 7;

/** Where a stochastic rounding takes its words; anything in other modes. */
export function addressWords(at: Addresses | undefined): number[] {
  if (at === undefined) return [0, 0, 0, 0, 0, 1, 0];
  const { key, hash, step, part } = at;
  return [key[0], key[1], hash, step, part.start, part.width, part.stride];
}

export const roundingField = <F extends string>(field: F) => [field, ROUNDING_WORDS] as const;
export const addressField = <F extends string>(field: F) => [field, ADDRESS_WORDS] as const;

/** An operand as a site that flushes subnormals reads it: `least` is the smallest normal number of its format, else 0. */
export const operandWgsl = `
fn operand(x: u32, least: u32) -> u32 { return select(x, x & SIGN_BIT, magnitude_of(x) < least); }
`;

/**
 * Storage buffers of words, in the order of a kernel's bindings, and the uniform behind them; `undecided` is atomic.
 * @param words of the uniform
 */
export function bufferWgsl(read: readonly string[], written: readonly string[], words = UNIFORM_WORDS): string {
  const buffers = [...read.map((name) => [name, 'read']), ...written.map((name) => [name, 'read_write'])];
  const lines = buffers.map(
    ([name, access], i) =>
      `@group(0) @binding(${i}) var<storage, ${access}> ${name}: array<${name === 'undecided' ? 'atomic<u32>' : 'u32'}>;`,
  );
  return `
${lines.join('\n')}
@group(0) @binding(${buffers.length}) var<uniform> p: array<vec4<u32>, ${words / 4}>;
`;
}

/** One invocation an element: `body` for element i. */
export function elementsWgsl(body: string): string {
  return `
@compute @workgroup_size(${GROUP})
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * ${GROUP}u;
  if (i >= ${wordAt(0)}) { return; }
  ${body.trim()}
}
`;
}

/**
 * For a quick kernel: what it calls where it leaves something to an integer one, with as many workgroups as that has. Behind
 * `bufferWgsl`, whose written buffers end with `left`.
 * @param groups WGSL of three words
 */
export function leaveWgsl(groups: readonly string[]): string {
  return `
fn leave() {
${groups.map((word, k) => `  left[${k}] = ${word};`).join('\n')}
}
`;
}
