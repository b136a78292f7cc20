/** Rotary embedding of numbers in balls: linear, with exact angles. */
import type { Ball } from '../errors/ball.ts';
import { above, addUp, distanceUp, mulUp } from '../errors/upward.ts';

export interface Turns {
  /** The nearest float64 numbers of the exact cosines and sines, by pair of a row. */
  readonly cos: Float64Array;
  readonly sin: Float64Array;
  /** Where pair `index` of all rows stands in them. */
  readonly at: (index: number) => number;
  readonly rows: number;
  readonly width: number;
}

/** |computed − exact|: x1·cos − x2·sin, then x2·cos + x1·sin. */
export function rotaryRadii<C>(
  { numbers, radius }: Ball<C>,
  computed: ArrayLike<number>,
  { cos, sin, at, rows, width }: Turns,
): Float64Array {
  const result = new Float64Array(radius.length);
  const half = width / 2;
  const entry = (i: number, c: number, partner: number, s: number): number => {
    const [p, q] = [numbers[i] * c, numbers[partner] * s];
    // Each product passes two roundings and its table's, the sum one.
    const error = above(above(2 ** -51 * (Math.abs(p) + Math.abs(q))) + 2 ** -1072);
    const local = addUp(distanceUp(computed[i], p + q), error);
    const [cosine, sine] = [above(Math.abs(c)), above(Math.abs(s))];
    return addUp(local, addUp(mulUp(cosine, radius[i]), mulUp(sine, radius[partner])));
  };
  for (let r = 0; r < rows; r++) {
    for (let j = 0; j < half; j++) {
      const k = at(r * half + j);
      const [first, second] = [r * width + j, r * width + half + j];
      result[first] = entry(first, cos[k], second, -sin[k]);
      result[second] = entry(second, cos[k], first, sin[k]);
    }
  }
  return result;
}
