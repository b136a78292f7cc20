/**
 * WGSL: sums in a declared order (arithmetic/sums.ts), one term after the other. Every order but Kahan's is a run through
 * chains of terms whose sums are added as chains close, so that a kernel can take the terms as they come:
 *
 * - `chunks`: consecutive terms, `length` to a chain, chain sums added one by one. One chain of all terms is `sequential`,
 *   taken from the end `reversed`.
 * - `lanes`: every `lanes`-th term, lane after lane, lane sums added pairwise. A lane for each term is `pairwise`.
 *
 * Pairwise sums are a stack of complete subtrees, as a binary counter's digits: a new sum is added to the last one while
 * these have equally many leaves, and what is left is added from the last one on. That is the tree whose left part has
 * the first 2^(⌈log2 n⌉ − 1) leaves, in the order left part, right part, their sum, in which random words are numbered.
 */
import type { Order } from '../../../tensor/order.ts';

export type SumFamily = 'chunks' | 'lanes' | 'kahan';

/** The uniform's words of an order: how long chunks are, or how many lanes there are; whether terms come from the end. */
export interface SumShape {
  readonly family: SumFamily;
  readonly size: number;
  readonly reversed: boolean;
}

/** The shape of a sum of n ≥ 1 terms. */
export function sumShape(order: Order, n: number): SumShape {
  switch (order.kind) {
    case 'sequential':
    case 'reversed':
      return { family: 'chunks', size: n, reversed: order.kind === 'reversed' };
    case 'blocked':
      return { family: 'chunks', size: Math.min(order.block, n), reversed: false };
    case 'splitk':
      return { family: 'chunks', size: Math.ceil(n / order.chunks), reversed: false };
    case 'pairwise':
      return { family: 'lanes', size: n, reversed: false };
    case 'lanes':
      return { family: 'lanes', size: Math.min(order.lanes, n), reversed: false };
    case 'kahan':
      return { family: 'kahan', size: n, reversed: false };
  }
}

/** Roundings of a sum of n terms: a step a term, and one for each addition of chain sums. */
export function sumSteps(order: Order, n: number): number {
  const { family, size } = sumShape(order, n);
  if (family === 'kahan') return 4 * n - 3;
  return n + (family === 'lanes' ? size : Math.ceil(n / size)) - 1;
}

/** What the terms are: `products` to be added as they are (`fused`: each from +0 on), or `numbers` in one operand. */
export type TermKind = 'numbers' | 'products' | 'fused';

const termsWgsl: Readonly<Record<TermKind, string>> = {
  numbers: `
fn start_term(r: Rounding, x: u32, y: u32, word: u32) -> u32 { return convert(r, x, word); }
fn extend_term(r: Rounding, s: u32, x: u32, y: u32, word: u32) -> u32 { return add(r, s, x, word); }
`,
  products: `
fn start_term(r: Rounding, x: u32, y: u32, word: u32) -> u32 { return multiply(r, x, y, word); }
fn extend_term(r: Rounding, s: u32, x: u32, y: u32, word: u32) -> u32 { return fused_multiply_add(r, x, y, s, word); }
`,
  fused: `
fn start_term(r: Rounding, x: u32, y: u32, word: u32) -> u32 { return fused_multiply_add(r, x, y, 0u, word); }
fn extend_term(r: Rounding, s: u32, x: u32, y: u32, word: u32) -> u32 { return fused_multiply_add(r, x, y, s, word); }
`,
};

// `place_of`: which term comes j-th, and whether it starts a chain.
const placesWgsl: Readonly<Record<SumFamily, string>> = {
  chunks: `
fn place_of(o: OrderShape, j: u32) -> Place {
  return Place(select(j, o.n - 1u - j, o.reversed != 0u), j % o.size == 0u);
}
`,
  lanes: `
fn place_of(o: OrderShape, j: u32) -> Place {
  // The first \`longer\` lanes have one term more than the others.
  let shorter = o.n / o.size;
  let longer = o.n % o.size;
  let head = longer * (shorter + 1u);
  if (j < head) {
    let i = j % (shorter + 1u);
    return Place(j / (shorter + 1u) + i * o.size, i == 0u);
  }
  let i = (j - head) % shorter;
  return Place(longer + (j - head) / shorter + i * o.size, i == 0u);
}
`,
  kahan: `
fn place_of(o: OrderShape, j: u32) -> Place { return Place(j, j == 0u); }
`,
};

