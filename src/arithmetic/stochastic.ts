/**
 * The addresses of stochastic roundings. Each has a random word of its own: the first of Philox4x32-10 with the seed as
 * key and the counter (element, step, FNV-1a-32 of the site's name, 0). No two roundings of a site have the same.
 */
import { InputError } from '../formats/index.ts';
import { fnv1a, keyOf, philox } from '../softfloat/philox.ts';

/**
 * Which elements of the site's tensor an operation's results are: entry i is element
 * start + ⌊i/width⌋·stride + i mod width.
 */
export interface Part {
  readonly start: number;
  readonly width: number;
  readonly stride: number;
}

/** The site's tensor itself. */
const WHOLE: Part = Object.freeze({ start: 0, width: 1, stride: 1 });

/** Entries that are no elements, counted behind the first `start` ones. */
export function partFrom(start: number): Part {
  return { start, width: 1, stride: 1 };
}

/** The words of `count` steps of some entries, from `step` on. */
export interface Addresses {
  readonly key: readonly [low: number, high: number];
  readonly hash: number;
  readonly step: number;
  readonly part: Part;
}

const LIMIT = 2 ** 32;

/** The roundings of one site, in the order in which they are carried out. */
export class SiteRoundings {
  private readonly site: string;
  private readonly key: readonly [number, number];
  private readonly hash: number;
  /** Behind the last step of all operations so far: where the next one begins. */
  private end = 0;
  private begin = 0;
  private inOperation = false;
  private part = WHOLE;
  /** The next step of the elements from `start` on, in the operation that is carried out. */
  private readonly next = new Map<number, number>();
  private readonly counter: [element: number, step: number, hash: number, zero: number];
  private readonly words = new Uint32Array(4);

  constructor(site: string, seed: number) {
    this.site = site;
    this.key = keyOf(seed);
    this.hash = fnv1a(site);
    this.counter = [0, 0, this.hash, 0];
  }

  /** What `compute` does is one operation: its steps lie behind those of the operations before it. */
  operation<T>(compute: () => T): T {
    if (this.inOperation) return compute();
    this.inOperation = true;
    this.begin = this.end;
    this.next.clear();
    try {
      return compute();
    } finally {
      this.inOperation = false;
    }
  }

  /** The results of `compute` are that part of the site's tensor. */
  within<T>(part: Part, compute: () => T): T {
    const outer = this.part;
    this.part = part;
    try {
      return compute();
    } finally {
      this.part = outer;
    }
  }

  /** Entries 0 … length − 1, one by one: each has as many roundings as the others, whose words `word` gives in turn. */
  entries<S>(length: number, at: (index: number) => S): S[] {
    const results = new Array<S>(length);
    const { step, part } = this.claim(length, 0);
    for (let i = 0; i < length; i++) {
      this.counter[0] = elementOf(part, i);
      this.counter[1] = step;
      results[i] = at(i);
    }
    if (length > 0) this.claim(length, this.counter[1] - step);
    return results;
  }

  /** The word of the next rounding of the entry at hand. */
  word(): number {
    philox(this.counter, this.key, this.words);
    this.counter[1]++;
    return this.words[0];
  }

  /**
   * The addresses of the next `steps` roundings of each of `length` entries.
   * @throws InputError where elements or steps have no 32-bit number
   */
  claim(length: number, steps: number): Addresses {
    const { part, key, hash } = this;
    const step = this.next.get(part.start) ?? this.begin;
    if (length > 0 && (elementOf(part, length - 1) >= LIMIT || step + steps > LIMIT)) {
      throw new InputError(
        `stochastic rounding: expected at most 2^32 elements, and 2^32 roundings of each, at ${this.site}; ` +
          'use smaller tensors, or a new arithmetic after so many operations',
      );
    }
    this.next.set(part.start, step + steps);
    this.end = Math.max(this.end, step + steps);
    return { key, hash, step, part };
  }
}

function elementOf({ start, width, stride }: Part, index: number): number {
  return start + Math.floor(index / width) * stride + (index % width);
}
