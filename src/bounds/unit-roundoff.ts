/** What one rounding can do, by format, mode and underflow: the constants of theory/rounding.md. */
import type { Format, RoundingMode } from '../formats/index.ts';

export interface ArithmeticInputs {
  readonly format: Format;
  readonly mode?: RoundingMode | 'stochastic' | undefined;
  readonly subnormals?: 'keep' | 'flush' | undefined;
}

export interface UnitRoundoff {
  /** |R(x) − x| ≤ u·min(|x|, |R(x)|) where R(x) is no smaller than the smallest normal number: 2^−p to nearest, else twice that. */
  readonly u: number;
  /** |R(x) − x| ≤ η elsewhere: half the smallest subnormal to nearest, else all of it; the smallest normal where flushed. */
  readonly eta: number;
  /** η of a sum or difference of two numbers of the format: 0 with gradual underflow, where they are exact when tiny. */
  readonly etaSum: number;
  /** Whether a sum of two numbers of the format is off by no more than either of them: a binary format, to nearest. */
  readonly nearest: boolean;
}

/** See theory/rounding.md. */
export function unitRoundoff({ format, mode = 'nearest-even', subnormals = 'keep' }: ArithmeticInputs): UnitRoundoff {
  const toNearest = mode === 'nearest-even' || mode === 'nearest-away';
  const u = toNearest ? format.u : 2 * format.u;
  if (format.kind === 'decimal') {
    // The float64 roundings before and after the decimal one: (1 + u)(1 + 2^−53)² − 1 < u + 2^−51.
    const eta = subnormals === 'keep' ? 4 * Number.MIN_VALUE : format.smallestNormal;
    return { u: u + 2 ** -51, eta, etaSum: eta, nearest: false };
  }
  const gradual = format.subnormals && subnormals === 'keep';
  // Half the smallest subnormal of fp64 is no float64: the next one above it serves.
  const half = Math.max(format.smallestSubnormal / 2, Number.MIN_VALUE);
  const eta = !gradual ? format.smallestNormal : toNearest ? half : format.smallestSubnormal;
  return { u, eta, etaSum: gradual ? 0 : format.smallestNormal, nearest: toNearest };
}
