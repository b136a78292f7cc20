/**
 * Nonnegative float64 arithmetic that only errs upward (or downward, where it says so): what radii are made of.
 * An operation is carried out to nearest and then moved by at least one number of float64; see theory/interpreters.md, I1.
 */

const STEP = 1 + 2 ** -52;
const BACK = 1 - 2 ** -52;
const LEAST = 2 ** -1074;

/** No less than any real that rounds to v ≥ 0. */
export function above(v: number): number {
  return v * STEP + LEAST;
}

/** No more than any real that rounds to v ≥ 0, and no less than 0. */
export function below(v: number): number {
  return Math.max(0, v * BACK - LEAST);
}

export function addUp(x: number, y: number): number {
  return x === 0 ? y : y === 0 ? x : above(x + y);
}

/** 0 where a factor is 0. */
export function mulUp(x: number, y: number): number {
  return x === 0 || y === 0 ? 0 : above(x * y);
}

/** x/y; Infinity for y = 0 < x. */
export function divUp(x: number, y: number): number {
  return x === 0 ? 0 : above(x / y);
}

/** |x − y|, from above; 0 where they are equal. */
export function distanceUp(x: number, y: number): number {
  return x === y ? 0 : above(Math.abs(x - y));
}

/**
 * No less than the exact sum of n nonnegative products, where v is its float64 result in any order of additions, with or
 * without fma.
 */
export function sumUp(v: number, n: number): number {
  return v * (1 + (n + 2) * 2 ** -52) + (n + 1) * 2 ** -1073;
}

/** The rounding to float64 that gave v, at most. */
export function halfUlp(v: number): number {
  return Math.abs(v) * 2 ** -53 + LEAST;
}
