/** Whether a sum in which nothing vanishes beside a large term is exact. */
import { type Asking, ask, choices, type Query } from './query.ts';
import { rangeOf } from './scale.ts';

const LADDERS = 32;
/** Halvings from one rung to the next: more than any single word has bits. */
const RUNG = 60;

/** True if there are terms enough for two rungs, and room between them. */
export function canTellExact(n: number, large: number, unit: number): boolean {
  return n >= 5 && rangeOf({ large, unit }) >= 2 * RUNG;
}

/** True if the sum is the exact one, rounded once, as far as ladders of large terms and sums of few bits show. */
export function* isExact(n: number, large: number, unit: number): Asking<boolean> {
  return (yield* survivesLadders(n, large, unit)) && (yield* keepsLastBits(n, unit));
}

/** The numbers below n in some order: ascending, descending, then any. */
function permutation(n: number, q: number, next: (below: number) => number): number[] {
  const order = Array.from({ length: n }, (_, k) => (q === 1 ? n - 1 - k : k));
  for (let k = n - 1; q > 1 && k > 0; k--) {
    const other = next(k + 1);
    [order[k], order[other]] = [order[other], order[k]];
  }
  return order;
}

/**
 * A unit beside several larger terms of very different size, which cancel. A sum with a compensation keeps a unit beside
 * one large term, and loses it beside two.
 */
function* survivesLadders(n: number, large: number, unit: number): Asking<boolean> {
  const range = rangeOf({ large, unit });
  const rungs = Math.min(Math.floor((n - 1) / 2), Math.floor(range / RUNG));
  const size = (rung: number): number => 2 ** (Math.log2(large) - Math.floor((rung * range) / rungs));
  const next = choices(n);
  const ladders = Array.from({ length: LADDERS }, (_, q): Query => {
    const order = permutation(n, q, next);
    // The large terms come first, then a unit, then what cancels them.
    const masks = Array.from({ length: rungs }, (_, r): [number, number][] => [
      [order[r], size(r)],
      [order[rungs + 1 + r], -size(r)],
    ]);
    return { units: [order[rungs]], unit, set: masks.flat() };
  });
  return (yield* ask(ladders)).every((sum) => sum === unit);
}

/**
 * 1 + ε, as many ones, and as many −1 as cancel all but ε, the last bit that comes out. A sum that sorts its terms, so
 * that large ones cancel before small ones are added, loses ε on the way.
 */
function* keepsLastBits(n: number, unit: number): Asking<boolean> {
  const bits = Array.from({ length: RUNG }, (_, m) => 2 ** -(m + 1) * unit);
  const alone = yield* ask(bits.map((bit): Query => ({ units: [], unit, set: [[0, unit + bit]] })));
  const last = alone.findIndex((sum, m) => sum === unit || sum !== unit + bits[m]);
  const epsilon = last < 0 ? bits[RUNG - 1] : last === 0 ? 0 : bits[last - 1];
  const ones = Math.floor((n - 2) / 2);
  const next = choices(n + 1);
  const sums = yield* ask(
    Array.from({ length: LADDERS }, (_, q): Query => {
      const order = permutation(n, q, next);
      const set = [
        ...order.slice(1, 1 + ones).map((k): [number, number] => [k, unit]),
        ...order.slice(1 + ones, 2 + 2 * ones).map((k): [number, number] => [k, -unit]),
      ];
      return { units: [], unit, set: [[order[0], unit + epsilon], ...set] };
    }),
  );
  return sums.every((sum) => sum === epsilon);
}
