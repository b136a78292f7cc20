/** LayerNorm and RMSNorm of rows whose entries lie in balls: theory/interpreters.md, I4. */
import type { Tensor } from '../../tensor/index.ts';
import { normSensitivity } from '../errors/norm-sensitivity.ts';
import { above, addUp, below, distanceUp, divUp, mulUp, sumUp } from '../errors/upward.ts';

const U = 2 ** -53;

export interface NormParameters {
  readonly gamma: Tensor;
  readonly beta: Tensor | undefined;
  readonly epsilon: number;
  /** LayerNorm, which takes the mean off. */
  readonly centred: boolean;
}

/** A row's normalised entries in float64, with what is needed to say how far they are from the exact ones. */
interface Normalised {
  readonly z: Float64Array;
  /** |z_i − exact| ≤ relative·|z_i| + shift; Infinity where z says nothing, because the mean square over- or underflows. */
  readonly relative: number;
  readonly shift: number;
  /** √(v + ε), and something below it; something below √v. */
  readonly root: number;
  readonly rootBelow: number;
  readonly spread: number;
}

/** Knuth's two-sum into a sum of two numbers: D²·2^−105 of Σ|x| off at most. */
function meanOf(x: ArrayLike<number>, start: number, D: number): { mean: number; error: number } {
  let [high, low, sizes] = [0, 0, 0];
  for (let i = start; i < start + D; i++) {
    const sum = high + x[i];
    const back = sum - high;
    low += high - (sum - back) + (x[i] - back);
    high = sum;
    sizes += Math.abs(x[i]);
  }
  const mean = (high + low) / D;
  return { mean, error: above(above(3 * U * Math.abs(mean)) + above(D * sizes * 2 ** -104)) };
}

function normalise(x: ArrayLike<number>, start: number, D: number, { centred, epsilon }: NormParameters): Normalised {
  const { mean, error: off } = centred ? meanOf(x, start, D) : { mean: 0, error: 0 };
  const c = new Float64Array(D);
  let [squares, sizes] = [0, 0];
  for (let i = 0; i < D; i++) {
    c[i] = x[start + i] - mean;
    squares += c[i] * c[i];
    sizes += Math.abs(c[i]);
  }
  const v = squares / D;
  // c_i is off by u|c_i| + off: the mean square by 2(u·v + off·mean|c|) + 2(u²v + off²), and by its own D + 2 roundings.
  const dv = above(above((D + 8) * U * v) + above(above(2 * off * (sizes / D)) * 2 + 2 * off * off) + 2 ** -1060);
  const root = Math.sqrt(v + epsilon);
  const share = divUp(dv, below(v + epsilon));
  // |√(1 + t) − 1| ≤ |t| for |t| ≤ 1, and three roundings.
  const relative = share <= 0.25 ? above(share + 8 * U) : Number.POSITIVE_INFINITY;
  return {
    z: c.map((entry) => entry / root),
    relative,
    shift: divUp(above(2 * off), below(root * 0.5)),
    root,
    rootBelow: below(root * (1 - relative)),
    spread: Math.sqrt(v) * (1 - (D + 8) * U) - off,
  };
}

/**
 * Radii of the rows of y = γ·z + β: |computed − exact|.
 * @param x the numbers that were read, rows of D
 * @param radii of the same
 */
export function normRadii(
  x: ArrayLike<number>,
  radii: Float64Array,
  computed: ArrayLike<number>,
  D: number,
  parameters: NormParameters,
): Float64Array {
  const result = new Float64Array(radii.length);
  for (let start = 0; start < radii.length; start += D) {
    const row = normalise(x, start, D, parameters);
    const known = Number.isFinite(row.relative);
    const moved = propagated(row, radii.subarray(start, start + D), parameters);
    for (let i = 0; i < D; i++) {
      const gamma = parameters.gamma.data[i];
      const beta = parameters.beta?.data[i] ?? 0;
      const [size, z, y] = [Math.abs(gamma), row.z[i], computed[start + i]];
      const scaled = gamma * z;
      const value = scaled + beta;
      const evaluation = addUp(
        mulUp(size, addUp(mulUp(row.relative, Math.abs(z)), row.shift)),
        above(above(2 * U * (Math.abs(scaled) + Math.abs(value))) + 2 ** -1073),
      );
      const total = addUp(addUp(distanceUp(y, value), evaluation), mulUp(size, moved[i]));
      // |z_i| ≤ √(D − 1) of a centred row, √D otherwise, whatever x is.
      const limit = above(Math.sqrt(parameters.centred ? D - 1 : D));
      const cap = addUp(distanceUp(y, beta), mulUp(size, limit));
      result[start + i] = known && total <= cap ? total : cap;
    }
  }
  return result;
}

/** How far the exact z of an exact row can be from the exact z of the row that was read. */
function propagated(
  { z, relative, shift, root, rootBelow, spread }: Normalised,
  r: Float64Array,
  p: NormParameters,
): Float64Array {
  const D = z.length;
  if (r.every((radius) => radius === 0)) return new Float64Array(D);
  let [radius, weighted, squares] = [0, 0, 0];
  for (let j = 0; j < D; j++) {
    radius += r[j];
    weighted += Math.abs(z[j]) * r[j];
    squares += r[j] * r[j];
  }
  const meanRadius = sumUp(radius, D) / D;
  const meanSquare = sumUp(squares, D) / D;
  // (1/D)Σ|z_j|r_j of the exact z.
  const exact = above(above(sumUp(weighted, D) / D) * (1 + relative)) + mulUp(shift, above(meanRadius));
  const alongZ = above(exact);
  const rootAbove = above(root * (1 + relative) + 2 ** -1000);
  // s′² = s² + (2/D)Σc_jΔ_j + (1/D)Σd_j²: s′² from below, and |s′² − s²| from above.
  const linear = above(above(2 * rootAbove) * alongZ);
  const change = above(linear + above(meanSquare));
  const bySpread = Math.max(0, spread * (1 - 2 ** -50) - above(Math.sqrt(above(meanSquare))));
  const least = below(
    Math.sqrt(
      Math.max(
        below(below(rootBelow * rootBelow) - linear),
        below(p.epsilon),
        below(p.epsilon + below(bySpread * bySpread)),
      ),
    ),
  );
  const both = below(rootBelow + least);
  // |2s/(s + s′) − 1| = |s² − s′²|/(s + s′)².
  const bend = Math.min(1, divUp(change, below(both * both)));
  const quadratic = divUp(above(meanSquare), both);
  const sensitivity = normSensitivity(z, r, p.centred);
  return sensitivity.map((linearPart, i) => {
    const zi = Math.abs(z[i]);
    const own = above(above(relative * zi) + shift);
    // normSensitivity took z for the exact one: what that changes, and its own roundings.
    const slack = addUp(
      mulUp(above(relative + 2 ** -47), above(above(2 * zi * alongZ) + above(meanRadius + r[i] * (1 + (zi * zi) / D)))),
      addUp(mulUp(shift, addUp(mulUp(zi, above(meanRadius)), alongZ)), mulUp(own, alongZ)),
    );
    const total = addUp(
      addUp(above(sumUp(linearPart, D)), slack),
      mulUp(addUp(zi, own), addUp(mulUp(bend, alongZ), quadratic)),
    );
    return divUp(total, least);
  });
}
