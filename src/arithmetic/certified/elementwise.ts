/**
 * One operation on entries: how far what was computed is from the operation on the numbers that it read (measured), and
 * how far that is from the operation on exact numbers (from the radii). theory/interpreters.md, I2 and I3.
 */
import { isModerate, productError, sumError } from '../../softfloat/error-free.ts';
import { float64Functions } from '../../softfloat/float64.ts';
import { above, addUp, below, distanceUp, divUp, halfUlp, mulUp } from '../errors/upward.ts';

/** A float64 number and how far the exact value may be from it. */
export interface Evaluated {
  value: number;
  error: number;
}

export interface BinaryRule {
  /** The operation on two float64 numbers: its float64 result and the rounding of that. */
  readonly evaluate: (x: number, y: number, result: Evaluated) => void;
  /** At least |x∘y − x′∘y′| for |x − x′| ≤ r, |y − y′| ≤ s. */
  readonly propagate: (x: number, r: number, y: number, s: number, value: number) => number;
}

export interface UnaryRule {
  readonly evaluate: (x: number, result: Evaluated) => void;
  readonly propagate: (x: number, r: number, value: number) => number;
}

/** At least |computed − exact value|. */
export function measured(computed: number, { value, error }: Evaluated): number {
  return addUp(distanceUp(computed, value), error);
}

function sum(x: number, y: number, result: Evaluated): void {
  const value = x + y;
  result.value = value;
  // TwoSum is exact; only an overflow, which is no finite number, gives NaN.
  result.error = Math.abs(sumError(x, y, value));
}

export const binaryRules: Readonly<Record<'add' | 'subtract' | 'multiply' | 'divide', BinaryRule>> = {
  add: { evaluate: sum, propagate: (_x, r, _y, s) => addUp(r, s) },
  subtract: { evaluate: (x, y, result) => sum(x, -y, result), propagate: (_x, r, _y, s) => addUp(r, s) },
  multiply: {
    evaluate(x, y, result) {
      const value = x * y;
      result.value = value;
      const exact = x === 0 || y === 0;
      result.error = isModerate(x) && isModerate(y) ? Math.abs(productError(x, y, value)) : exact ? 0 : halfUlp(value);
    },
    // xy − x′y′ = x(y − y′) + (x − x′)y′, |y′| ≤ |y| + s.
    propagate: (x, r, y, s) => addUp(mulUp(Math.abs(x), s), mulUp(r, addUp(Math.abs(y), s))),
  },
  divide: {
    evaluate(x, y, result) {
      result.value = x / y;
      result.error = x === 0 ? 0 : halfUlp(result.value);
    },
    // x/y − x′/y′ = ((x − x′) − (x/y)(y − y′))/y′, |y′| ≥ |y| − s.
    propagate(_x, r, y, s, value) {
      if (r === 0 && s === 0) return 0;
      const least = s === 0 ? Math.abs(y) : below(Math.abs(y) - s);
      const quotient = above(Math.abs(value) + halfUlp(value));
      return Math.abs(y) > s ? divUp(addUp(r, mulUp(quotient, s)), least) : Number.POSITIVE_INFINITY;
    },
  },
};

const { exp, tanh, erf } = float64Functions;
/** 2/√π, from above. */
const TWO_OVER_ROOT_PI = 1.1283791670955128;

/** e^t − 1 for t ≥ 0, from above: t + t²/2 + t³/4 up to 1. */
export function expm1Up(t: number): number {
  if (t > 1) return above(exp(t));
  return mulUp(t, addUp(1, mulUp(t, addUp(0.5, mulUp(t, 0.25)))));
}

/** The least magnitude that a number within r of x can have. */
function nearestToZero(x: number, r: number): number {
  return below(Math.max(0, Math.abs(x) - r));
}

/** tanh and erf: |f| ≤ 1, f′ falls with |x|. */
function sigmoid(f: (x: number) => number, slope: (x: number) => number): UnaryRule {
  return {
    evaluate(x, result) {
      result.value = f(x);
      result.error = x === 0 ? 0 : halfUlp(result.value);
    },
    propagate: (x, r, value) =>
      r === 0 ? 0 : Math.min(mulUp(r, slope(nearestToZero(x, r))), above(1 + Math.abs(value))),
  };
}

export const unaryRules: Readonly<Record<'sqrt' | 'exp' | 'tanh' | 'erf', UnaryRule>> = {
  sqrt: {
    evaluate(x, result) {
      result.value = Math.sqrt(x);
      result.error = x === 0 ? 0 : halfUlp(result.value);
    },
    // |√x − √x′| = |x − x′|/(√x + √x′); x′ ≥ 0, because the exact program is one of reals.
    propagate(x, r, value) {
      const least = below(Math.max(0, x - r));
      return divUp(r, below(below(value) + below(Math.sqrt(least))));
    },
  },
  exp: {
    evaluate(x, result) {
      result.value = exp(x);
      result.error = x === 0 ? 0 : halfUlp(result.value);
    },
    propagate: (_x, r, value) => mulUp(above(above(value)), expm1Up(r)),
  },
  // 1 − tanh² is off by 2^−52 of at most 1, the functions being correctly rounded.
  tanh: sigmoid(tanh, (m) => above((1 - tanh(m)) * (1 + tanh(m)) + 2 ** -51)),
  erf: sigmoid(erf, (m) => mulUp(TWO_OVER_ROOT_PI, above(exp(-below(m * m)) * (1 + 2 ** -50)))),
};
