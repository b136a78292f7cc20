/** Questions to a summation from outside. Algorithms are generators of them, so that whoever answers may take its time. */

/** The terms of one call: `unit` at `units`, then the values of `set`, zero elsewhere. */
export interface Query {
  readonly units: readonly number[];
  readonly unit: number;
  readonly set: readonly (readonly [term: number, value: number])[];
}

/** Yields batches of queries whose answers do not depend on each other; is resumed with their sums. */
export type Asking<T> = Generator<readonly Query[], T, readonly number[]>;

export function* ask(queries: readonly Query[]): Asking<readonly number[]> {
  return queries.length === 0 ? [] : yield queries;
}

/** Two askings side by side. */
export function* both<S, T>(first: Asking<S>, second: Asking<T>): Asking<[S, T]> {
  return (yield* sideBySide<S | T>([first, second])) as [S, T];
}

/** Asks in each batch what all of them ask next, as if each were alone; the first that throws ends them all. */
export function* sideBySide<T>(askings: readonly Asking<T>[]): Asking<T[]> {
  const steps = askings.map((asking) => asking.next());
  for (;;) {
    const open = steps.flatMap((step, i) => (step.done === true ? [] : [{ i, queries: step.value }]));
    if (open.length === 0) return steps.map(({ value }) => value as T);
    const sums = yield open.flatMap(({ queries }) => queries);
    let at = 0;
    for (const { i, queries } of open) {
      steps[i] = askings[i].next(sums.slice(at, at + queries.length));
      at += queries.length;
    }
  }
}

/** The n terms of a query. */
export function termsOf({ units, unit, set }: Query, n: number): Float64Array {
  const terms = new Float64Array(n);
  for (const term of units) terms[term] = unit;
  for (const [term, value] of set) terms[term] = value;
  return terms;
}

/** What was seen is no tree's doing. */
export class NotATree extends Error {}

/** xorshift32, for the choice of checks: the same every time. */
export function choices(seed: number): (below: number) => number {
  let x = seed >>> 0 || 1;
  return (below) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % below;
  };
}
