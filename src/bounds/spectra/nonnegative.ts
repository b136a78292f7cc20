/** The spectral norm of a product of nonnegative matrices, between two bounds. */
import type { Matrix } from '../inputs.ts';
import { type Product, productOf } from './product.ts';
import { addRowsTimes } from './vectors.ts';

export interface Bracket {
  readonly low: number;
  readonly high: number;
}

/** The iteration ends where the bounds are this near, relative. */
const WIDTH = 2 ** -40;
const MOST_ITERATIONS = 2000;

/**
 * σ_max(|A|ᵀ|B|) of A and B, both d × D, from below and from above; NaN where an entry is not finite.
 *
 * Its square is the spectral radius of M = (|A||A|ᵀ)(|B||B|ᵀ), d × d and nonnegative. For every x ≥ 0 that is not 0,
 * min (Mx)_i/x_i ≤ ρ(M) over x_i > 0 (Collatz), and ρ(M) ≤ max (Mx)_i/x_i where all x_i > 0 (Wielandt); power iteration
 * brings the two together. Rows of zeros in M have no part in ρ(M) and are left out. Sums and products of nonnegative numbers
 * are exact to their number of roundings, underflow apart: both bounds are moved outward by more than those.
 * @param product how the Gram matrices are found
 */
export function absoluteProductNorm(a: Matrix, b: Matrix, product: Product = productOf): Bracket {
  const [scaleA, scaleB] = [a, b].map(({ data }) => data.reduce((most, x) => Math.max(most, Math.abs(x)), 0));
  if (scaleA === 0 || scaleB === 0) return { low: 0, high: 0 };
  if (!Number.isFinite(scaleA + scaleB)) return { low: Number.NaN, high: Number.NaN };
  const gram = (m: Matrix, scale: number): Matrix => {
    const sizes = m.data.map((x) => Math.abs(x) / scale);
    const all = { ...m, data: sizes };
    return product(all, all);
  };
  const [gramA, gramB] = [gram(a, scaleA), gram(b, scaleB)];
  let x = new Float64Array(a.rows).fill(1);
  let [low, high] = [0, Number.POSITIVE_INFINITY];
  for (let k = 0; k < MOST_ITERATIONS && !(high <= (1 + WIDTH) * low); k++) {
    const y = times(gramA, times(gramB, x));
    let [least, most, top] = [Number.POSITIVE_INFINITY, 0, 0];
    for (let i = 0; i < x.length; i++) {
      if (x[i] === 0) continue;
      least = Math.min(least, y[i] / x[i]);
      most = Math.max(most, y[i] / x[i]);
      top = Math.max(top, y[i]);
    }
    if (top === 0) return { low: 0, high: 0 };
    low = Math.max(low, least);
    high = Math.min(high, most);
    // What is 0 here has a row of zeros in what is left of M; other entries keep a little, so that Wielandt's bound holds.
    x = y.map((entry) => (entry === 0 ? 0 : Math.max(entry / top, 2 ** -200)));
  }
  // Roundings of a quotient, and as many again; the root halves them.
  const slack = (2 * a.columns + 4 * a.rows + 16) * 2 ** -53;
  const scale = scaleA * scaleB;
  return { low: scale * Math.sqrt(low) * (1 - slack), high: scale * Math.sqrt(high) * (1 + slack) };
}

function times({ rows, columns, data }: Matrix, x: Float64Array): Float64Array<ArrayBuffer> {
  const y = new Float64Array(rows);
  addRowsTimes(y, 0, { data, start: 0, stride: columns, count: rows }, x, 0, columns);
  return y;
}
