/** Pairwise covering arrays: rows in which every two values of two factors come together at least once. */

/** xorshift32. */
function generator(seed: number): (n: number) => number {
  let x = (Math.imul(seed, 2654435761) ^ 0x9e3779b9) >>> 0 || 1;
  return (n) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    x >>>= 0;
    return x % n;
  };
}

/** The same rows for the same seed: greedily, each row the best of some that begin with a pair that is still missing. */
export function coveringArray<const F extends Record<string, readonly unknown[]>>(
  factors: F,
  seed: number,
): { [K in keyof F]: F[K][number] }[] {
  const names = Object.keys(factors) as (keyof F & string)[];
  const next = generator(seed);
  const missing = new Set<string>();
  const key = (i: number, a: number, j: number, b: number): string => `${i} ${a} ${j} ${b}`;
  for (let i = 0; i < names.length; i++) {
    for (let j = i + 1; j < names.length; j++) {
      for (let a = 0; a < factors[names[i]].length; a++) {
        for (let b = 0; b < factors[names[j]].length; b++) missing.add(key(i, a, j, b));
      }
    }
  }
  const pairsOf = (row: readonly number[]): string[] =>
    row.flatMap((a, i) => row.slice(i + 1).map((b, k) => key(i, a, i + 1 + k, b)));
  const rows: { [K in keyof F]: F[K][number] }[] = [];
  while (missing.size > 0) {
    const [i, a, j, b] = (missing.values().next().value as string).split(' ').map(Number);
    let best: number[] = [];
    let most = 0;
    for (let candidate = 0; candidate < 30; candidate++) {
      const row = names.map((name) => next(factors[name].length));
      row[i] = a;
      row[j] = b;
      const covered = pairsOf(row).filter((pair) => missing.has(pair)).length;
      if (covered > most) [best, most] = [row, covered];
    }
    for (const pair of pairsOf(best)) missing.delete(pair);
    rows.push(Object.fromEntries(names.map((name, k) => [name, factors[name][best[k]]])) as (typeof rows)[number]);
  }
  return rows;
}
