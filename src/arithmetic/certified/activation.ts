/** GELU and SiLU of numbers in balls: theory/interpreters.md, I5. */
import type { Ball } from '../errors/ball.ts';
import type { Activation } from '../errors/slopes.ts';
import { above, addUp, distanceUp, mulUp } from '../errors/upward.ts';

const U = 2 ** -53;

/** How far g of the float64 interpreter is from g(x). */
const evaluationError = {
  // |t̂ − t| ≤ 7u·0.45 + u|t|, so |x|/2·4.2u, and two roundings of y.
  gelu: (x: number, y: number) => above(above(U * (2.2 * Math.abs(x) + 2.1 * Math.abs(y))) + 2 ** -1060),
  // exp, the sum and the quotient; exp(−x) overflows where y is below 2^−1000.
  silu: (_x: number, y: number) => above(above(3.1 * U * Math.abs(y)) + 2 ** -1000),
} as const;

export interface ActivationRow {
  /** g of the numbers that were read by the float64 interpreter, and of the ends of their balls. */
  readonly here: ArrayLike<number>;
  readonly below: ArrayLike<number>;
  readonly above: ArrayLike<number>;
}

/** The ends of balls, no nearer than they are. */
export function endsOf<C>({ numbers, radius }: Ball<C>): { below: Float64Array; above: Float64Array } {
  const end = (sign: number) =>
    radius.map((r, i) => numbers[i] + sign * above(r * (1 + 2 ** -50) + Math.abs(numbers[i]) * 2 ** -51));
  return { below: end(-1), above: end(1) };
}

/** |computed − g(exact x)|. */
export function activationRadii<C>(
  ball: Ball<C>,
  computed: ArrayLike<number>,
  row: ActivationRow,
  activation: Activation,
  kind: keyof typeof evaluationError,
): Float64Array {
  const { numbers, radius } = ball;
  const ends = endsOf(ball);
  const error = evaluationError[kind];
  const { slope, steepest, bend, valley, least } = activation;
  return radius.map((r, i) => {
    const [x, y] = [numbers[i], row.here[i]];
    const here = error(x, y);
    const local = addUp(distanceUp(computed[i], y), here);
    if (r === 0) return local;
    // |g(x) − g(x′)| ≤ |g′(x)|r + max|g″|·r²/2, and no more than max|g′|·r.
    const rate = Math.min(above(above(Math.abs(slope(x)) + 2 ** -40) + mulUp(bend, r / 2)), steepest);
    // g is monotone on either side of its minimum: the farthest value is at an end of the ball, or the minimum.
    const to = (value: number, end: number): number => addUp(distanceUp(y, value), error(end, value));
    const [from, until] = [ends.below[i], ends.above[i]];
    const lowest = from <= valley[1] && until >= valley[0] ? distanceUp(y, least) : 0;
    const farthest = Math.max(to(row.below[i], from), to(row.above[i], until), lowest);
    const ranged = addUp(farthest, here);
    const byRate = mulUp(r, rate);
    return addUp(local, ranged <= byRate ? ranged : byRate);
  });
}
