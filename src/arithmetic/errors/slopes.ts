/** Derivatives of the activations, how large these and the second ones become, and their minimum: interpreters.md, I5. */
import { float64Functions } from '../../softfloat/float64.ts';

const { exp, erf, tanh } = float64Functions;

export interface Activation {
  /** g′(x), within 2^−40. */
  readonly slope: (x: number) => number;
  /** No |g′| is above it. */
  readonly steepest: number;
  /** No |g″| is above it. */
  readonly bend: number;
  /** g falls up to a place between these two numbers, and rises behind it. */
  readonly valley: readonly [from: number, to: number];
  /** g is nowhere below it. */
  readonly least: number;
}

const OUTER = 0.7978845608028654; // √(2/π)
const INNER = 0.044715;
const INV_SQRT_TWO_PI = 0.3989422804014327;

export const activations: Readonly<Record<'tanh' | 'erf' | 'silu', Activation>> = {
  /** GELU, tanh form: ½(1 + t) + ½x(1 − t²)w′. */
  tanh: {
    slope: (x) => {
      const t = tanh(OUTER * (x + INNER * x ** 3));
      const decay = (1 - t) * (1 + t);
      return decay === 0 ? (1 + t) / 2 : (1 + t) / 2 + (x / 2) * decay * OUTER * (1 + 3 * INNER * x * x);
    },
    steepest: 1.128994,
    bend: 0.8,
    valley: [-0.753, -0.752],
    least: -0.17005,
  },
  /** GELU, erf form: Φ(x) + x·φ(x). */
  erf: {
    slope: (x) => {
      const density = exp((-x * x) / 2) * INV_SQRT_TWO_PI;
      return (1 + erf(x * Math.SQRT1_2)) / 2 + (density === 0 ? 0 : x * density);
    },
    steepest: 1.128905,
    bend: 0.8,
    valley: [-0.752, -0.751],
    least: -0.16998,
  },
  /** σ(1 + x(1 − σ)). */
  silu: {
    slope: (x) => {
      const e = exp(-Math.abs(x));
      const [large, small] = [1 / (1 + e), e / (1 + e)];
      const s = x < 0 ? small : large;
      return e === 0 ? s : s + x * large * small;
    },
    steepest: 1.09984,
    bend: 0.5,
    valley: [-1.279, -1.278],
    least: -0.27847,
  },
};