/** `place_of` of a family and what it needs. */
export function orderWgsl(family: SumFamily): string {
  return `
// A sum of n terms; \`size\` terms of a chunk, or lanes.
struct OrderShape { n: u32, size: u32, reversed: u32 }
struct Place { term: u32, starts: bool }
${placesWgsl[family]}`;
}

// `take` adds a term.
const familiesWgsl: Readonly<Record<SumFamily, string>> = {
  chunks: `
struct Sum { chain: u32, total: u32, chains: u32 }

fn close(s: ptr<function, Sum>, r: Rounding, o: OrderShape, w: Words) {
  if ((*s).chains == 0u) {
    (*s).total = (*s).chain;
  } else {
    (*s).total = add(r, (*s).total, (*s).chain, step_word(w, o.n + (*s).chains - 1u));
  }
  (*s).chains += 1u;
}

fn take(s: ptr<function, Sum>, r: Rounding, o: OrderShape, w: Words, j: u32, x: u32, y: u32) {
  let word = step_word(w, j);
  if (j % o.size == 0u) {
    if (j > 0u) { close(s, r, o, w); }
    (*s).chain = start_term(r, x, y, word);
  } else {
    (*s).chain = extend_term(r, (*s).chain, x, y, word);
  }
}

fn finish(s: ptr<function, Sum>, r: Rounding, o: OrderShape, w: Words) -> u32 {
  close(s, r, o, w);
  return (*s).total;
}
`,
  lanes: `
struct Sum { chain: u32, leaves: u32, depth: u32, additions: u32, stack: array<u32, 32> }

fn pop_and_add(s: ptr<function, Sum>, r: Rounding, o: OrderShape, w: Words, right: u32) -> u32 {
  (*s).depth -= 1u;
  let sum = add(r, (*s).stack[(*s).depth], right, step_word(w, o.n + (*s).additions));
  (*s).additions += 1u;
  return sum;
}

fn close(s: ptr<function, Sum>, r: Rounding, o: OrderShape, w: Words) {
  var sum = (*s).chain;
  for (var leaves = (*s).leaves; (leaves & 1u) == 1u; leaves = leaves >> 1u) { sum = pop_and_add(s, r, o, w, sum); }
  (*s).stack[(*s).depth] = sum;
  (*s).depth += 1u;
  (*s).leaves += 1u;
}

fn take(s: ptr<function, Sum>, r: Rounding, o: OrderShape, w: Words, j: u32, x: u32, y: u32) {
  let word = step_word(w, j);
  if (place_of(o, j).starts) {
    if (j > 0u) { close(s, r, o, w); }
    (*s).chain = start_term(r, x, y, word);
  } else {
    (*s).chain = extend_term(r, (*s).chain, x, y, word);
  }
}

fn finish(s: ptr<function, Sum>, r: Rounding, o: OrderShape, w: Words) -> u32 {
  close(s, r, o, w);
  (*s).depth -= 1u;
  var sum = (*s).stack[(*s).depth];
  while ((*s).depth > 0u) { sum = pop_and_add(s, r, o, w, sum); }
  return sum;
}
`,
  kahan: `
struct Sum { total: u32, compensation: u32 }

fn take(s: ptr<function, Sum>, r: Rounding, o: OrderShape, w: Words, j: u32, x: u32, y: u32) {
  if (j == 0u) {
    (*s).total = start_term(r, x, y, step_word(w, 0u));
    return;
  }
  let step = 4u * j - 3u;
  // t − c as −c + t, which rounds alike, signed zeros included.
  let term = extend_term(r, (*s).compensation ^ SIGN_BIT, x, y, step_word(w, step));
  let sum = add(r, (*s).total, term, step_word(w, step + 1u));
  let grown = subtract(r, sum, (*s).total, step_word(w, step + 2u));
  (*s).compensation = subtract(r, grown, term, step_word(w, step + 3u));
  (*s).total = sum;
}

fn finish(s: ptr<function, Sum>, r: Rounding, o: OrderShape, w: Words) -> u32 { return (*s).total; }
`,
};

/** `Sum`, `take` for the terms j = 0, 1, … and `finish`; `place_of` says which term is the j-th. */
export function sumsWgsl(family: SumFamily, kind: TermKind): string {
  return `${orderWgsl(family)}
// The random words of an element, from the sum's first step on.
struct Words { at: Addresses, element: u32, first: u32 }

fn step_word(w: Words, step: u32) -> u32 { return word_of(w.at, w.element, w.first + step); }
${termsWgsl[kind]}${familiesWgsl[family]}`;
}
